// Plays the simulator's bare loop with chosen accelerations.
//
// Usage: node accelerate.mjs SIMULATOR_PATH FORMAT ACCELERATIONS   (names with commas, "all" or "none")
// Prints {"accelerations": [...]} (all existing names), then plays the next N battles for every line "N" on
// stdin and prints {"decisions": n, "cpu_s": t}. All processes play the same battles.

import { createInterface } from "node:readline";
import { ACCELERATIONS } from "../pokeenv/engine/showdown/worker/accelerate/index.mjs";
import { cpuSeconds, makeLoop } from "./loop.mjs";

const [simulatorPath, formatId, chosen] = process.argv.slice(2);
const accelerations = chosen === "all" ? true : chosen === "none" ? false : chosen.split(",");
const playBattle = makeLoop(simulatorPath, formatId, accelerations);
console.log(JSON.stringify({ accelerations: ACCELERATIONS }));
for await (const line of createInterface({ input: process.stdin })) {
  const start = cpuSeconds();
  let decisions = 0;
  for (let battle = 0; battle < Number(line); battle++) decisions += playBattle();
  console.log(JSON.stringify({ decisions, cpu_s: cpuSeconds() - start }));
}
