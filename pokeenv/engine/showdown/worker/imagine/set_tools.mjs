// What all sources of sets share: the format's dex, levels, formes, and sets as samples.

import { formatIdOf } from "../showdown/simulator.mjs";
import { fits, forcedSet, sampleOf } from "./prior.mjs";

/** @import { SimFormat, SimSet } from "../showdown/types.mjs" */
/** @typedef {import("./prior.mjs").Sample} Sample */
/** @typedef {import("./prior.mjs").Shown} Shown */

/** Ends the name of a species of which a Team Preview does not show the forme. */
const ANY_FORME = /-\*$/;
const TOP_LEVEL = 100;

export class SetTools {
  /**
   * @param {import("../showdown/simulator.mjs").Simulator} simulator
   * @param {SimFormat} format
   */
  constructor(simulator, format) {
    this.simulator = simulator;
    this.format = format;
    this.formatId = formatIdOf(format);
    this.dex = simulator.Dex.forFormat(format);
    this.rules = simulator.Dex.formats.getRuleTable(format);
  }

  /** The level at which the format's Pokémon usually battle. @returns {number} */
  get level() {
    return this.rules.adjustLevel ?? Math.min(this.rules.maxLevel, TOP_LEVEL);
  }

  /** @param {string} name of a species or forme, also "Arceus-*" @returns {string} */
  baseOf(name) {
    return this.dex.species.get(name.replace(ANY_FORME, "")).baseSpecies;
  }

  /** @param {string} packed @returns {SimSet[]} */
  unpack(packed) {
    return this.simulator.Teams.unpack(packed) ?? [];
  }

  /** A generator of random numbers that gives the same ones in every process. @param {number} number */
  fixedRandom(number) {
    return new this.simulator.PRNG(/** @type {any} */ (`1,1,1,${number}`));
  }

  /** @param {SimSet} set @returns {Sample} */
  sampleOf(set) {
    return sampleOf(this.dex, set);
  }

  /** @param {Sample} sample @param {Shown} shown */
  fits(sample, shown) {
    return fits(sample, shown, sample.forme);
  }

  /** The forme as which a Pokémon with such a set enters the battle. @param {string} name of the set's species @returns {string} */
  firstForme(name) {
    const species = this.dex.species.get(name);
    if (species.isCosmeticForme) return species.baseSpecies;
    if (species.isMega || species.isPrimal) return species.changesFrom ?? species.baseSpecies;
    const { battleOnly } = species;
    return typeof battleOnly === "string" ? battleOnly : species.name;
  }

  /**
   * Sets of a species as samples at the shown level: those of the shown forme, or all if there are none.
   *
   * @param {SimSet[]} sets
   * @param {Shown} shown
   * @returns {Sample[]}
   */
  samplesOf(sets, { forme, level }) {
    const isAny = ANY_FORME.test(forme);
    const first = this.firstForme(forme);
    const same = isAny ? sets : sets.filter(({ species }) => this.firstForme(species) === first);
    return (same.length ? same : sets).map((set) => this.sampleOf({ ...set, level }));
  }

  /** The species of a drawn set. @param {SimSet} set @param {Shown} shown @returns {string} */
  formeOf(set, { forme }) {
    return ANY_FORME.test(forme) ? this.firstForme(set.species) : forme;
  }

  /** @param {SimSet} set @param {Shown} shown @returns {SimSet} */
  forced(set, shown) {
    return { ...forcedSet(this.dex, set, shown), species: set.species };
  }

  /** A member of which only the species is known. @param {string} name @returns {Shown} */
  nothingShownOf(name) {
    return {
      forme: this.firstForme(name),
      level: this.level,
      gender: "",
      moves: [],
      item: "",
      ability: "",
      teraType: "",
      excludes: () => false,
    };
  }
}
