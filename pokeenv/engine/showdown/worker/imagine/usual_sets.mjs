// The usual sets of a species, as the simulator itself has them: those of its Battle Factory (generations 6 to 9), those of
// its random battles with the effort values of a battle at level 100, and strong moves of all others.

import { Prior } from "./prior.mjs";
import { weighted } from "./set_sources.mjs";

/** @import { SimFormat, SimSet, SimSpecies } from "../showdown/types.mjs" */
/** @typedef {import("./prior.mjs").Sample} Sample */
/** @typedef {import("./prior.mjs").Shown} Shown */
/** @typedef {import("./prior.mjs").Random} Random */
/** @typedef {import("./set_tools.mjs").SetTools} SetTools */

const SETS = 48; // of a species
const MOVES = 4;
const BABY_LEVEL = 5;
/** Tiers from the strongest to the weakest. */
const TIERS = "AG Uber OU UUBL UU RUBL RU NUBL NU PUBL PU ZUBL ZU NFE LC".split(" ");
const NEXT_TIER = 0.25; // weight of a species beside that of one in the tier above
const FAST = 70; // base Speed from which a usual attacker is trained to be fast
const IVS = { hp: 31, atk: 31, def: 31, spa: 31, spd: 31, spe: 31 };

/** A table of sets that are sampled once. */
class SampledSets {
  /** @param {SetTools} tools */
  constructor(tools) {
    this.tools = tools;
    /** Sampled sets by base species. @type {Map<string, SimSet[]>} */
    this.sets = new Map();
    /** Weights of species, found when they are first asked for. @type {[string, number][] | null} */
    this.weights = null;
  }

  /** Names of the species that have sets. @returns {string[]} */
  names() {
    return [];
  }

  /** Sets of a base species. @param {string} _base @returns {SimSet[]} */
  make(_base) {
    return [];
  }

  /** @param {Shown} shown @returns {Sample[]} */
  samples(shown) {
    const base = this.tools.baseOf(shown.forme);
    let sets = this.sets.get(base);
    if (!sets) this.sets.set(base, (sets = this.make(base)));
    return this.tools.samplesOf(sets, shown);
  }

  /** @returns {[string, number][]} */
  species() {
    this.weights ??= allowedSpecies(this.tools, this.names());
    return this.weights;
  }
}

/**
 * The species that a format allows, the strongest tier first in weight.
 *
 * @param {SetTools} tools
 * @param {string[]} names
 * @returns {[string, number][]}
 */
function allowedSpecies({ dex, rules }, names) {
  const allowed = names
    .map((name) => dex.species.get(name))
    .filter((species) => species.exists && !rules.isBannedSpecies(species));
  const tierOf = (/** @type {SimSpecies} */ { tier }) => TIERS.indexOf(String(tier).replace(/[()]/g, ""));
  const strongest = Math.min(...allowed.map(tierOf).filter((tier) => tier >= 0));
  return allowed.map((species) => {
    const tier = tierOf(species);
    return [species.name, NEXT_TIER ** (tier < 0 ? TIERS.length : tier - strongest)];
  });
}

/** The sets of the simulator's Battle Factory. */
export class FactorySets extends SampledSets {
  /** @param {SetTools} tools */
  constructor(tools) {
    super(tools);
    const { Teams, Dex } = tools.simulator;
    const { gen } = tools.dex;
    const generator = Teams.getGenerator(Dex.formats.get(`gen${gen}randombattle`));
    const { randomFactorySets, randomOldGenFactorySets, randomBSSFactorySets } = generator;
    // Formats of level 50 have their own.
    const tables =
      tools.level === 50 && randomBSSFactorySets
        ? [randomBSSFactorySets]
        : Object.values(randomFactorySets ?? randomOldGenFactorySets ?? {});
    /** Descriptions of sets by base species. @type {Map<string, any[]>} */
    this.described = Map.groupBy(
      tables.flatMap((table) => Object.values(table).flatMap(({ sets }) => sets)),
      ({ species }) => tools.baseOf(species),
    );
  }

  /** @override */
  names() {
    return [...this.described.values()].flatMap((sets) => [...new Set(sets.map(({ species }) => species))]);
  }

  /** @override @param {string} base */
  make(base) {
    const described = this.described.get(base) ?? [];
    const choices = described.map((one) => /** @type {[any, number]} */ ([one, one.weight ?? 1]));
    const random = this.tools.fixedRandom(SETS);
    return Array.from({ length: described.length ? SETS : 0 }, () =>
      describedSet(this.tools, weighted(choices, random), random),
    );
  }
}

/**
 * Draw a set of its description, which lists alternatives.
 *
 * @param {SetTools} tools
 * @param {any} described
 * @param {Random} random
 * @returns {SimSet}
 */
function describedSet({ dex }, described, random) {
  const one = (/** @type {any} */ value) =>
    Array.isArray(value) ? value[random.random(value.length)] : value;
  const species = dex.species.get(described.species);
  /** @type {string[]} */
  const moves = [];
  for (const slot of described.moves) {
    const free = slot.filter((/** @type {string} */ move) => !moves.includes(move));
    if (free.length) moves.push(one(free));
  }
  return {
    name: species.baseSpecies,
    species: species.name,
    ability: one(described.ability) ?? species.abilities["0"],
    item: one(described.item) ?? "",
    moves,
    nature: one(described.nature) ?? "Serious",
    evs: { hp: 0, atk: 0, def: 0, spa: 0, spd: 0, spe: 0, ...described.evs },
    ivs: { ...IVS, ...described.ivs },
    teraType: one(described.teraType) ?? species.types[0],
    gigantamax: !!described.gigantamax,
  };
}

/** The sets of the simulator's random battles, with usual effort values. */
export class GeneratorSets extends SampledSets {
  /** @param {SetTools} tools */
  constructor(tools) {
    super(tools);
    const { Dex } = tools.simulator;
    const { gen, currentMod } = tools.dex;
    const ids = [`${currentMod}randombattle`, `gen${gen}randombattle`];
    if (tools.level === BABY_LEVEL) ids.unshift(`gen${gen}babyrandombattle`);
    this.priors = ids
      .map((id) => Dex.formats.get(id))
      .filter((format, index, all) => format.exists && all.indexOf(format) === index)
      .map((format) => new Prior(tools.simulator, format));
  }

  /** @override */
  names() {
    return this.priors.flatMap((prior) => [...prior.keys.values()].flat());
  }

  /** @override @param {string} base */
  make(base) {
    for (const prior of this.priors) {
      const samples = prior.sample(base, SETS);
      if (samples.length)
        return samples.map(({ set }, index) => usualNumbers(this.tools, set, index % 2 === 0));
    }
    return [];
  }
}

/**
 * Give a set of a random battle the nature and effort values of a battle at level 100.
 *
 * @param {SetTools} tools
 * @param {SimSet} set
 * @param {boolean} first true for the more usual of two ways
 * @returns {SimSet}
 */
function usualNumbers({ dex }, set, first) {
  const { name, species, item, ability, moves, teraType, ivs, evs } = set;
  const plain = { name, species, item, ability, moves: [...moves], teraType, ivs: { ...ivs } };
  if (dex.gen <= 2) return { ...plain, evs: { ...evs } }; // there, every stat is trained to its end
  const categories = moves.map((/** @type {string} */ move) => dex.moves.get(move).category);
  const count = (/** @type {string} */ category) =>
    categories.filter((/** @type {string} */ one) => one === category).length;
  const isPhysical = count("Physical") >= count("Special");
  const [attack, other] = isPhysical ? ["atk", "spa"] : ["spa", "atk"];
  const numbers = { hp: 0, atk: 0, def: 0, spa: 0, spd: 0, spe: 0 };
  if (count("Status") >= MOVES - 1) {
    const nature = first ? (isPhysical ? "Impish" : "Bold") : isPhysical ? "Careful" : "Calm";
    return { ...plain, nature, evs: { ...numbers, hp: 252, [first ? "def" : "spd"]: 252, spe: 4 } };
  }
  const isFast = dex.species.get(species).baseStats.spe >= FAST;
  const natures = isPhysical ? ["Adamant", "Jolly"] : ["Modest", "Timid"];
  const nature = natures[isFast === first ? 1 : 0];
  const isMixed = count(isPhysical ? "Special" : "Physical") > 0;
  return {
    ...plain,
    nature: isMixed ? MIXED[nature] : nature,
    evs: { ...numbers, [attack]: 252, [isFast ? "spe" : "hp"]: 252, [isMixed ? other : "def"]: 4 },
  };
}

/** Natures that lower a defence instead of the other attack. @type {Record<string, string>} */
const MIXED = { Adamant: "Lonely", Jolly: "Hasty", Modest: "Mild", Timid: "Naive" };

/** Sets of the strongest moves that a species learns, if nothing better is known. */
export class LearnableSets extends SampledSets {
  /** @override @param {string} base */
  make(base) {
    const { dex } = this.tools;
    const species = dex.species.get(base);
    const worth = (/** @type {any} */ move) =>
      (move.basePower *
        (move.accuracy === true ? 100 : move.accuracy) *
        (species.types.includes(move.type) ? 1.5 : 1)) /
      (move.flags.charge || move.flags.recharge || move.selfdestruct ? 3 : 1);
    const moves = [...dex.species.getMovePool(species.id)]
      .map((id) => dex.moves.get(id))
      .filter(({ exists, isNonstandard }) => exists && !isNonstandard)
      .sort((one, other) => worth(other) - worth(one) || (one.id < other.id ? -1 : 1));
    const types = new Set();
    const best = moves.filter(({ type }) => !types.has(type) && types.add(type)).slice(0, MOVES);
    const set = {
      name: species.baseSpecies,
      species: species.name,
      ability: dex.gen > 2 ? species.abilities["0"] : "",
      item: "",
      moves: best.length ? best.map(({ id }) => id) : ["struggle"],
      teraType: species.types[0],
      ivs: IVS,
      evs: { hp: 255, atk: 255, def: 255, spa: 255, spd: 255, spe: 255 },
    };
    return [usualNumbers(this.tools, set, true)];
  }
}
