// Prints the limits of an opposing Pokémon's Speed that follow from a seat's lines.
//
// Usage: node move_order.mjs < START, where START is JSON: worker_start() of pokeenv/engine/showdown/worker_config.py with
// `formats` (one), `team`, the own seat's team as in a request, and `battles`, lists of lines. Prints {"limits": [...]} for each battle.

import { readFileSync } from "node:fs";
import { speedLimits } from "../../pokeenv/engine/showdown/worker/imagine/order.mjs";
import { Witness } from "../../pokeenv/engine/showdown/worker/imagine/witness.mjs";
import { loadSimulator } from "../../pokeenv/engine/showdown/worker/showdown/simulator.mjs";
import { setUp } from "../../pokeenv/engine/showdown/worker/world.mjs";

const start = JSON.parse(readFileSync(0, "utf8"));
const context = setUp({ ...start, format: start.formats[0] }, loadSimulator(start.simulatorPath, start));
for (const lines of start.battles) {
  const witness = new Witness(context, 0, (hp, maxhp) => `${Math.ceil((100 * hp) / maxhp)}/100`);
  for (const line of lines) witness.read(line);
  const [opposing] = witness.view.state.sides[1].team;
  const limits = speedLimits(witness, witness.about(opposing).evidence.orders, start.team);
  console.log(JSON.stringify({ limits }));
}
