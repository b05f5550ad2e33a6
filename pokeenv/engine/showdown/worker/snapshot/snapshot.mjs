// Converts a hosted battle to text and back: the simulator's battle and the knowledge of both seats, bit for bit.
//
// The simulator's own State (sim/state.ts) is not used: it loses identities, undefined values and the changes of a
// running move, makes requests anew, and does not include the seats.

import { HostedBattle } from "../hosting/hosted_battle.mjs";
import { readGraph, writeGraph } from "./object_graph.mjs";
import { Seat } from "../seat/seat.mjs";

/** @import { SimDex, SimSide } from "../showdown/types.mjs" */

/** Tables of the dex by an effect's type; all other types are conditions. */
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

/** Names of the constant objects to which a battle refers; see `Names` in object_graph.mjs. */
class BattleNames {
  /** @param {import("../showdown/dex_tables.mjs").DexTables} tables of the worker */
  constructor(tables) {
    this.tables = tables;
    /** @type {SimDex} */
    this.dex = tables.dex;
    /** @type {Map<string, object | null>} */
    this.prototypes = new Map([
      ["Object", Object.prototype],
      ["null", null],
      ["Move", Object.getPrototypeOf(this.dex.moves.get("tackle"))],
    ]);
    /** Parts of moves that have functions, such as a secondary effect, by function. @type {Map<Function, object> | null} */
    this.holders = null;
    /** Names of these parts: that of the move, and the keys on the way. @type {Map<object, string[]>} */
    this.parts = new Map();
  }

  /** @param {any} object an entry of the dex, or another object */
  name(object) {
    if (object === this.tables) return ["tables"];
    if (!object.effectType) return this.parts.get(object) ?? null;
    const table = TABLES[object.effectType] ?? "conditions";
    return this.dex[table].get(object.id) === object ? [table, object.id] : null;
  }

  /** @param {string[]} name */
  find([table, id, ...keys]) {
    if (table === "tables") return this.tables;
    return keys.reduce((object, key) => object[key], this.dex[table].get(id));
  }

  /** An active move is a copy of the dex's move, with its functions. @param {any} object */
  origin(object) {
    return typeof object.hit === "number" && object.effectType === "Move"
      ? this.dex.moves.get(object.id)
      : undefined;
  }

  /** A part of a move that has a function: the effect that a move causes may be known without the move. @param {Function} callable */
  holder(callable) {
    if (this.holders === null) {
      this.holders = new Map();
      for (const move of this.dex.moves.all()) this.addParts(move, ["moves", move.id]);
    }
    return this.holders.get(callable);
  }

  /** @param {any} object a move or a part of one @param {string[]} name */
  addParts(object, name) {
    for (const key of Object.keys(object)) {
      const value = object[key];
      if (typeof value === "function" && name.length > 2) {
        this.holders?.set(value, object);
        this.parts.set(object, name);
      } else if (value !== null && typeof value === "object") this.addParts(value, [...name, key]);
    }
  }
}

/** Takes and restores the snapshots of a worker's battles. */
export class Snapshots {
  /** @param {import("../hosting/hosted_battle.mjs").BattleContext} context */
  constructor(context) {
    this.context = context;
    /** Battles that are never played, by the sizes of both teams. @type {Map<string, HostedBattle>} */
    this.blanks = new Map();
    this.names = new BattleNames(context.views.tables);
  }

  /** Write a battle as JSON. @param {HostedBattle} hosted */
  take(hosted) {
    const sizes = hosted.battle.sides.map((/** @type {SimSide} */ side) => side.pokemon.length);
    const key = sizes.join();
    const blank = this.blanks.get(key) ?? this.makeBlank(sizes);
    this.blanks.set(key, blank);
    return JSON.stringify({ sizes, graph: writeGraph(hosted, blank, this.names) });
  }

  /**
   * Make the battle of a snapshot.
   *
   * @param {string} text as `take` returned it
   * @returns {HostedBattle}
   */
  restore(text) {
    const { sizes, graph } = JSON.parse(text);
    return readGraph(graph, this.makeBlank(sizes), this.names);
  }

  /**
   * Make a battle of the right build, with placeholders as Pokémon.
   *
   * @param {number[]} sizes number of Pokémon of each side
   */
  makeBlank(sizes) {
    const { simulator, format } = this.context;
    const hosted = new HostedBattle(this.context);
    hosted.seats = [0, 1].map((index) => new Seat(this.context, index));
    const [p1, p2] = sizes.map((size) => ({
      name: "Nobody",
      team: Array.from({ length: size }, () => ({ ...PLACEHOLDER, moves: [...PLACEHOLDER.moves] })),
    }));
    // "deserialized" prevents the battle from starting as soon as it has both players.
    hosted.battle = new simulator.Battle(
      /** @type {any} */ ({ format, formatid: format.id, seed: "1,2,3,4", deserialized: true, p1, p2 }),
    );
    hosted.judgePicks();
    return hosted;
  }
}
