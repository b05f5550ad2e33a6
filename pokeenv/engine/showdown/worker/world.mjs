// Loads the parts that every worker needs: the simulator, a format, the views of seats and their encoder.

import { DamageBlock } from "./damage/block.mjs";
import { DexTables, Vocabulary } from "./showdown/dex_tables.mjs";
import { Encoder } from "./encode/encoder.mjs";
import { loadSimulator } from "./showdown/simulator.mjs";
import { refuse } from "./showdown/unknown.mjs";
import { ViewFactory } from "./view/view.mjs";

/** Active Pokémon of a side by type of game. @type {Record<string, number>} */
export const ACTIVES = { singles: 1, doubles: 2 };

/**
 * @typedef {object} WorldStart the part of a worker's first message that `setUp` reads
 * @property {string} simulatorPath folder that holds node_modules
 * @property {boolean | string[]} accelerated see `loadSimulator`
 * @property {string} format a Showdown id, with custom rules behind "@@@" if it has some
 * @property {import("./showdown/types.mjs").ObservationLayout} layout
 * @property {Record<string, string[]>} vocabulary ids by table, see pokeenv/vocabulary.json
 */

/**
 * Load a format with its dex, views and encoder.
 *
 * @param {WorldStart} start see `worker_start` in pokeenv/engine/showdown/worker_config.py
 * @param {import("./showdown/simulator.mjs").Simulator} [simulator] if it is already loaded
 * @param {import("./showdown/unknown.mjs").OnUnknown} [unknown]
 */
export function setUp(start, simulator = loadSimulator(start.simulatorPath, start), unknown = refuse) {
  // Trusted: otherwise the simulator would leave out custom rules with a fault instead of naming it.
  const format = simulator.Dex.formats.get(start.format, true);
  if (!format.exists) throw new Error(`Showdown has no format "${start.format}"`);
  // The simulator makes the table of a format that repeals rules anew for every battle; copies of a battle share it.
  format.ruleTable ??= simulator.Dex.formats.getRuleTable(format);
  const legal = format.ruleTable.has("obtainableabilities");
  const dex = simulator.Dex.forFormat(format);
  const tables = new DexTables(dex, new Vocabulary(start.vocabulary, unknown), { abilitiesAreLegal: legal });
  const extra = DamageBlock.isIn(start.layout)
    ? new DamageBlock(start.simulatorPath, start.layout, tables)
    : null;
  const encoder = new Encoder(start.layout, tables, extra);
  return { simulator, format, encoder, views: new ViewFactory(tables, ACTIVES[format.gameType]) };
}
