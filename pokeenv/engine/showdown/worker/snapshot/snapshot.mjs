// A hosted battle as text, and back: the simulator's battle and what both seats know, bit for bit.
//
// The simulator's own State (sim/state.ts) is not used: it loses identities, undefined values and
// whatever a move in flight has changed, makes requests anew, and knows nothing of the seats.

import { HostedBattle } from "../hosting/hosted_battle.mjs";
import { readGraph, writeGraph } from "./object_graph.mjs";
import { Seat } from "../seat/seat.mjs";

/** Tables of the dex by an effect's type; what is not here is a condition. */
const TABLES = /** @type {Record<string, string>} */ ({
  Move: "moves",
  Item: "items",
  Ability: "abilities",
  Pokemon: "species",
  Format: "formats",
  Ruleset: "formats",
  Rule: "formats",
  ValidatorRule: "formats",
});
const PLACEHOLDER = {
  name: "Bulbasaur",
  species: "Bulbasaur",
  ability: "Overgrow",
  moves: ["tackle"],
  level: 100,
};

/** Names of what a battle refers to and never changes; see Names in graph.mjs. */
class BattleNames {
  /** @param {import("../showdown/dex_tables.mjs").DexTables} tables of the worker */
  constructor(tables) {
    this.tables = tables;
    /** @type {any} */
    this.dex = tables.dex;
    /** @type {Map<string, object | null>} */
    this.prototypes = new Map([
      ["Object", Object.prototype],
      ["null", null],
      ["Move", Object.getPrototypeOf(this.dex.moves.get("tackle"))],
    ]);
  }

  /** @param {any} object */
  name(object) {
    if (object === this.tables) return ["tables"];
    if (!object.effectType) return null;
    const table = TABLES[object.effectType] ?? "conditions";
    return this.dex[table].get(object.id) === object ? [table, object.id] : null;
  }

  /** @param {any[]} name */
  find([table, id]) {
    return table === "tables" ? this.tables : this.dex[table].get(id);
  }

  /** A move that is used is a copy of the dex's, functions and all. @param {any} object */
  origin(object) {
    return typeof object.hit === "number" && object.effectType === "Move"
      ? this.dex.moves.get(object.id)
      : undefined;
  }
}

export class Snapshots {
  /** @param {import("../hosting/hosted_battle.mjs").BattleContext} context */
  constructor(context) {
    this.context = context;
    /** Never played. @type {Map<string, HostedBattle>} */
    this.blanks = new Map();
    this.names = new BattleNames(context.views.tables);
  }

  /** @param {HostedBattle} hosted */
  take(hosted) {
    const sizes = hosted.battle.sides.map((/** @type {any} */ side) => side.pokemon.length);
    const key = sizes.join();
    const blank = this.blanks.get(key) ?? this.makeBlank(sizes);
    this.blanks.set(key, blank);
    return JSON.stringify({ sizes, graph: writeGraph(hosted, blank, this.names) });
  }

  /**
   * @param {string} text
   * @returns {HostedBattle}
   */
  restore(text) {
    const { sizes, graph } = JSON.parse(text);
    return readGraph(graph, this.makeBlank(sizes), this.names);
  }

  /**
   * A battle of the right build and of no content.
   *
   * @param {number[]} sizes Pokémon of each side
   */
  makeBlank(sizes) {
    const { simulator, format } = this.context;
    const hosted = new HostedBattle(this.context);
    hosted.seats = [0, 1].map((index) => new Seat(this.context, index));
    const [p1, p2] = sizes.map((size) => ({
      name: "Nobody",
      team: Array.from({ length: size }, () => ({ ...PLACEHOLDER, moves: [...PLACEHOLDER.moves] })),
    }));
    // "deserialized" keeps the battle from starting as soon as it has both players.
    hosted.battle = new simulator.Battle(
      /** @type {any} */ ({ format, formatid: format.id, seed: "1,2,3,4", deserialized: true, p1, p2 }),
    );
    hosted.judgePicks();
    return hosted;
  }
}
