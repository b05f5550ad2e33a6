// The stock simulator's bare loop: random legal choices, no observation, one core, nothing patched.
//
// Usage: node stock.mjs SIMULATOR_PATH FORMAT SECONDS; prints {"decisions": n, "cpu_s": t}.

import { createRequire } from "node:module";
import { join } from "node:path";
import { fillChoices, NUM_ACTIONS } from "../pokeenv/engine/worker/choices.mjs";

const [simulatorPath, formatId, seconds] = process.argv.slice(2);
const require = createRequire(join(simulatorPath, "package.json"));
const { Dex } = require("pokemon-showdown/dist/sim/dex");
const { Battle } = require("pokemon-showdown/dist/sim/battle");
const { Teams } = require("pokemon-showdown/dist/sim/teams");
const { PRNG } = require("pokemon-showdown/dist/sim/prng");

const format = Dex.formats.get(formatId);
const prng = new PRNG("1,2,3,4");
const slots = [0, 1, 2, 3, 4, 5];
const choices = new Array(NUM_ACTIONS).fill(null);
const seed = () => Array.from({ length: 4 }, () => prng.random(0x10000)).join(",");

function playBattle() {
  const player = () => ({ name: "player", team: Teams.generate(format, { seed: seed() }) });
  const battle = new Battle({ format, formatid: formatId, seed: seed(), p1: player(), p2: player() });
  let decisions = 0;
  while (!battle.ended) {
    for (const side of battle.sides) {
      const { activeRequest } = side;
      if (!activeRequest || side.isChoiceDone()) continue;
      decisions += 1;
      if (!fillChoices(activeRequest, slots, [], choices)) {
        side.autoChoose();
      } else {
        const legal = choices.filter((choice) => choice !== null);
        battle.choose(side.id, legal[prng.random(legal.length)]);
      }
    }
    if (!battle.ended && battle.allChoicesDone() && battle.requestState) battle.commitChoices();
  }
  return decisions;
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

for (const start = cpuSeconds(); cpuSeconds() - start < Number(seconds) / 3;) playBattle(); // warm-up
const start = cpuSeconds();
let decisions = 0;
while (cpuSeconds() - start < Number(seconds)) decisions += playBattle();
console.log(JSON.stringify({ decisions, cpu_s: cpuSeconds() - start }));
