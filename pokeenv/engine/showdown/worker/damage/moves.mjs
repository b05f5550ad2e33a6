// Moves in the calculator's terms, with their accuracy and number of hits.

import { HAPPINESS_MOVES } from "../showdown/dex_tables.mjs";
import { certain, uniform } from "./rolls.mjs";

/** @typedef {import("./fighters.mjs").Fighter} Fighter */
/** @typedef {import("./rolls.mjs").Rolls} Rolls */

/** @import { Calc, CalcGeneration, CalcMove, SimDex, SimMove } from "../showdown/types.mjs" */

/** Probabilities of 1 to 5 hits up to generation 4, and from generation 5 on. */
const TWO_TO_FIVE = [0, 3 / 8, 3 / 8, 1 / 8, 1 / 8];
const TWO_TO_FIVE_LATER = [0, 0.35, 0.35, 0.15, 0.15];
const FOUR_OR_FIVE = [0, 0, 0, 0.5, 0.5];

/** Base powers and their chances, for moves with random power. @type {Record<string, [number, number][]>} */
const DRAWN_POWERS = {
  magnitude: [
    [10, 0.05],
    [30, 0.1],
    [50, 0.2],
    [70, 0.3],
    [90, 0.2],
    [110, 0.1],
    [150, 0.05],
  ],
  present: [
    [0, 0.2],
    [40, 0.4],
    [80, 0.3],
    [120, 0.1],
  ],
};

/** Moves without a number: their damage depends on damage taken, stored energy or unknown facts. */
const UNKNOWABLE = new Set(
  "beatup bide comeuppance counter metalburst mirrorcoat spitup struggle trumpcard".split(" "),
);

/** Kinds of moves that the calculator may lack: fan-made ones and those of Let's Go. */
const INVENTED = new Set(["CAP", "Custom", "LGPE"]);

/** Moves whose power depends on the exact HP of either side. */
const EXACT_HP = new Set(
  "crushgrip dragonenergy eruption flail hardpress reversal waterspout wringout".split(" "),
);

/**
 * Damage of moves without power that the calculator does not compute. It still decides immunities.
 *
 * @type {Record<string, (attacker: Fighter, defender: Fighter, generation: number) => Rolls>}
 */
const DIRECT = {
  superfang: (_, defender) => certain(halfOf(defender)),
  naturesmadness: (_, defender) => certain(halfOf(defender)),
  ruination: (_, defender) => certain(halfOf(defender)),
  finalgambit: (attacker) => certain(attacker.hp),
  endeavor: (attacker, defender) => certain(Math.max(0, Math.floor(undynamaxed(defender)) - attacker.hp)),
  psywave: ({ level }, _, generation) =>
    generation <= 2
      ? uniform(range(1, Math.max(2, Math.floor(1.5 * level))))
      : uniform(range(50, 151).map((percent) => Math.max(1, Math.floor((percent * level) / 100)))),
};

/** HP without Dynamax. @param {Fighter} fighter */
function undynamaxed({ hp, dynamaxed }) {
  return dynamaxed ? hp / 2 : hp;
}

/** Half of the HP left. @param {Fighter} fighter */
function halfOf(fighter) {
  return Math.max(1, Math.floor(undynamaxed(fighter) / 2));
}

/**
 * @param {number} from
 * @param {number} to exclusive
 */
function range(from, to) {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/**
 * Damage of a one-hit knock-out: all HP left, unless the target is too high in level (in speed in generation 1).
 *
 * @param {Fighter} attacker
 * @param {Fighter} defender
 * @param {number} generation
 * @returns {Rolls}
 */
function knockOut(attacker, defender, generation) {
  const tooHigh = generation === 1 ? attacker.speed < defender.speed : attacker.level < defender.level;
  const saved = tooHigh || defender.dynamaxed || defender.ability === "Sturdy";
  return certain(saved ? 0 : defender.hp);
}

/** The damage function of a move without power, if it is one. @param {SimMove} dexMove */
function directDamage(dexMove) {
  return dexMove.ohko ? knockOut : DIRECT[dexMove.id];
}

const ALWAYS_HIT_IN = /** @type {Record<string, string[]>} */ ({
  thunder: ["raindance", "primordialsea"],
  hurricane: ["raindance", "primordialsea"],
  bleakwindstorm: ["raindance", "primordialsea"],
  sandsearstorm: ["raindance", "primordialsea"],
  wildboltstorm: ["raindance", "primordialsea"],
  blizzard: ["hail", "snowscape"],
});
const HALF_IN_SUN = new Set(["thunder", "hurricane"]);

/**
 * A move as one Pokémon may use it.
 *
 * @typedef {object} MoveData
 * @property {string} id
 * @property {SimMove} dex the simulator's move
 * @property {CalcMove} move the calculator's move
 * @property {Record<string, any>} pristine the properties of `move` that a calculation may change
 * @property {number} power base power; 0 for the calculator's
 * @property {[number, number][]} powers random base powers with their chances; empty for others
 * @property {((attacker: Fighter, defender: Fighter, generation: number) => Rolls) | undefined} direct damage without power
 * @property {boolean} exactHP true if its damage depends on the exact HP of either side
 */

/** The moves of one format, each made once. */
export class Moves {
  /**
   * @param {Calc} calc
   * @param {CalcGeneration} generation
   * @param {SimDex} dex of the format
   */
  constructor(calc, generation, dex) {
    this.calc = calc;
    this.generation = generation;
    this.dex = dex;
    /** @type {Map<string, MoveData | null>} */
    this.cache = new Map();
  }

  /**
   * A move as its user may use it.
   *
   * @param {string} id as in a request: with the power of Return and Hidden Power
   * @param {boolean} dynamaxed true for the Max Move of a dynamaxed user
   * @returns {MoveData | null} null if it deals no damage, or unknowable damage
   */
  get(id, dynamaxed) {
    const key = dynamaxed ? `max ${id}` : id;
    let data = this.cache.get(key);
    if (data === undefined) {
      data = this.make(id, dynamaxed);
      this.cache.set(key, data);
    }
    return data;
  }

  /**
   * @param {string} id
   * @param {boolean} dynamaxed
   * @returns {MoveData | null}
   */
  make(id, dynamaxed) {
    const [, name, power] = HAPPINESS_MOVES.exec(id) ?? /^(hiddenpower[a-z]+)(\d+)$/.exec(id) ?? ["", id, ""];
    const dexMove = this.dex.moves.get(name);
    if (!dexMove.exists) return null; // of a newer server
    // Hidden Powers of all types have the same id in the dex; only the name has the type.
    const unknowable = dexMove.name === "Hidden Power" || UNKNOWABLE.has(dexMove.id);
    if (unknowable || power === "null" || dexMove.category === "Status") return null;
    const calcId = dexMove.name.toLowerCase().replace(/[^a-z0-9]+/g, "");
    if (!this.generation.moves.get(calcId)) {
      if (INVENTED.has(dexMove.isNonstandard)) return null;
      throw new Error(`the damage calculator does not know the move "${id}"`);
    }
    const hits = Array.isArray(dexMove.multihit) ? dexMove.multihit[1] : undefined;
    const move = new this.calc.Move(this.generation, dexMove.name, { hits, useMax: dynamaxed });
    const { bp, type, category, target, priority, secondaries, isCrit, flags } = move;
    return {
      id: dexMove.id,
      dex: dexMove,
      move,
      pristine: { bp, type, category, target, priority, secondaries, isCrit, flags },
      power: dynamaxed ? 0 : Number(power),
      powers: dynamaxed ? [] : (DRAWN_POWERS[dexMove.id] ?? []),
      direct: dynamaxed ? undefined : directDamage(dexMove),
      exactHP: !dynamaxed && (!!directDamage(dexMove) || EXACT_HP.has(dexMove.id)),
    };
  }
}

/**
 * Chances of exactly `index + 1` hits of a move that has hit.
 *
 * @param {MoveData} data
 * @param {Fighter} attacker
 * @param {number} generation
 * @param {number} accuracy of each later hit, if every hit can miss
 * @param {import("./fighters.mjs").Ground} ground
 * @returns {number[]}
 */
export function hitChances(data, attacker, generation, accuracy, { numbers }) {
  const { multihit, multiaccuracy, smartTarget } = data.dex;
  if (!multihit || data.move.isMax) return [1];
  if (smartTarget && numbers && numbers[1 - attacker.which] > 1) return [1, 0]; // one hit each
  const dice = attacker.item === "Loaded Dice";
  if (Array.isArray(multihit)) {
    if (attacker.ability === "Skill Link") return only(multihit[1]);
    if (multihit[0] !== 2 || multihit[1] !== 5) return only(multihit[1]);
    if (dice) return FOUR_OR_FIVE;
    return generation <= 4 ? TWO_TO_FIVE : TWO_TO_FIVE_LATER;
  }
  if (!multiaccuracy || attacker.ability === "Skill Link") return only(multihit);
  if (dice)
    return multihit === 10
      ? Array.from({ length: 10 }, (_, index) => (index >= 3 ? 1 / 7 : 0))
      : only(multihit);
  return Array.from({ length: multihit }, (_, index) => {
    const reached = accuracy ** index;
    return index === multihit - 1 ? reached : reached * (1 - accuracy);
  });
}

/** The chances of a certain number of hits. @param {number} hits */
function only(hits) {
  return Array.from({ length: hits }, (_, index) => Number(index === hits - 1));
}

/**
 * The chance that a move hits: its accuracy, changed by stages, abilities, items, weather and Gravity.
 *
 * @param {MoveData} data
 * @param {Fighter} attacker
 * @param {Fighter} defender
 * @param {import("./fighters.mjs").Ground} ground
 * @param {number} generation
 * @returns {number} from 0 to 1
 */
export function accuracyOf(data, attacker, defender, ground, generation) {
  const { dex, move } = data;
  if (move.isMax) return 1;
  if (attacker.ability === "No Guard" || defender.ability === "No Guard") return 1;
  if (dex.ohko) return ohkoAccuracy(data, attacker, defender, generation);
  if (dex.accuracy === true || ALWAYS_HIT_IN[dex.id]?.includes(ground.weather)) return 1;
  if (generation === 1) return generation1Accuracy(dex.accuracy, attacker, defender);
  let accuracy = dex.accuracy / 100;
  if (HALF_IN_SUN.has(dex.id) && /sunnyday|desolateland/.test(ground.weather)) accuracy = 0.5;
  accuracy *= stageFactor(attacker, defender, dex.ignoreEvasion);
  if (ground.gravity) accuracy *= 5 / 3;
  if (attacker.ability === "Compound Eyes") accuracy *= 1.3;
  if (attacker.ability === "Victory Star") accuracy *= 1.1;
  if (attacker.ability === "Hustle" && move.category === "Physical") accuracy *= 0.8;
  if (defender.ability === "Sand Veil" && ground.weather === "sandstorm") accuracy *= 0.8;
  if (defender.ability === "Snow Cloak" && /hail|snow/.test(ground.weather)) accuracy *= 0.8;
  if (attacker.item === "Wide Lens") accuracy *= 1.1;
  if (defender.item === "Bright Powder" || defender.item === "Lax Incense") accuracy *= 0.9;
  return Math.min(1, accuracy);
}

/**
 * Factor of the stages of accuracy and evasion.
 *
 * @param {Fighter} attacker
 * @param {Fighter} defender
 * @param {boolean} ignoreEvasion
 */
function stageFactor(attacker, defender, ignoreEvasion) {
  const evasion = ignoreEvasion ? 0 : (defender.boosts.evasion ?? 0);
  const stage = Math.max(-6, Math.min(6, (attacker.boosts.accuracy ?? 0) - evasion));
  return stage >= 0 ? (3 + stage) / 3 : 3 / (3 - stage);
}

/**
 * Accuracy in generation 1, which draws from 256 numbers, so that no move is certain to hit.
 *
 * @param {number} percent
 * @param {Fighter} attacker
 * @param {Fighter} defender
 */
function generation1Accuracy(percent, attacker, defender) {
  const factors = [25, 28, 33, 40, 50, 66, 100, 150, 200, 250, 300, 350, 400];
  let accuracy = Math.floor((percent * 255) / 100);
  for (const stage of [attacker.boosts.accuracy ?? 0, -(defender.boosts.evasion ?? 0)]) {
    accuracy = Math.floor((accuracy * factors[stage + 6]) / 100);
  }
  return Math.max(1, Math.min(255, accuracy)) / 256;
}

/**
 * Accuracy of a one-hit knock-out.
 *
 * @param {MoveData} data
 * @param {Fighter} attacker
 * @param {Fighter} defender
 * @param {number} generation
 */
function ohkoAccuracy({ dex }, attacker, defender, generation) {
  if (generation === 1) return 76 / 256;
  const base = dex.ohko === "Ice" && generation >= 7 && !attacker.types.includes("Ice") ? 20 : 30;
  const levels = (attacker.level - defender.level) * (generation === 2 ? 2 : 1);
  return Math.max(0, Math.min(100, base + levels)) / 100;
}
