// The damage block of the observation: damage and knock-out chances of the active Pokémon's moves.

import { AT_ALLY } from "../showdown/targets.mjs";
import { Calculator } from "./calculator.mjs";
import { currentMoves } from "../view/state.mjs";
import { crowded, support } from "./doubles.mjs";
import { groundOf, isInPlace, Scout } from "./fighters.mjs";
import { accuracyOf, hitChances, Moves } from "./moves.mjs";
import { fromResult, mixed, outlook } from "./rolls.mjs";

/** @import { CalcPokemon, ObservationLayout } from "../showdown/types.mjs" */

const NUM_MOVES = 4;
const OUTLOOK = ["min", "expected", "max", "ko_chance", "two_use_ko_chance"];
/** Number of pairs of attacker and defender that are cached: some cache hits for a few megabytes of memory. */
const KEPT_PAIRS = 8192;

/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("./fighters.mjs").Fighter} Fighter */
/** @typedef {import("./fighters.mjs").Ground} Ground */
/** @typedef {import("./moves.mjs").MoveData} MoveData */

/**
 * The possible results of one use of a move.
 *
 * @typedef {object} Attack
 * @property {import("./rolls.mjs").Rolls} rolls
 * @property {number} accuracy chance to hit, from 0 to 1
 * @property {boolean} endured true if a target with full HP keeps 1 HP
 */

/**
 * @typedef {object} Place a place on the field
 * @property {number} which 0 own, 1 opposing
 * @property {number} place
 */

/**
 * The attacks of the Pokémon in one place on the Pokémon in another.
 *
 * @typedef {object} Pairing
 * @property {Place} from
 * @property {Place} at
 * @property {number[][]} rows places in the row by move and number
 */

/** Pairings by the names of the layout: attacker, target ("" if there is only one), places. @type {Record<string, [string, number[], number[]][]>} */
const PAIRINGS = {
  own_move: [["", [0, 0], [1, 0]]],
  opposing_move: [["", [1, 0], [0, 0]]],
  own_left_move: [
    ["opposing_left", [0, 0], [1, 0]],
    ["opposing_right", [0, 0], [1, 1]],
    ["ally", [0, 0], [0, 1]],
  ],
  own_right_move: [
    ["opposing_left", [0, 1], [1, 0]],
    ["opposing_right", [0, 1], [1, 1]],
    ["ally", [0, 1], [0, 0]],
  ],
  opposing_left_move: [
    ["own_left", [1, 0], [0, 0]],
    ["own_right", [1, 0], [0, 1]],
  ],
  opposing_right_move: [
    ["own_left", [1, 1], [0, 0]],
    ["own_right", [1, 1], [0, 1]],
  ],
};

/** Encodes the damage block. */
export class DamageBlock {
  /** True if a layout has the block. @param {ObservationLayout} layout */
  static isIn(layout) {
    return Object.keys(layout.extra).some((name) => name.startsWith("damage."));
  }

  /**
   * @param {string} simulatorPath folder that holds node_modules
   * @param {ObservationLayout} layout
   * @param {import("../showdown/dex_tables.mjs").DexTables} tables
   */
  constructor(simulatorPath, layout, tables) {
    const { dex } = tables;
    this.calculator = new Calculator(simulatorPath, dex);
    const { calc, generation } = this.calculator;
    this.generation = generation.num;
    this.scout = new Scout(calc, generation, tables);
    this.moves = new Moves(calc, generation, dex);
    this.actives = layout.actives;
    this.pairings = pairingsOf(layout);
    /** Attacks by pair and then by move. @type {Map<string, Map<string, Attack | null>>} */
    this.pairs = new Map();
  }

  /**
   * Write the block; leave zero the numbers of missing Pokémon, and all if nothing can be chosen.
   *
   * @param {import("../view/view.mjs").SeatView} view
   * @param {Float32Array} row the observation, with zeros in the block
   */
  encode(view, row) {
    if (!view.request?.active || view.ended) return;
    /** @type {(Fighter | null)[][]} */
    const sides = [[], []];
    for (let place = 0; place < this.actives; place++) {
      sides[0].push(this.scout.own(view, place));
      sides[1].push(this.scout.opposing(view, place));
    }
    const ground = this.actives > 1 ? this.crowd(view, sides) : groundOf(view);
    for (const { from, at, rows } of this.pairings) {
      const attacker = sides[from.which][from.place];
      const defender = sides[at.which][at.place];
      if (!attacker || !defender) continue;
      const known = this.pair(`${from.which}${attacker.key}|${defender.key}|${ground.key}`);
      const ids = movesOf(view, from);
      for (let index = 0; index < Math.min(NUM_MOVES, ids.length); index++) {
        const attack = this.attack(known, ids[index], attacker, defender, ground);
        if (attack) this.write(attack, defender, rows[index], row);
      }
    }
  }

  /**
   * The field of doubles; fighters take over the effects of their allies' abilities.
   *
   * @param {import("../view/view.mjs").SeatView} view
   * @param {(Fighter | null)[][]} sides
   */
  crowd(view, sides) {
    const numbers = [0, 1].map((which) => [0, 1].filter((place) => isInPlace(view, which, place)).length);
    for (const [left, right] of sides) {
      if (!left || !right) continue;
      support(left, right, this.generation);
      support(right, left, this.generation);
    }
    return crowded(groundOf(view), sides.flat(), numbers);
  }

  /** The cached attacks of a pair. @param {string} key of attacker, defender and the ground */
  pair(key) {
    let known = this.pairs.get(key);
    if (!known) {
      if (this.pairs.size >= KEPT_PAIRS) {
        this.pairs.delete(/** @type {string} */ (this.pairs.keys().next().value));
      }
      known = new Map();
      this.pairs.set(key, known);
    }
    return known;
  }

  /**
   * An attack, cached if possible.
   *
   * @param {Map<string, Attack | null>} known attacks of this pair
   * @param {string} id of the move
   * @param {Fighter} attacker
   * @param {Fighter} defender
   * @param {Ground} ground
   */
  attack(known, id, attacker, defender, ground) {
    const data = this.moves.get(id, attacker.dynamaxed);
    if (!data) return null;
    const atAlly = attacker.which === defender.which;
    if (atAlly && (attacker.dynamaxed || !AT_ALLY.has(data.dex.target))) return null;
    const power = statePower(data, attacker);
    let key = `${id},${power}`;
    if (data.exactHP) key += `,${attacker.hp},${attacker.maxhp},${defender.hp},${defender.maxhp}`;
    let attack = known.get(key);
    if (attack === undefined) {
      attack = this.calculate(data, power, attacker, defender, ground);
      known.set(key, attack);
    }
    return attack;
  }

  /**
   * Calculate an attack.
   *
   * @param {MoveData} data
   * @param {number} usual base power; 0 for the move's own
   * @param {Fighter} attacker
   * @param {Fighter} defender
   * @param {Ground} ground
   * @returns {Attack | null} null if the move has no effect
   */
  calculate(data, usual, attacker, defender, ground) {
    const { generation } = this;
    const accuracy = accuracyOf(data, attacker, defender, ground, generation);
    const chances = hitChances(data, attacker, generation, accuracy, ground);
    const powers = data.powers.length ? data.powers : [[usual, 1]];
    let endured = false;
    const parts = powers.map(([power, chance]) => {
      const { damage, target } = this.calculator.run(data, power, attacker, defender, ground);
      if (chances.length === 1) endured = endures(target, generation);
      return { rolls: fromResult(damage, chances, generation === 1), chance };
    });
    const rolls = parts.length === 1 ? parts[0].rolls : mixed(parts);
    const harmless = rolls.values[rolls.values.length - 1] === 0;
    if (data.direct && (!harmless || (generation === 1 && data.dex.ignoreImmunity))) {
      const direct = data.direct(attacker, defender, generation);
      return direct.values[0] > 0 ? { rolls: direct, accuracy, endured } : null;
    }
    return harmless ? null : { rolls, accuracy, endured };
  }

  /**
   * Write the numbers of an attack.
   *
   * @param {Attack} attack
   * @param {Fighter} defender
   * @param {number[]} places in the row, in the order of OUTLOOK
   * @param {Float32Array} row
   */
  write({ rolls, accuracy, endured }, defender, places, row) {
    const full = defender.hp === defender.maxhp;
    const { min, expected, max, ko, ko2 } = outlook(rolls, accuracy, defender.hp, endured && full);
    row[places[0]] = Math.min(2, min);
    row[places[1]] = expected;
    row[places[2]] = Math.min(2, max);
    row[places[3]] = ko;
    row[places[4]] = ko2;
  }
}

/**
 * The pairings that a layout has numbers of.
 *
 * @param {ObservationLayout} layout
 * @returns {Pairing[]}
 */
function pairingsOf({ extra, extraStart }) {
  /** @type {Pairing[]} */
  const pairings = [];
  for (const [group, targets] of Object.entries(PAIRINGS)) {
    for (const [target, from, at] of targets) {
      const nameOf = (/** @type {number} */ move, /** @type {string} */ number) =>
        ["damage", group, move, ...(target ? [target] : []), number].join(".");
      if (!(nameOf(0, OUTLOOK[0]) in extra)) continue;
      const rows = Array.from({ length: NUM_MOVES }, (_, move) =>
        OUTLOOK.map((number) => extraStart + extra[nameOf(move, number)].offset),
      );
      const [attacker, defender] = [from, at].map(([which, place]) => ({ which, place }));
      pairings.push({ from: attacker, at: defender, rows });
    }
  }
  return pairings;
}

/**
 * Ids of the moves of the Pokémon in a place, of an opposing one as far as shown.
 *
 * @param {import("../view/view.mjs").SeatView} view
 * @param {Place} place
 */
function movesOf(view, { which, place }) {
  if (which === 0) return view.team[view.slots[place]].moves;
  return currentMoves(/** @type {Pokemon} */ (view.foe.active[place])).map((slot) => slot.id);
}

/**
 * Base power that depends on the battle in a way the calculator does not support; 0 for the move's own.
 *
 * @param {MoveData} data
 * @param {Fighter} attacker
 */
function statePower(data, attacker) {
  if (data.move.isMax) return 0;
  if (data.id === "lastrespects") return 50 + 50 * Math.min(100, attacker.faintedAllies);
  if (data.id === "ragefist") return Math.min(350, 50 + 50 * attacker.timesAttacked);
  return data.power;
}

/**
 * True if a target with full HP survives one hit with 1 HP.
 *
 * @param {CalcPokemon} target the calculator's, without the ability and item that the attack ignores
 * @param {number} generation
 */
function endures(target, generation) {
  return (generation >= 5 && target.ability === "Sturdy") || target.item === "Focus Sash";
}
