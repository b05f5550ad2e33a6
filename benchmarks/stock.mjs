// The stock simulator's bare loop: random legal choices, no observation, one core, nothing patched.
//
// Usage: node stock.mjs SIMULATOR_PATH FORMAT SECONDS; prints {"decisions": n, "cpu_s": t}.

import { cpuSeconds, makeLoop } from "./loop.mjs";

const [simulatorPath, formatId, seconds] = process.argv.slice(2);
const playBattle = makeLoop(simulatorPath, formatId, false);

for (const start = cpuSeconds(); cpuSeconds() - start < Number(seconds) / 3;) playBattle(); // warm-up
const start = cpuSeconds();
let decisions = 0;
while (cpuSeconds() - start < Number(seconds)) decisions += playBattle();
console.log(JSON.stringify({ decisions, cpu_s: cpuSeconds() - start }));
