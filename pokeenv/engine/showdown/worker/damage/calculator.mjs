// Runs @smogon/calc on cached objects, for speed.
//
// Its own `calculate` builds both Pokémon, the move and the field for every call, which costs three to five times as
// much as the calculation. Here they are kept, and all properties that a calculation may change are set before each.

import { createRequire } from "node:module";
import { join } from "node:path";
import { spreadOut } from "./doubles.mjs";
import { makeField } from "./fighters.mjs";

/** @typedef {import("./fighters.mjs").Fighter} Fighter */
/** @typedef {import("./fighters.mjs").Ground} Ground */
/** @typedef {import("./moves.mjs").MoveData} MoveData */

/** @import { Calc, CalcPokemon, SimDex } from "../showdown/types.mjs" */

/** File and function of the calculator by generation. */
const MECHANICS = [
  ["champions", "calculateChampions"],
  ["gen12", "calculateRBYGSC"],
  ["gen12", "calculateRBYGSC"],
  ["gen3", "calculateADV"],
  ["gen4", "calculateDPP"],
  ["gen56", "calculateBWXY"],
  ["gen56", "calculateBWXY"],
  ["gen789", "calculateSMSSSV"],
  ["gen789", "calculateSMSSSV"],
  ["gen789", "calculateSMSSSV"],
];

/**
 * A class of the calculator's Pokémon that can take the values of a fighter.
 *
 * @param {Calc} calc
 * @returns {new (...args: any[]) => CalcPokemon}
 */
function modelClass(calc) {
  return class Model extends calc.Pokemon {
    /** Copy with the exact stats, which the original method loses; Parental Bond's second hit uses a copy. */
    clone() {
      const copy = Object.assign(Object.create(Model.prototype), this);
      for (const table of ["rawStats", "stats", "boosts"]) copy[table] = { ...copy[table] };
      return copy;
    }

    /** Take the values of a fighter. @param {Fighter} fighter */
    set(fighter) {
      const { dynamaxed, maxhp } = fighter;
      const halved = dynamaxed && maxhp > 1 ? 2 : 1;
      this.ability = fighter.ability || undefined;
      this.abilityOn = fighter.abilityOn;
      this.item = fighter.item || undefined;
      /** @type {string | undefined} */
      this.disabledItem = undefined;
      this.gender = fighter.gender;
      this.types = fighter.types.slice();
      this.teraType = fighter.tera || undefined;
      this.status = fighter.status;
      this.boostedStat = fighter.quark || undefined;
      this.alliesFainted = fighter.alliesFainted;
      this.weightkg = dynamaxed ? 0 : fighter.weight;
      this.isDynamaxed = dynamaxed;
      this.dynamaxLevel = dynamaxed ? 10 : undefined;
      this.originalCurHP = Math.max(1, Math.floor(fighter.hp / halved));
      setStats(this.rawStats, Math.floor(maxhp / halved), fighter.stats);
      setStats(this.stats, this.rawStats.hp, fighter.stats);
      setStats(this.boosts, 0, fighter.boosts);
      return this;
    }
  };
}

/**
 * Set all entries of a table of stats.
 *
 * @param {Record<string, number>} table
 * @param {number} hp
 * @param {Record<string, number>} values missing ones count as 0
 */
function setStats(table, hp, values) {
  table.hp = hp;
  table.atk = values.atk ?? 0;
  table.def = values.def ?? 0;
  table.spa = values.spa ?? 0;
  table.spd = values.spd ?? 0;
  table.spe = values.spe ?? 0;
}

/** The calculator of one generation. */
export class Calculator {
  /**
   * @param {string} simulatorPath folder that holds node_modules
   * @param {SimDex} dex of the format
   */
  constructor(simulatorPath, dex) {
    const require = createRequire(join(simulatorPath, "package.json"));
    this.calc = require("@smogon/calc");
    const [file, name] = MECHANICS[dex.gen];
    this.mechanics = require(`@smogon/calc/dist/mechanics/${file}`)[name];
    this.generation = this.calc.Generations.get(dex.gen);
    this.dex = dex;
    this.Model = modelClass(this.calc);
    /** Attackers and defenders by level and species. @type {Map<string, CalcPokemon>[]} */
    this.models = [new Map(), new Map()];
  }

  /**
   * Calculate the damage of a move.
   *
   * @param {MoveData} data
   * @param {number} power base power; 0 for the move's own
   * @param {Fighter} attacker
   * @param {Fighter} defender
   * @param {Ground} ground
   * @returns {{damage: number | number[] | number[][], target: CalcPokemon}} the calculator's
   *     result and its defender, without the ability and item that the attack ignores
   */
  run(data, power, attacker, defender, ground) {
    const { move } = data;
    Object.assign(move, data.pristine);
    move.flags = { ...data.pristine.flags };
    // Direct damage has no power; any power shows whether the target is immune.
    if (data.direct) move.bp = 1;
    else if (power) move.bp = power;
    const source = this.model(0, attacker);
    const target = this.model(1, defender);
    const field = makeField(this.calc, ground, attacker, defender);
    if (ground.numbers) spreadOut(move, field, ground.numbers, attacker);
    return { damage: this.mechanics(this.generation, source, target, move, field).damage, target };
  }

  /**
   * The calculator's Pokémon for a fighter.
   *
   * @param {number} role 0 for the attacker, 1 for the defender
   * @param {Fighter} fighter
   */
  model(role, fighter) {
    const key = `${fighter.level}${fighter.species}`;
    let model = this.models[role].get(key);
    if (!model) {
      model = this.make(fighter);
      this.models[role].set(key, model);
    }
    return model.set(fighter);
  }

  /** Make the calculator's Pokémon. @param {Fighter} fighter */
  make({ species: name, level }) {
    const species = this.dex.species.get(name);
    // Formes that the calculator does not know, such as totems, get the simulator's base stats.
    const known = [species.name, species.baseSpecies, "Mew"].find((one) =>
      this.generation.species.get(this.dex.species.get(one).id),
    );
    const overrides = { baseStats: species.baseStats };
    return new this.Model(this.generation, known, { name: species.name, level, overrides });
  }
}
