// Draws the hidden sets of a format with generated teams from the format's own generator.
//
// The generator's sets of a species are sampled once, with fixed seeds, and filtered by what a battle has shown. So a
// draw depends on nothing but the battle's facts and the random numbers that it gets.

/** @import { SimDex, SimFormat, SimSet, SimSpecies } from "../showdown/types.mjs" */

/**
 * @typedef {object} Shown what a seat knows about an opposing Pokémon's set
 * @property {string} forme its first forme
 * @property {number} level
 * @property {string} gender "M", "F" or "N"
 * @property {string[]} moves ids
 * @property {string} item id of the item that it was brought with; "" if unknown
 * @property {string} ability id; "" if unknown
 * @property {string} teraType "" if unknown
 * @property {(sample: Sample) => boolean} excludes true for sets that the battle has disproved otherwise
 */

/** @typedef {{random(below: number): number}} Random */

/**
 * @typedef {object} Sample a set that the generator has made, with its facts as ids
 * @property {SimSet} set
 * @property {string} forme
 * @property {string} item
 * @property {string} ability
 * @property {string[]} moves
 */

const BATCH = 48; // sets of a species that are made at once
const MOST = 8 * BATCH; // sets after which no set is expected to fit
const ENOUGH = 6; // fitting sets
const TEAMS = 1024; // generated teams from which unseen members are drawn, made when they are first drawn
const MOVES = 4;
const TRIES = 64; // teams after which members may exceed the generator's limits, which it does not always keep itself
const MOST_OF_TYPE = 2; // members of a type in a generated team
const WEAKNESSES = ["Electric", "Psychic", "Water", "Ice", "Ground", "Fire"]; // that generation 1 counts
/** Kinds of generated teams whose generator makes a set from its species. */
const KINDS = new Set(["random", "randomBaby"]);

/** Why a format's hidden sets cannot be drawn; "" if they can. @param {import("../showdown/simulator.mjs").Simulator} simulator @param {SimFormat} format */
export function whyNotImagined({ Dex, Teams }, format) {
  const { gameType } = format;
  if (gameType !== "singles" && gameType !== "doubles") return `it is a format of "${gameType}"`;
  if (!format.team)
    return gameType === "singles" ? "" : "it is a format of doubles whose players bring their teams";
  const rules = Dex.formats.getRuleTable(format);
  if (rules.has("teampreview") || rules.pickedTeamSize) return "it has a Team Preview";
  if (!setsOf(Teams.getGenerator(format, "1,2,3,4"), gameType === "doubles"))
    return "its generator has no sets by species";
  if (!KINDS.has(format.team))
    return `its teams are of the kind "${format.team}", not "random" or "randomBaby"`;
  return "";
}

/** The generator's data by species. @param {any} generator @param {boolean} doubles @returns {Record<string, any> | undefined} */
function setsOf(generator, doubles) {
  if (typeof generator.randomSet !== "function") return undefined;
  // Generation 1 inherits the sets of generation 2 and has its own data beside them.
  const sets = doubles ? generator.randomDoublesSets : (generator.randomData ?? generator.randomSets);
  return sets && Object.keys(sets).length ? sets : undefined;
}

/** The prior of one format. */
export class Prior {
  /**
   * @param {import("../showdown/simulator.mjs").Simulator} simulator
   * @param {SimFormat} format
   */
  constructor({ Dex, Teams }, format) {
    this.Teams = Teams;
    this.format = format;
    this.dex = Dex.forFormat(format);
    this.doubles = format.gameType === "doubles";
    /** Keys of the generator's sets by base species. @type {Map<string, string[]>} */
    this.keys = Map.groupBy(Object.keys(setsOf(this.generator(0), this.doubles) ?? {}), (key) =>
      this.baseOf(key),
    );
    /** Sampled sets by base species. @type {Map<string, Sample[]>} */
    this.samples = new Map();
    /** Generated teams by number. @type {Map<number, SimSet[]>} */
    this.teams = new Map();
    /** Answers of `typesOf`. @type {Map<string, {types: string[], weak: string[]}>} */
    this.typesBySpecies = new Map();
  }

  /** @param {string} name of a species or forme */
  baseOf(name) {
    return this.dex.species.get(name).baseSpecies;
  }

  /** A generator with a fixed seed. @param {number} number */
  generator(number) {
    return this.Teams.getGenerator(this.format, `${number >> 16},${number & 65535},1,1`);
  }

  /**
   * The first `count` sampled sets of a base species, fewer if the generator has none.
   *
   * @param {string} base
   * @param {number} count a multiple of BATCH
   */
  sample(base, count) {
    let sets = this.samples.get(base);
    if (!sets) this.samples.set(base, (sets = []));
    const keys = this.keys.get(base) ?? [];
    while (keys.length && sets.length < count) {
      const generator = this.generator(sets.length);
      for (let index = 0; index < BATCH; index++) {
        const key = keys[index % keys.length];
        sets.push(this.sampleOf(generator.randomSet(this.dex.species.get(key), {}, false, this.doubles)));
      }
    }
    // Another battle may have needed more of them.
    return sets.slice(0, count);
  }

  /** @param {SimSet} set @returns {Sample} */
  sampleOf(set) {
    return sampleOf(this.dex, set);
  }

  /** The prior of a battle: a generated team tells nothing about the sets of its members. @param {Shown[]} _shown @param {Random} _random */
  given(_shown, _random) {
    return this;
  }

  /**
   * Draw a set for an opposing Pokémon that has been seen.
   *
   * @param {Shown} shown
   * @param {Random} random
   * @returns {SimSet} not to be changed
   */
  draw(shown, random) {
    const { fitting, others } = this.candidates(shown);
    if (fitting.length) return fitting[random.random(fitting.length)].set;
    if (!others.length) return this.emptySet(shown);
    return forcedSet(this.dex, others[random.random(others.length)].set, shown);
  }

  /**
   * Sampled sets that agree with what has been shown, and if none do, those that agree most. Each is equally probable.
   *
   * If what did not act, the order of moves and damage exclude all sets, they may be about another Pokémon: an Illusion
   * that nobody has seen through. Then they exclude none.
   *
   * @param {Shown} shown
   * @returns {{fitting: Sample[], others: Sample[], doubted?: boolean}} doubted: that evidence has been left out
   */
  candidates(shown) {
    const base = this.baseOf(shown.forme);
    const forme = this.dex.species.get(shown.forme).name;
    for (let count = BATCH; ; count *= 2) {
      const samples = this.sample(base, count);
      const fitting = samples.filter((sample) => fits(sample, shown, forme));
      const isLast = count >= MOST || samples.length === 0;
      if (fitting.length >= ENOUGH || (fitting.length && isLast)) return { fitting, others: [] };
      if (!isLast) continue;
      const doubting = { ...shown, excludes: () => false };
      const agreeing = samples.filter((sample) => fits(sample, doubting, forme));
      if (agreeing.length) return { fitting: agreeing, others: [], doubted: true };
      return { fitting, others: mostFitting(samples, (sample) => likeness(sample, shown)) };
    }
  }

  /** A set of a species that the generator does not have. @param {Shown} shown @returns {SimSet} */
  emptySet(shown) {
    const species = this.dex.species.get(shown.forme);
    return {
      name: species.baseSpecies,
      species: species.name,
      level: shown.level,
      moves: shown.moves.length ? shown.moves : ["struggle"],
      ability: species.abilities["0"],
      item: "",
      evs: { hp: 85, atk: 85, def: 85, spa: 85, spd: 85, spe: 85 },
      ivs: { hp: 31, atk: 31, def: 31, spa: 31, spd: 31, spe: 31 },
    };
  }

  /**
   * Draw members that have not been seen, from whole teams of the generator, within its limits for a team.
   *
   * @param {number} count
   * @param {string[]} seen base species of the other members
   * @param {Random} random
   * @returns {SimSet[]} not to be changed
   */
  unseen(count, seen, random) {
    const taken = [...seen];
    /** @type {SimSet[]} */
    const found = [];
    for (let tries = 0; found.length < count; tries++) {
      for (const set of this.team(random.random(TEAMS))) {
        const base = this.baseOf(set.species);
        if (found.length === count || taken.includes(base)) continue;
        if (tries < TRIES && !this.mayJoin(base, taken)) continue;
        taken.push(base);
        found.push(set);
      }
    }
    return found;
  }

  /** True if a generated team of these base species may have another one. @param {string} base @param {string[]} others */
  mayJoin(base, others) {
    const most = this.dex.gen === 1 ? 2 : 3; // members that are weak to a type
    const own = this.typesOf(base);
    const team = others.map((other) => this.typesOf(other));
    return (
      own.types.every((type) => team.filter(({ types }) => types.includes(type)).length < MOST_OF_TYPE) &&
      own.weak.every((type) => team.filter(({ weak }) => weak.includes(type)).length < most)
    );
  }

  /** Types of a species, and those to which it is weak. @param {string} base @returns {{types: string[], weak: string[]}} */
  typesOf(base) {
    let found = this.typesBySpecies.get(base);
    if (!found) {
      const species = this.dex.species.get(base);
      const attacks = this.dex.gen === 1 ? WEAKNESSES : this.dex.types.names();
      const weak = attacks.filter(
        (/** @type {string} */ type) =>
          this.dex.getImmunity(type, species) && this.dex.getEffectiveness(type, species) > 0,
      );
      this.typesBySpecies.set(base, (found = { types: species.types, weak }));
    }
    return found;
  }

  /** A generated team. @param {number} number */
  team(number) {
    let team = this.teams.get(number);
    if (!team) {
      team = /** @type {SimSet[]} */ (this.generator(65536 + number).getTeam());
      this.teams.set(number, team);
    }
    return team;
  }
}

/** @param {SimDex} dex @param {SimSet} set @returns {Sample} */
export function sampleOf(dex, set) {
  return {
    set,
    forme: dex.species.get(set.species).name,
    item: set.item ? dex.items.get(set.item).id : "",
    ability: set.ability ? dex.abilities.get(set.ability).id : "",
    moves: set.moves.map((/** @type {string} */ move) => {
      const { id } = dex.moves.get(move);
      return id.startsWith("hiddenpower") ? "hiddenpower" : id;
    }),
  };
}

/** A set changed so that it agrees with what has been shown. @param {SimDex} dex @param {SimSet} set @param {Shown} shown @returns {SimSet} */
export function forcedSet(dex, set, shown) {
  const others = set.moves.filter(
    (/** @type {string} */ move) => !shown.moves.includes(dex.moves.get(move).id),
  );
  return {
    ...set,
    species: shown.forme,
    level: shown.level,
    moves: [...shown.moves, ...others].slice(0, Math.max(MOVES, shown.moves.length)),
    item: shown.item ? dex.items.get(shown.item).name : set.item,
    ability: shown.ability ? dex.abilities.get(shown.ability).name : set.ability,
    teraType: shown.teraType || set.teraType,
  };
}

/**
 * True if a set agrees with all that has been shown.
 *
 * @param {Sample} sample
 * @param {Shown} shown
 * @param {string} forme name of the first forme
 */
export function fits(sample, shown, forme) {
  const { set, item, ability, moves } = sample;
  return (
    set.level === shown.level &&
    sample.forme === forme &&
    (!shown.item || item === shown.item) &&
    (!shown.ability || !ability || ability === shown.ability) &&
    (!shown.teraType || !set.teraType || set.teraType === shown.teraType) &&
    shown.moves.every((id) => moves.includes(id)) &&
    !shown.excludes(sample)
  );
}

/** Score of a set: the more it agrees with what has been shown, the higher. @param {Sample} sample @param {Shown} shown */
export function likeness(sample, shown) {
  return (
    4 * shown.moves.filter((id) => sample.moves.includes(id)).length +
    (sample.item === shown.item ? 3 : 0) +
    (sample.ability === shown.ability ? 3 : 0) +
    (sample.set.teraType === shown.teraType ? 1 : 0) +
    (shown.excludes(sample) ? 0 : 1)
  );
}

/**
 * The elements with the highest score.
 *
 * @template T
 * @param {T[]} elements
 * @param {(element: T) => number} score
 */
export function mostFitting(elements, score) {
  const scores = elements.map(score);
  const best = Math.max(...scores);
  return elements.filter((_, index) => scores[index] === best);
}
