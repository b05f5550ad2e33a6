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
 * @property {string} type
 * @property {string} category
 * @property {number} power base power / 250
 * @property {number} accuracy
 * @property {number} priority priority / 7
 */

export class DexTables {
  /**
   * @param {any} dex the simulator's dex of one format
   * @param {Vocabulary} vocabulary
   */
  constructor(dex, vocabulary) {
    this.dex = dex;
    this.vocabulary = vocabulary;
    /** @type {Map<string, MoveNumbers>} */
    this.moveCache = new Map();
    /** @type {Map<string, any>} */
    this.speciesCache = new Map();
    /** @type {Map<string, Map<string, number>>} */
    this.charts = new Map();
    /** @type {Map<string, string>} */
    this.idCache = new Map();
  }

  /** @param {string} name */
  id(name) {
    let id = this.idCache.get(name);
    if (id === undefined) {
      id = /** @type {string} */ (name.toLowerCase().replace(/[^a-z0-9]+/g, ""));
      this.idCache.set(name, id);
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
    const [, name, power] = /^(return|frustration)(\d+)$/.exec(id) ?? ["", id, ""];
    const move = this.dex.moves.get(name);
    if (!move.exists) throw new Error(`unknown move "${id}"`);
    numbers = {
      id: move.id,
      number: this.vocabulary.number("moves", move.id),
      type: this.id(move.type),
      category: move.category,
      power: Math.min(1, (Number(power) || move.basePower) / 250),
      accuracy: move.accuracy === true ? 1 : move.accuracy / 100,
      priority: move.priority / 7,
    };
    this.moveCache.set(id, numbers);
    return numbers;
  }

  /** @param {string} name species or forme */
  species(name) {
    let numbers = this.speciesCache.get(name);
    if (numbers) return numbers;
    const species = this.dex.species.get(name);
    if (!species.exists) throw new Error(`unknown species "${name}"`);
    const abilities = Object.values(species.abilities).filter(Boolean);
    const id = species.isCosmeticForme ? this.id(species.baseSpecies) : species.id;
    numbers = {
      number: this.vocabulary.number("species", id),
      types: species.types.map((/** @type {string} */ type) => this.id(type)),
      baseStats: species.baseStats,
      onlyAbility: abilities.length === 1 ? this.id(/** @type {string} */ (abilities[0])) : "",
    };
    this.speciesCache.set(name, numbers);
    return numbers;
  }

  /**
   * Multiplier of an attacking type against a list of defending types.
   *
   * @param {string} attack
   * @param {string[]} defence
   */
  effectiveness(attack, defence) {
    const row = this.chart(attack);
    let multiplier = 1;
    for (const type of defence) multiplier *= row.get(type) ?? 1;
    return multiplier;
  }

  /**
   * Multipliers of an attacking type by defending type.
   *
   * @param {string} attack
   */
  chart(attack) {
    let row = this.charts.get(attack);
    if (!row) {
      row = new Map();
      const attackName = this.dex.types.get(attack).name;
      for (const { id, name } of this.dex.types.all()) {
        const immune = !this.dex.getImmunity(attackName, name);
        row.set(id, immune ? 0 : 2 ** this.dex.getEffectiveness(attackName, name));
      }
      this.charts.set(attack, row);
    }
    return row;
  }
}
