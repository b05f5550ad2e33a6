// The bare loop with chosen accelerations, as many battles at a time as it is asked for.
//
// Usage: node accelerate.mjs SIMULATOR_PATH FORMAT ACCELERATIONS   (a list with commas, "all" or "none")
// Prints {"accelerations": [...]} (all names there are), then for every line "N" on stdin plays the next N
// battles and prints {"decisions": n, "cpu_s": t}. All processes play the same battles.

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
