// Draws the hidden sets of a format with generated teams from the format's own generator.
//
// The generator's sets of a species are sampled once, with fixed seeds, and filtered by what a battle has shown. So a
// draw depends on nothing but the battle's facts and the random numbers that it gets.

/** @import { SimFormat, SimSet, SimSpecies } from "../showdown/types.mjs" */

/**
 * @typedef {object} Shown what a seat knows about an opposing Pokémon's set
 * @property {string} forme its first forme
 * @property {number} level
 * @property {string} gender "M", "F" or "N"
 * @property {string[]} moves ids
 * @property {string} item id of the item that it was brought with; "" if unknown
 * @property {string} ability id; "" if unknown
 * @property {string} teraType "" if unknown
 * @property {(set: SimSet) => boolean} excludes true for sets that the battle has disproved otherwise
 */

/** @typedef {{random(below: number): number}} Random */

const BATCH = 48; // sets of a species that are made at once
const MOST = 8 * BATCH; // sets after which no set is expected to fit
const ENOUGH = 6; // fitting sets
const TEAMS = 4096; // generated teams from which unseen members are drawn
const TEAMS_HELD = 512;
const MOVES = 4;

/** Why a format's hidden sets cannot be drawn; "" if they can. @param {import("../showdown/simulator.mjs").Simulator} simulator @param {SimFormat} format */
export function whyNotImagined({ Dex, Teams }, format) {
  if (format.gameType !== "singles") return "it is no format of singles";
  if (!format.team) return "its teams are brought by the players, not generated";
  const rules = Dex.formats.getRuleTable(format);
  if (rules.has("teampreview") || rules.pickedTeamSize) return "it has a Team Preview";
  if (!setsOf(Teams.getGenerator(format, "1,2,3,4"))) return "its generator has no sets by species";
  if (format.team !== "random") return `its teams are of the kind "${format.team}", not "random"`;
  return "";
}

/** The generator's data by species. @param {any} generator @returns {Record<string, any> | undefined} */
function setsOf(generator) {
  if (typeof generator.randomSet !== "function") return undefined;
  const sets = generator.randomSets ?? generator.randomData;
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
    /** Keys of the generator's sets by base species. @type {Map<string, string[]>} */
    this.keys = new Map();
    for (const key of Object.keys(setsOf(this.generator(0)) ?? {})) {
      const base = this.baseOf(key);
      this.keys.set(base, [...(this.keys.get(base) ?? []), key]);
    }
    /** Sampled sets by base species. @type {Map<string, SimSet[]>} */
    this.samples = new Map();
    /** Generated teams by number. @type {Map<number, SimSet[]>} */
    this.teams = new Map();
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
        sets.push(generator.randomSet(this.dex.species.get(key), {}, false, false));
      }
    }
    return sets;
  }

  /**
   * Draw a set for an opposing Pokémon that has been seen.
   *
   * @param {Shown} shown
   * @param {Random} random
   * @returns {SimSet} a new object
   */
  draw(shown, random) {
    const base = this.baseOf(shown.forme);
    let best = [];
    for (let count = BATCH; count <= MOST; count *= 2) {
      const sets = this.sample(base, count);
      const fitting = sets.filter((set) => this.fits(set, shown));
      if (fitting.length >= ENOUGH || (fitting.length && count === MOST)) {
        return fitting[random.random(fitting.length)];
      }
      best = fitting.length ? fitting : mostFitting(sets, (set) => this.likeness(set, shown));
      if (!sets.length) break;
    }
    const found = best.length ? best[random.random(best.length)] : this.emptySet(shown);
    return this.fits(found, shown) ? found : this.forced(found, shown);
  }

  /** @param {SimSet} set @param {Shown} shown */
  fits(set, shown) {
    if (shown.excludes(set) || set.level !== shown.level) return false;
    if (this.idOf("items", set.item) !== shown.item && shown.item) return false;
    if (this.idOf("abilities", set.ability) !== shown.ability && shown.ability && set.ability) return false;
    if (shown.teraType && set.teraType && set.teraType !== shown.teraType) return false;
    if (this.dex.species.get(set.species).name !== this.dex.species.get(shown.forme).name) return false;
    const moves = movesOf(this.dex, set);
    return shown.moves.every((id) => moves.includes(id));
  }

  /** Score of a set: the more it agrees with what has been shown, the higher. @param {SimSet} set @param {Shown} shown */
  likeness(set, shown) {
    const moves = movesOf(this.dex, set);
    return (
      4 * shown.moves.filter((id) => moves.includes(id)).length +
      (this.idOf("items", set.item) === shown.item ? 3 : 0) +
      (this.idOf("abilities", set.ability) === shown.ability ? 3 : 0) +
      (set.teraType === shown.teraType ? 1 : 0) +
      (shown.excludes(set) ? 0 : 1)
    );
  }

  /** A set changed so that it agrees with what has been shown. @param {SimSet} set @param {Shown} shown @returns {SimSet} */
  forced(set, shown) {
    const others = set.moves.filter(
      (/** @type {string} */ move) => !shown.moves.includes(this.dex.moves.get(move).id),
    );
    return {
      ...set,
      species: shown.forme,
      level: shown.level,
      moves: [...shown.moves, ...others].slice(0, Math.max(MOVES, shown.moves.length)),
      item: shown.item ? this.dex.items.get(shown.item).name : set.item,
      ability: shown.ability ? this.dex.abilities.get(shown.ability).name : set.ability,
      teraType: shown.teraType || set.teraType,
    };
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
   * Draw members that have not been seen, from whole teams of the generator.
   *
   * @param {number} count
   * @param {string[]} seen base species of the other members
   * @param {Random} random
   * @returns {SimSet[]} new objects
   */
  unseen(count, seen, random) {
    const taken = new Set(seen);
    /** @type {SimSet[]} */
    const found = [];
    while (found.length < count) {
      for (const set of this.team(random.random(TEAMS))) {
        const base = this.baseOf(set.species);
        if (taken.has(base) || found.length === count) continue;
        taken.add(base);
        found.push(set);
      }
    }
    return found;
  }

  /** A generated team. @param {number} number */
  team(number) {
    let team = this.teams.get(number);
    if (!team) {
      if (this.teams.size >= TEAMS_HELD) this.teams.clear();
      team = /** @type {SimSet[]} */ (this.generator(65536 + number).getTeam());
      this.teams.set(number, team);
    }
    return team;
  }

  /** @param {"items" | "abilities"} table @param {string | undefined} name */
  idOf(table, name) {
    return name ? this.dex[table].get(name).id : "";
  }
}

/** Ids of a set's moves, as battles show them. @param {import("../showdown/types.mjs").SimDex} dex @param {SimSet} set @returns {string[]} */
function movesOf(dex, set) {
  return set.moves.map((/** @type {string} */ move) => {
    const { id } = dex.moves.get(move);
    return id.startsWith("hiddenpower") ? "hiddenpower" : id;
  });
}

/**
 * The elements with the highest score.
 *
 * @template T
 * @param {T[]} elements
 * @param {(element: T) => number} score
 */
function mostFitting(elements, score) {
  const scores = elements.map(score);
  const best = Math.max(...scores);
  return elements.filter((_, index) => scores[index] === best);
}
