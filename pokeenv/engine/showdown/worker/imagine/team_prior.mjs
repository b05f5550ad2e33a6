// Draws the hidden sets of a format whose players bring their teams.
//
// A set comes from the first source that has one which agrees with what a battle has shown: the user's teams, the
// user's usage statistics, and then the usual sets. So a draw depends on nothing but the battle's facts, the sources,
// and the random numbers that it gets.

import { fits, likeness, mostFitting } from "./prior.mjs";
import { PoolSets, weighted } from "./set_sources.mjs";
import { SetTools } from "./set_tools.mjs";
import { UsageSets } from "./usage_sets.mjs";
import { FactorySets, GeneratorSets, LearnableSets } from "./usual_sets.mjs";

/** @import { SimFormat, SimSet } from "../showdown/types.mjs" */
/** @typedef {import("./prior.mjs").Sample} Sample */
/** @typedef {import("./prior.mjs").Shown} Shown */
/** @typedef {import("./prior.mjs").Random} Random */

/**
 * @typedef {object} Source of sets
 * @property {(shown: Shown) => Sample[]} samples equally probable sets of a species at the shown level, of its shown forme
 *   if there are any; a source may leave out sets that disagree with what was shown
 * @property {(seen: string[]) => [string, number][]} species names and weights of members, given base species that are seen
 */

/**
 * @typedef {object} Beliefs what the user believes about the opponent's team
 * @property {string[]} teams packed
 * @property {import("./usage_sets.mjs").Usage | null} usage
 */

/** @type {Beliefs} */
export const NO_BELIEFS = { teams: [], usage: null };

/**
 * The prior of a format whose players bring their teams.
 *
 * @param {import("../showdown/simulator.mjs").Simulator} simulator
 * @param {SimFormat} format
 * @param {Beliefs} beliefs
 */
export function makeTeamPrior(simulator, format, { teams, usage }) {
  const tools = new SetTools(simulator, format);
  const pool = teams.length ? new PoolSets(tools, teams) : null;
  const sources = [
    ...(pool ? [pool] : []),
    ...(usage ? [new UsageSets(tools, usage)] : []),
    new FactorySets(tools),
    new GeneratorSets(tools),
    new LearnableSets(tools),
  ];
  return new TeamPrior(tools, sources, pool);
}

/** The prior of one format, or of one battle in it. */
export class TeamPrior {
  /**
   * @param {SetTools} tools
   * @param {Source[]} sources the one to be believed most comes first
   * @param {PoolSets | null} pool the user's teams
   */
  constructor(tools, sources, pool) {
    this.tools = tools;
    this.sources = sources;
    this.pool = pool;
  }

  /** @param {string} name of a species or forme */
  baseOf(name) {
    return this.tools.baseOf(name);
  }

  /** @param {SimSet} set @returns {Sample} */
  sampleOf(set) {
    return this.tools.sampleOf(set);
  }

  /**
   * The prior of a battle: if the user's teams agree with what was shown of the opposing team, it follows one of them.
   *
   * @param {Shown[]} shown of each opposing Pokémon that is known
   * @param {Random} random
   */
  given(shown, random) {
    const team = this.pool?.teamLike(shown, random);
    return team ? new TeamPrior(this.tools, [team, ...this.sources], null) : this;
  }

  /**
   * Draw a set for an opposing Pokémon that is known.
   *
   * @param {Shown} shown
   * @param {Random} random
   * @returns {SimSet} not to be changed
   */
  draw(shown, random) {
    const { fitting, others } = this.candidates(shown);
    const from = fitting.length ? fitting : others;
    const { set } = from[random.random(from.length)];
    const named = { ...set, name: this.baseOf(shown.forme), species: this.tools.formeOf(set, shown) };
    return fitting.length ? named : this.tools.forced(named, shown);
  }

  /**
   * Sets that agree with what has been shown, and if none do, those of the first source that agree most.
   *
   * @param {Shown} shown
   * @returns {{fitting: Sample[], others: Sample[]}}
   */
  candidates(shown) {
    /** @type {Sample[]} */
    let others = [];
    for (const source of this.sources) {
      const samples = source.samples(shown);
      const fitting = samples.filter((sample) => fits(sample, shown, sample.forme));
      if (fitting.length) return { fitting, others: [] };
      if (!others.length) others = samples;
    }
    return { fitting: [], others: mostFitting(others, (sample) => likeness(sample, shown)) };
  }

  /**
   * Draw members that nothing is known about.
   *
   * @param {number} count
   * @param {string[]} seen base species of the other members
   * @param {Random} random
   * @returns {SimSet[]} not to be changed; fewer than `count` if no more species are allowed
   */
  unseen(count, seen, random) {
    const taken = [...seen];
    /** @type {SimSet[]} */
    const found = [];
    while (found.length < count) {
      const name = this.memberBeside(taken, random);
      if (name === null) break;
      taken.push(this.baseOf(name));
      found.push(this.draw(this.tools.nothingShownOf(name), random));
    }
    return found;
  }

  /**
   * Draw the species of a member that is not known.
   *
   * @param {string[]} taken base species of the other members
   * @param {Random} random
   * @returns {string | null} null if no source has another species
   */
  memberBeside(taken, random) {
    for (const source of this.sources) {
      const free = source.species(taken).filter(([name]) => !taken.includes(this.baseOf(name)));
      const name = weighted(free, random);
      if (name !== null) return name;
    }
    return null;
  }
}
