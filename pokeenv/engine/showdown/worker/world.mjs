// What every worker loads first: the simulator, the format, and what views and encodes its seats.

import { DamageBlock } from "./damage/block.mjs";
import { DexTables, Vocabulary } from "./showdown/dex_tables.mjs";
import { Encoder } from "./encode/encoder.mjs";
import { loadSimulator } from "./showdown/simulator.mjs";
import { ViewFactory } from "./view/view.mjs";

/**
 * @param {any} start the first message, see `worker_start` in pokeenv/engine/showdown/worker_config.py
 * @param {import("./showdown/simulator.mjs").Simulator} [simulator] if it is loaded already
 */
export function setUp(start, simulator = loadSimulator(start.simulatorPath, start)) {
  const format = simulator.Dex.formats.get(start.format);
  if (!format.exists) throw new Error(`Showdown has no format "${start.format}"`);
  const legal = simulator.Dex.formats.getRuleTable(format).has("obtainableabilities");
  const dex = simulator.Dex.forFormat(format);
  const tables = new DexTables(dex, new Vocabulary(start.vocabulary), { abilitiesAreLegal: legal });
  const extra = DamageBlock.isIn(start.layout)
    ? new DamageBlock(start.simulatorPath, start.layout, tables)
    : null;
  const encoder = new Encoder(start.layout, tables, extra);
  return { simulator, format, encoder, views: new ViewFactory(tables) };
}
