// What the encoder needs of the simulator's dex, as numbers, made once per generation.

/** Names to the small integers of the observation. */
export class Vocabulary {
  /** @param {Record<string, string[]>} tables of pokeenv/vocabulary.json */
  constructor(tables) {
    /** @type {Record<string, Map<string, number>>} */
    this.maps = {};
    for (const name in tables) {
      this.maps[name] = new Map(tables[name].map((id, index) => [id, index]));
    }
  }

  /**
   * @param {string} table
   * @param {string} id a Showdown id; "" means unknown
   */
  number(table, id) {
    const number = this.maps[table].get(id);
    if (number === undefined) throw new Error(`"${id}" is not in the ${table} vocabulary`);
    return number;
  }
}

/**
 * @typedef {object} MoveNumbers
 * @property {string} id
 * @property {number} number
 * @property {number} type 0 where it varies
 * @property {string} category
 * @property {number} power base power, 0 where it varies
 * @property {number} accuracy
 * @property {number} priority from -7 to 7
 * @property {number} maxPP
 * @property {boolean} isGimmick a Z- or Max Move
 * @property {boolean} superEffectiveOnWater Freeze-Dry
 * @property {boolean} hitsFlying Thousand Arrows
 */

/**
 * @typedef {object} SpeciesNumbers
 * @property {number} number
 * @property {string[]} typeNames such as "Fire"
 * @property {Record<string, number>} baseStats
 * @property {string} baseSpecies id of the species without forme
 * @property {string[]} abilities ids of those it can have
 * @property {string} onlyAbility the one that it is sure to have, "" where it can have several
 * @property {string} formeAbility the one that it gets by changing into this forme, "" where there are several
 */

const VARYING_NAMES = /^(hiddenpower).*$/;
/** Moves that carry their power in a request; generation 2 writes "null" for the 0 of the happiest Frustration. */
export const HAPPINESS_MOVES = /^(return|frustration)(\d+|null)$/;

export class DexTables {
  /**
   * @param {any} dex the simulator's dex of one format
   * @param {Vocabulary} vocabulary
   * @param {{abilitiesAreLegal: boolean}} rules whether a species that can have one ability only is sure to have it
   */
  constructor(dex, vocabulary, { abilitiesAreLegal } = { abilitiesAreLegal: true }) {
    this.dex = dex;
    this.abilitiesAreLegal = abilitiesAreLegal;
    this.vocabulary = vocabulary;
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

  /** @param {string} name such as "Fire" */
  typeNumber(name) {
    const number = this.typeNumbers.get(name);
    if (number === undefined) throw new Error(`unknown type "${name}"`);
    return number;
  }

  /**
   * Id of a move's slot, from a name or an id that may carry a type, a power or "Z-".
   *
   * @param {string} name
   */
  moveId(name) {
    let id = this.moveIds.get(name);
    if (id === undefined) {
      let move = this.dex.moves.get(name.replace(HAPPINESS_MOVES, "$1"));
      if (!move.exists) move = this.dex.moves.get(name.replace(/^Z-/, ""));
      if (!move.exists) throw new Error(`unknown move "${name}"`);
      id = /** @type {string} */ (move.id).replace(VARYING_NAMES, "$1");
      this.moveIds.set(name, id);
    }
    return id;
  }

  /**
   * @param {string} id as in a request: Return and Frustration carry their power, Hidden Power its type
   * @returns {MoveNumbers}
   */
  move(id) {
    let numbers = this.moveCache.get(id);
    if (numbers) return numbers;
    const [, name, power] = HAPPINESS_MOVES.exec(id) ?? ["", id, ""];
    const move = this.dex.moves.get(name);
    if (!move.exists) throw new Error(`unknown move "${id}"`);
    numbers = {
      id: move.id,
      number: this.vocabulary.number("moves", move.id),
      type: move.id === "hiddenpower" ? 0 : this.typeNumber(move.type),
      category: move.category,
      power: Number(power) || move.basePower,
      accuracy: move.accuracy === true ? 1 : move.accuracy / 100,
      priority: move.priority,
      maxPP: this.greatestPP(move),
      isGimmick: !!(move.isZ || move.isMax),
      superEffectiveOnWater: move.id === "freezedry",
      hitsFlying: move.id === "thousandarrows",
    };
    this.moveCache.set(id, numbers);
    return numbers;
  }

  /** PP of a move raised to the most. @param {any} move of the dex */
  greatestPP(move) {
    if (move.noPPBoosts || move.isZ || move.id === "trumpcard") return move.pp;
    const most = (move.pp * 8) / 5;
    return this.dex.gen <= 2 ? Math.min(61, most) : most;
  }

  /** @param {string} id */
  maxPP(id) {
    return this.move(id).maxPP;
  }

  /** @param {string} name species or forme @returns {SpeciesNumbers} */
  species(name) {
    let numbers = this.speciesCache.get(name);
    if (numbers) return numbers;
    const species = this.dex.species.get(name);
    if (!species.exists) throw new Error(`unknown species "${name}"`);
    const abilities = Object.values(species.abilities)
      .filter(Boolean)
      .map((ability) => this.dex.abilities.get(ability).id);
    if (this.dex.gen <= 2) abilities.splice(0, abilities.length, "noability");
    const base = this.dex.species.get(species.baseSpecies).id;
    numbers = {
      number: this.vocabulary.number("species", species.isCosmeticForme ? base : species.id),
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

  /** @param {string} ability "" for an unknown one @param {"cantsuppress" | "notransform"} flag */
  abilityHas(ability, flag) {
    return !!this.dex.abilities.getByID(ability).flags[flag];
  }

  /**
   * Multiplier of a move's type against a list of defending types.
   *
   * @param {MoveNumbers} move
   * @param {number} type its type as it would be used
   * @param {number[]} defence
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

// The view's own names for what is no effect of the simulator's that could be handed on.
const NEVER_PASSED = new Set(["transform", "typechange", "mimic", "roost", "asone"]);
