// The damage block of the observation: damage and knock-out chances of both active Pokémon's moves.

import { Calculator } from "./calculator.mjs";
import { currentMoves } from "../view/state.mjs";
import { groundOf, Scout } from "./fighters.mjs";
import { accuracyOf, hitChances, Moves } from "./moves.mjs";
import { fromResult, mixed, outlook } from "./rolls.mjs";

/** @import { CalcPokemon, ObservationLayout } from "../showdown/types.mjs" */

const NUM_MOVES = 4;
const OUTLOOK = ["min", "expected", "max", "ko_chance", "two_use_ko_chance"];
/** Number of pairs of fighters whose attacks are cached: some cache hits for a few megabytes of memory. */
const KEPT_PAIRS = 4096;

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

/** Encodes the damage block. */
export class DamageBlock {
  /** True if a layout has the block. @param {ObservationLayout} layout */
  static isIn(layout) {
    return "damage.own_move.0.min" in layout.extra;
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
    /** Places in the row by own (0) or opposing (1), move and number. @type {number[][][]} */
    this.places = ["own_move", "opposing_move"].map((side) =>
      Array.from({ length: NUM_MOVES }, (_, move) =>
        OUTLOOK.map((number) => layout.extraStart + layout.extra[`damage.${side}.${move}.${number}`].offset),
      ),
    );
    /** Attacks by pair and then by side and move. @type {Map<string, Map<string, Attack | null>>} */
    this.pairs = new Map();
  }

  /**
   * Write the block; leave it zero if a Pokémon is missing or nothing can be chosen.
   *
   * @param {import("../view/view.mjs").SeatView} view
   * @param {Float32Array} row the observation, with zeros in the block
   */
  encode(view, row) {
    if (!view.request?.active || view.ended) return;
    const own = this.scout.own(view);
    const foe = this.scout.opposing(view);
    if (!own || !foe) return;
    const ground = groundOf(view);
    const known = this.pair(`${own.key}|${foe.key}|${ground.key}`);
    const shown = currentMoves(/** @type {import("../view/state.mjs").Pokemon} */ (view.foe.active[0]));
    const ids = [view.team[view.slots[0]].moves, shown.map((slot) => slot.id)];
    const fighters = [own, foe];
    for (let side = 0; side < 2; side++) {
      const attacker = fighters[side];
      const defender = fighters[1 - side];
      for (let index = 0; index < Math.min(NUM_MOVES, ids[side].length); index++) {
        const attack = this.attack(known, side, ids[side][index], attacker, defender, ground);
        if (attack) this.write(attack, defender, this.places[side][index], row);
      }
    }
  }

  /** The cached attacks of a pair. @param {string} key of both fighters and the ground */
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
   * @param {number} side of the attacker, 0 own, 1 opposing
   * @param {string} id of the move
   * @param {Fighter} attacker
   * @param {Fighter} defender
   * @param {Ground} ground
   */
  attack(known, side, id, attacker, defender, ground) {
    const data = this.moves.get(id, attacker.dynamaxed);
    if (!data) return null;
    const power = statePower(data, attacker);
    let key = `${side}${id},${power}`;
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
    const chances = hitChances(data, attacker, generation, accuracy);
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
