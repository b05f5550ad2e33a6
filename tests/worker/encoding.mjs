// Compares rows that keep unchanged blocks with rows encoded from scratch, at every decision of random play.
//
// Usage: node encoding.mjs < START, where START is JSON: worker_start() of pokeenv/engine/showdown/worker_config.py with
// `formats` and `battles`. Prints {"decisions": n, "kept": unchanged blocks}.

import { readFileSync } from "node:fs";
import { HostedBattle, RUNNING } from "../../pokeenv/engine/showdown/worker/hosting/hosted_battle.mjs";
import { Block } from "../../pokeenv/engine/showdown/worker/encode/cached_block.mjs";
import { loadSimulator } from "../../pokeenv/engine/showdown/worker/showdown/simulator.mjs";
import { ACTIVES, setUp } from "../../pokeenv/engine/showdown/worker/world.mjs";

const start = JSON.parse(readFileSync(0, "utf8"));
const simulator = loadSimulator(start.simulatorPath, start);
let state = 1;
const random = (/** @type {number} */ below) => {
  state = (state * 48271) % 2147483647;
  return state % below;
};
const seed = () => [random(65536), random(65536), random(65536), random(65536)].join(",");
let decisions = 0;
let kept = 0;

for (const name of ["isOfOwn", "isOfOpposing"]) {
  const original = Block.prototype[name];
  Block.prototype[name] = function counted(/** @type {any[]} */ ...args) {
    const unchanged = original.apply(this, args);
    if (unchanged) kept += 1;
    return unchanged;
  };
}

for (const format of start.formats) {
  const layout = start.layouts[ACTIVES[simulator.Dex.formats.get(format).gameType]];
  const world = setUp({ ...start, format, layout }, simulator);
  const rows = [0, 1].map(() => new Float32Array(layout.size));
  const hosted = new HostedBattle({ ...world, turnLimit: 200 });
  for (let battle = 0; battle < start.battles; battle++) {
    hosted.reset({ battle: seed(), teams: [seed(), seed()] }, null);
    for (;;) {
      hosted.seats.forEach(({ acting, choices, view, decided }, seat) => {
        if (!acting && hosted.status === RUNNING) return;
        const fresh = new Float32Array(layout.size);
        world.encoder.encode(view, choices, rows[seat], decided);
        world.encoder.encode(view, choices, fresh, decided);
        decisions += 1;
        const place = fresh.findIndex((value, index) => value !== rows[seat][index]);
        if (place < 0) return;
        throw new Error(
          `${format}, turn ${hosted.battle.turn}: ${rows[seat][place]} kept at ${place}, not ${fresh[place]}`,
        );
      });
      if (hosted.status !== RUNNING) break;
      hosted.step(
        hosted.seats.map(({ choices }) => {
          const legal = choices.flatMap((choice, action) => (choice === null ? [] : [action]));
          return legal.length ? legal[random(legal.length)] : -1;
        }),
      );
    }
  }
}
console.log(JSON.stringify({ decisions, kept }));
