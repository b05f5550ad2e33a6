// Prints what follows about the set of an opposing Pokémon from a seat's lines: limits of its Speed, sets that damage refutes.
//
// Usage: node evidence.mjs < START, where START is JSON: worker_start() of pokeenv/engine/showdown/worker_config.py with
// `formats` (one), `team`, the own seat's team as in a request, `sets`, opposing sets by name, and `battles`, lists of lines.
// Prints {"limits": [...], "refuted": [NAME, ...]} for each battle.

import { readFileSync } from "node:fs";
import { Imagination } from "../../pokeenv/engine/showdown/worker/imagine/imagine.mjs";
import { speedLimits } from "../../pokeenv/engine/showdown/worker/imagine/order.mjs";
import { Prior } from "../../pokeenv/engine/showdown/worker/imagine/prior.mjs";
import { loadSimulator } from "../../pokeenv/engine/showdown/worker/showdown/simulator.mjs";
import { Copies } from "../../pokeenv/engine/showdown/worker/snapshot/copy.mjs";
import { Snapshots } from "../../pokeenv/engine/showdown/worker/snapshot/snapshot.mjs";
import { setUp } from "../../pokeenv/engine/showdown/worker/world.mjs";

const start = JSON.parse(readFileSync(0, "utf8"));
const world = setUp({ ...start, format: start.formats[0] }, loadSimulator(start.simulatorPath, start));
const context = { ...world, turnLimit: 1000 };
const imagination = new Imagination(context, new Copies(new Snapshots(context)));
const prior = new Prior(context.simulator, context.format);
for (const lines of start.battles) {
  const witness = imagination.witnessOf(context.views.make(0));
  for (const line of lines) witness.read(line);
  const [opposing] = witness.view.state.sides[1].team;
  const { firstForme, evidence } = witness.about(opposing);
  const limits = speedLimits(witness, evidence.orders, start.team);
  const hits = imagination.damage.usable(witness, evidence.hits, start.team);
  const refuted = Object.keys(start.sets ?? {}).filter((name) =>
    imagination.damage.refutes(witness, hits, prior.sampleOf(start.sets[name]), firstForme),
  );
  console.log(JSON.stringify({ limits, refuted }));
}
