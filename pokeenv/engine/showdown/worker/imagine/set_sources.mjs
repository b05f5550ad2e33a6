// The user's teams as a source of sets, and draws by weight.

/** @import { SimSet } from "../showdown/types.mjs" */
/** @typedef {import("./prior.mjs").Sample} Sample */
/** @typedef {import("./prior.mjs").Shown} Shown */
/** @typedef {import("./prior.mjs").Random} Random */
/** @typedef {import("./set_tools.mjs").SetTools} SetTools */

const STEPS = 2 ** 30; // of a random number

/**
 * Draw an element by its weight.
 *
 * @template T
 * @param {[T, number][]} elements and their weights, none of them negative
 * @param {Random} random
 * @returns {T | null} null if no element has a weight
 */
export function weighted(elements, random) {
  const total = elements.reduce((sum, [, weight]) => sum + weight, 0);
  if (total <= 0) return null;
  let left = (random.random(STEPS) / STEPS) * total;
  for (const [element, weight] of elements) {
    left -= weight;
    if (left < 0) return element;
  }
  return elements.findLast(([, weight]) => weight > 0)?.[0] ?? null;
}

/** The sets of teams, of each team as often as it is there. */
export class PoolSets {
  /**
   * @param {SetTools} tools
   * @param {string[]} teams packed
   */
  constructor(tools, teams) {
    this.tools = tools;
    this.teams = teams.map((packed) => new TeamSets(tools, tools.unpack(packed)));
    /** Sets by base species. @type {Map<string, SimSet[]>} */
    this.sets = Map.groupBy(
      this.teams.flatMap(({ sets }) => sets),
      ({ species }) => tools.baseOf(species),
    );
  }

  /** @param {Shown} shown */
  samples(shown) {
    return this.tools.samplesOf(this.sets.get(this.tools.baseOf(shown.forme)) ?? [], shown);
  }

  /** @returns {[string, number][]} */
  species() {
    return [...this.sets].map(([base, sets]) => [base, sets.length]);
  }

  /**
   * Draw one of the teams that agree with all that was shown.
   *
   * @param {Shown[]} shown of each opposing Pokémon that is known
   * @param {Random} random
   */
  teamLike(shown, random) {
    const fitting = this.teams.filter((team) => team.hasAll(shown));
    return fitting.length ? fitting[random.random(fitting.length)] : null;
  }
}

/** The sets of one team. */
class TeamSets {
  /**
   * @param {SetTools} tools
   * @param {SimSet[]} sets
   */
  constructor(tools, sets) {
    this.tools = tools;
    this.sets = sets;
    this.bases = sets.map(({ species }) => tools.baseOf(species));
  }

  /** @param {Shown} shown */
  samples(shown) {
    const base = this.tools.baseOf(shown.forme);
    return this.tools.samplesOf(
      this.sets.filter((_, index) => this.bases[index] === base),
      shown,
    );
  }

  /** @returns {[string, number][]} */
  species() {
    return this.sets.map(({ species }) => [species, 1]);
  }

  /** True if the team has a set for each Pokémon. @param {Shown[]} shown */
  hasAll(shown) {
    return shown.every((one) => this.samples(one).some((sample) => this.tools.fits(sample, one)));
  }
}
