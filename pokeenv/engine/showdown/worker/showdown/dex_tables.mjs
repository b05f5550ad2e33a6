// Facts of the simulator's dex as numbers, for views and encoders; made once per format.

import { refuse } from "./unknown.mjs";

/** @import { SimDex, SimMove } from "./types.mjs" */
/** @import { OnUnknown } from "./unknown.mjs" */

/** Numbers of ids in the observation. */
export class Vocabulary {
  /**
   * @param {Record<string, string[]>} tables of pokeenv/vocabulary.json
   * @param {OnUnknown} [unknown]
   */
  constructor(tables, unknown = refuse) {
    this.unknown = unknown;
    /** @type {Record<string, Map<string, number>>} */
    this.maps = {};
    for (const name in tables) {
      this.maps[name] = new Map(tables[name].map((id, index) => [id, index]));
    }
  }

  /**
   * The number of an id, 0 if it is unknown.
   *
   * @param {string} table such as "moves"
   * @param {string} id a Showdown id; "" means unknown
   */
  number(table, id) {
    const number = this.maps[table].get(id);
    if (number === undefined) this.unknown(`"${id}" is not in the ${table} vocabulary`);
    return number ?? 0;
  }
}

/**
 * @typedef {object} MoveNumbers a move, in numbers
 * @property {string} id
 * @property {number} number
 * @property {number} type 0 if it varies
 * @property {string} category
 * @property {number} power base power; 0 if it varies
 * @property {number} accuracy from 0 to 1; 1 also for moves that never miss
 * @property {number} priority from -7 to 7
 * @property {number} maxPP with all PP Ups
 * @property {boolean} isGimmick true for a Z-Move or Max Move
 * @property {boolean} superEffectiveOnWater true for Freeze-Dry
 * @property {boolean} hitsFlying true for Thousand Arrows
 */

/**
 * @typedef {object} SpeciesNumbers a species or forme, in numbers
 * @property {number} number
 * @property {string[]} typeNames such as "Fire"
 * @property {Record<string, number>} baseStats
 * @property {string} baseSpecies id of the species without forme
 * @property {string[]} abilities ids of its possible abilities
 * @property {string} onlyAbility its ability if only one is possible, else ""
 * @property {string} formeAbility the ability after a change into this forme; "" if several are possible
 */

/** PP of a move of the usual 10 PP, with all PP Ups. */
const USUAL_PP = 16;
const VARYING_NAMES = /^(hiddenpower).*$/;
/** Moves whose ids in a request include their power; generation 2 writes "null" for a Frustration of power 0. */
export const HAPPINESS_MOVES = /^(return|frustration)(\d+|null)$/;

/** The tables of one format's dex. */
export class DexTables {
  /**
   * @param {SimDex} dex of one format
   * @param {Vocabulary} vocabulary
   * @param {{abilitiesAreLegal: boolean}} rules true if Pokémon
   *     have only abilities of their species
   */
  constructor(dex, vocabulary, { abilitiesAreLegal } = { abilitiesAreLegal: true }) {
    this.dex = dex;
    this.abilitiesAreLegal = abilitiesAreLegal;
    this.vocabulary = vocabulary;
    /** True if Pokémon that leave the field lose their count of hits taken, as in Champions. */
    this.forgetsHits = dex.currentMod.startsWith("champions");
    /** Called with every unknown name; if it returns, the name counts as unknown. */
    this.unknown = vocabulary.unknown;
    /** @type {Map<string, MoveNumbers>} */
    this.moveCache = new Map();
    /** @type {Map<string, string>} */
    this.moveIds = new Map();
    /** @type {Map<string, SpeciesNumbers>} */
    this.speciesCache = new Map();
    /** @type {Map<string, boolean>} */
    this.passed = new Map();
    /** Multipliers by the numbers of the attacking and the defending type. @type {number[][]} */
    this.chart = [];
    /** Number of a type by its name, such as "Fire"; 0 for "???". @type {Map<string, number>} */
    this.typeNumbers = new Map([["???", 0]]);
    this.fillChart();
  }

  fillChart() {
    const types = this.dex.types.all();
    for (const { id, name } of types) this.typeNumbers.set(name, this.vocabulary.number("types", id));
    for (const attack of types) {
      const row = (this.chart[this.typeNumber(attack.name)] = /** @type {number[]} */ ([]));
      for (const { name } of types) {
        const immune = !this.dex.getImmunity(attack.name, name);
        row[this.typeNumber(name)] = immune ? 0 : 2 ** this.dex.getEffectiveness(attack.name, name);
      }
    }
  }

  /** The number of a type. @param {string} name such as "Fire" */
  typeNumber(name) {
    const number = this.typeNumbers.get(name);
    if (number === undefined) this.unknown(`unknown type "${name}"`);
    return number ?? 0;
  }

  /**
   * The id of a move's slot, from a name or an id, possibly with a type, a power or "Z-".
   *
   * @param {string} name
   */
  moveId(name) {
    let id = this.moveIds.get(name);
    if (id === undefined) {
      let move = this.dex.moves.get(name.replace(HAPPINESS_MOVES, "$1"));
      if (!move.exists) move = this.dex.moves.get(name.replace(/^Z-/, ""));
      if (!move.exists) this.unknown(`unknown move "${move.id}"`);
      id = /** @type {string} */ (move.id).replace(VARYING_NAMES, "$1");
      this.moveIds.set(name, id);
    }
    return id;
  }

  /**
   * The numbers of a move.
   *
   * @param {string} id as in a request: with the power of Return and Frustration, the type of Hidden Power
   * @returns {MoveNumbers}
   */
  move(id) {
    let numbers = this.moveCache.get(id);
    if (numbers) return numbers;
    const [, name, power] = HAPPINESS_MOVES.exec(id) ?? ["", id, ""];
    const move = this.dex.moves.get(name);
    numbers = move.exists ? this.numbersOf(move, Number(power)) : this.unknownMove(move.id);
    this.moveCache.set(id, numbers);
    return numbers;
  }

  /** @param {SimMove} move @param {number} power 0 for its base power @returns {MoveNumbers} */
  numbersOf(move, power) {
    return {
      id: move.id,
      number: this.vocabulary.number("moves", move.id),
      type: move.id === "hiddenpower" ? 0 : this.typeNumber(move.type),
      category: move.category,
      power: power || move.basePower,
      accuracy: move.accuracy === true ? 1 : move.accuracy / 100,
      priority: move.priority,
      maxPP: this.maxPPOf(move),
      isGimmick: !!(move.isZ || move.isMax),
      superEffectiveOnWater: move.id === "freezedry",
      hitsFlying: move.id === "thousandarrows",
    };
  }

  /** A move without known properties. @param {string} id @returns {MoveNumbers} */
  unknownMove(id) {
    this.unknown(`unknown move "${id}"`);
    return {
      id,
      number: 0,
      type: 0,
      category: "Status",
      power: 0,
      accuracy: 1,
      priority: 0,
      maxPP: USUAL_PP,
      isGimmick: false,
      superEffectiveOnWater: false,
      hitsFlying: false,
    };
  }

  /** A move's PP with all PP Ups. @param {SimMove} move */
  maxPPOf(move) {
    if (move.noPPBoosts || move.isZ || move.id === "trumpcard") return move.pp;
    const { calculatePP } = this.dex.data.Scripts; // of a mod with a rule of its own, such as Champions
    if (calculatePP) return calculatePP(move, 3);
    const most = (move.pp * 8) / 5;
    return this.dex.gen <= 2 ? Math.min(61, most) : most;
  }

  /** A move's PP with all PP Ups. @param {string} id */
  maxPP(id) {
    return this.move(id).maxPP;
  }

  /** The numbers of a species. @param {string} name species or forme; "Urshifu-*" where Team Preview hides it @returns {SpeciesNumbers} */
  species(name) {
    let numbers = this.speciesCache.get(name);
    if (numbers) return numbers;
    const species = this.dex.species.get(name.replace(/-\*$/, ""));
    if (!species.exists) this.unknown(`unknown species "${name}"`);
    const abilities = Object.values(species.abilities)
      .filter(Boolean)
      .map((ability) => this.dex.abilities.get(ability).id);
    if (this.dex.gen <= 2) abilities.splice(0, abilities.length, "noability");
    // An unknown forme keeps the name of its species, so that its Pokémon is recognised.
    const base = this.dex.species.get(species.exists ? species.baseSpecies : name.split("-")[0]).id;
    const id = species.isCosmeticForme ? base : species.id;
    numbers = {
      number: species.exists ? this.vocabulary.number("species", id) : 0,
      typeNames: species.types,
      baseStats: species.baseStats,
      baseSpecies: base,
      abilities,
      onlyAbility:
        abilities.length === 1 && (this.abilitiesAreLegal || this.dex.gen <= 2) ? abilities[0] : "",
      formeAbility: abilities.length === 1 ? abilities[0] : "",
    };
    this.speciesCache.set(name, numbers);
    return numbers;
  }

  /** True if Baton Pass transfers a volatile effect. @param {string} id */
  isPassed(id) {
    let passed = this.passed.get(id);
    if (passed === undefined) {
      const condition = this.dex.conditions.getByID(id);
      passed = !!condition.exists && !condition.noCopy && !NEVER_PASSED.has(id);
      this.passed.set(id, passed);
    }
    return passed;
  }

  /** True if an ability has a flag. @param {string} ability "" if unknown @param {"cantsuppress" | "notransform"} flag */
  abilityHas(ability, flag) {
    return !!this.dex.abilities.getByID(ability).flags[flag];
  }

  /**
   * The damage multiplier of a move's type against a list of defending types.
   *
   * @param {MoveNumbers} move
   * @param {number} type number of its type when used
   * @param {number[]} defence numbers of types
   */
  effectiveness(move, type, defence) {
    const row = this.chart[type];
    if (!row) return 1;
    let multiplier = 1;
    for (const defender of defence) {
      const one = row[defender] ?? 1;
      if (move.superEffectiveOnWater && defender === this.typeNumbers.get("Water")) multiplier *= 2;
      else if (move.hitsFlying && defender === this.typeNumbers.get("Flying")) multiplier *= 1;
      else multiplier *= one;
    }
    return multiplier;
  }
}

// Names of the view that are not effects of the simulator, which alone can be passed.
const NEVER_PASSED = new Set(["transform", "typechange", "mimic", "roost", "asone"]);
