// Finds a nature, effort values and genes from which the stats of a request follow, so that other formes of the Pokémon
// get their stats as well.

/** @import { SimBattle, SimPokemon } from "../showdown/types.mjs" */

/** @typedef {{nature: string, evs: Record<string, number>, ivs: Record<string, number>}} Numbers */

/** Effort values of generated sets come first, as the most frequent ones. */
const EFFORTS = [85, ...Array.from({ length: 64 }, (_, index) => 4 * index)];
const USUAL_GENES = [31, 0, 30];
const GENES = [...USUAL_GENES, ...Array.from({ length: 29 }, (_, index) => 29 - index)];
const MOST_EFFORT = 512; // 510, and those that 85 counts too much
const NEUTRAL = "Serious";

/** Numbers by stats; the own team's are the same all battle. @type {Map<string, Numbers>} */
const EXPLAINED = new Map();

/**
 * Write numbers into a Pokémon's set from which its stats follow; a stat that no numbers give leaves its own as they are.
 *
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon
 * @param {Record<string, number>} values by stat
 */
export function explainStats(battle, { set, baseSpecies }, values) {
  const statOf = (/** @type {string} */ stat) => battle.statModify(baseSpecies.baseStats, set, stat);
  if (Object.keys(values).every((stat) => statOf(stat) === values[stat])) return;
  const key = `${battle.dex.currentMod} ${baseSpecies.id} ${set.level} ${JSON.stringify(values)}`;
  let found = EXPLAINED.get(key);
  if (!found) {
    const hasNatures = battle.gen > 2 && !battle.format.team; // generated sets have none
    const natures = hasNatures
      ? battle.dex.natures.all().map((/** @type {{name: string}} */ { name }) => name)
      : [];
    found = explanation(set, [NEUTRAL, ...natures], values, statOf);
    EXPLAINED.set(key, found);
  }
  Object.assign(set, { nature: found.nature, evs: { ...found.evs }, ivs: { ...found.ivs } });
}

/**
 * The numbers of the nature with which most stats can be explained; of several, those that use the most effort values that
 * a set may have, since players use them all.
 *
 * @param {Numbers} set
 * @param {string[]} natures
 * @param {Record<string, number>} values
 * @param {(stat: string) => number} statOf the set
 * @returns {Numbers}
 */
function explanation(set, natures, values, statOf) {
  const before = { nature: set.nature, evs: set.evs, ivs: set.ivs };
  let best = { ...before, unexplained: Infinity, effort: -1 };
  for (const genes of [USUAL_GENES, GENES]) {
    for (const nature of natures) {
      Object.assign(set, { nature, evs: { ...before.evs }, ivs: { ...before.ivs } });
      const stats = Object.keys(values);
      const unexplained = stats.filter((stat) => !explainStat(set, stat, values[stat], genes, statOf)).length;
      const total = Object.values(set.evs).reduce((sum, value) => sum + value, 0);
      const effort = total <= MOST_EFFORT ? total : -1;
      if (unexplained > best.unexplained || (unexplained === best.unexplained && effort <= best.effort))
        continue;
      best = { nature, evs: set.evs, ivs: set.ivs, unexplained, effort };
    }
    if (best.unexplained === 0) break;
  }
  const { nature, evs, ivs } = best;
  return { nature, evs, ivs };
}

/**
 * Find an effort value and a gene that give a stat; the set keeps its own if none do.
 *
 * @param {Numbers} set
 * @param {string} stat
 * @param {number} value
 * @param {number[]} genes that are tried
 * @param {(stat: string) => number} statOf the set
 */
function explainStat({ evs, ivs }, stat, value, genes, statOf) {
  if (statOf(stat) === value) return true;
  const [ev, iv] = [evs[stat], ivs[stat]];
  for (const gene of genes) {
    for (const effort of EFFORTS) {
      [evs[stat], ivs[stat]] = [effort, gene];
      if (statOf(stat) === value) return true;
    }
  }
  [evs[stat], ivs[stat]] = [ev, iv];
  return false;
}
