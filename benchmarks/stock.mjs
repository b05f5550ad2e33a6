// The stock simulator's bare loop: random legal choices, no observation, one core, nothing patched.
//
// Usage: node stock.mjs SIMULATOR_PATH FORMAT; each line of its input is a number of CPU seconds to play for;
// it prints {"decisions": n, "cpu_s": t, "wall_s": t} for each.

import { createInterface } from "node:readline";
import { cpuSeconds, makeLoop } from "./loop.mjs";

const [simulatorPath, formatId] = process.argv.slice(2);
const playBattle = makeLoop(simulatorPath, formatId, false);

for await (const line of createInterface({ input: process.stdin })) {
  const [start, wall] = [cpuSeconds(), performance.now()];
  let decisions = 0;
  while (cpuSeconds() - start < Number(line)) decisions += playBattle();
  console.log(
    JSON.stringify({ decisions, cpu_s: cpuSeconds() - start, wall_s: (performance.now() - wall) / 1000 }),
  );
}
