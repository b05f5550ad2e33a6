// Distributions of the damage of one use of a move that hits, and statistics of them.

/**
 * Damage of one hit or one use: values in ascending order, and their probabilities, which add up to 1.
 *
 * @typedef {{values: number[], weights: number[]}} Rolls
 */

/** A distribution with one value. @param {number} value @returns {Rolls} */
export function certain(value) {
  return { values: [value], weights: [1] };
}

/** Equal weights by their number; cached, since most moves have the same number of values. @type {number[][]} */
const EQUAL = [];

/**
 * A uniform distribution.
 *
 * @param {number[]} values in ascending order
 * @returns {Rolls}
 */
export function uniform(values) {
  const { length } = values;
  return { values, weights: (EQUAL[length] ??= new Array(length).fill(1 / length)) };
}

/**
 * A mixture of distributions.
 *
 * @param {{rolls: Rolls, chance: number}[]} parts with chances that add up to 1
 * @returns {Rolls}
 */
export function mixed(parts) {
  /** @type {Map<number, number>} */
  const chances = new Map();
  for (const { rolls, chance } of parts) {
    rolls.values.forEach((value, index) => {
      chances.set(value, (chances.get(value) ?? 0) + chance * rolls.weights[index]);
    });
  }
  const values = [...chances.keys()].sort((a, b) => a - b);
  return { values, weights: values.map((value) => /** @type {number} */ (chances.get(value))) };
}

/**
 * The distribution of the sum of two independent draws.
 *
 * @param {Rolls} first
 * @param {Rolls} second
 */
function sum(first, second) {
  return mixed(
    first.values.map((value, index) => ({
      rolls: { values: second.values.map((other) => value + other), weights: second.weights },
      chance: first.weights[index],
    })),
  );
}

/**
 * Convert the calculator's result to a distribution, mixed over the number of hits.
 *
 * @param {number | number[] | number[][]} damage a number, the rolls of one hit, or a list of either by hit
 * @param {number[]} hitChances chance of exactly `index + 1` hits
 * @param {boolean} repeated true if every hit deals the damage of the first one (generation 1)
 * @returns {Rolls}
 */
export function fromResult(damage, hitChances, repeated) {
  if (typeof damage === "number") return certain(damage);
  const perHit = /** @type {(number | number[])[]} */ (damage);
  if (typeof perHit[0] === "number" && perHit.length >= 16) return uniform(/** @type {number[]} */ (damage));
  const hits = perHit.map((one) => (typeof one === "number" ? certain(one) : uniform(one)));
  /** @type {{rolls: Rolls, chance: number}[]} */
  const parts = [];
  let total = hits[0];
  hits.forEach((hit, index) => {
    if (index > 0) total = repeated ? scaled(hits[0], index + 1) : sum(total, hit);
    // The calculator may return more hits than the move has: Parental Bond's second hit always lands.
    const chance = hitChances.length === 1 ? Number(index === hits.length - 1) : (hitChances[index] ?? 0);
    if (chance > 0) parts.push({ rolls: total, chance });
  });
  return mixed(parts);
}

/** Multiply all values. @param {Rolls} rolls @param {number} factor */
function scaled(rolls, factor) {
  return { values: rolls.values.map((value) => value * factor), weights: rolls.weights };
}

/**
 * @typedef {object} Outlook statistics of a move against a target with some HP left
 * @property {number} min minimum damage of a use that hits, as a share of the HP left
 * @property {number} max maximum damage of a use that hits, as a share of the HP left
 * @property {number} expected mean share of the HP left, misses included, at most 1
 * @property {number} ko chance that one use knocks out
 * @property {number} ko2 chance that two uses knock out
 */

/**
 * Compute the statistics of a move.
 *
 * @param {Rolls} rolls
 * @param {number} accuracy chance to hit
 * @param {number} hp HP that the target has left
 * @param {boolean} endures true if one use cannot knock the target out
 * @returns {Outlook}
 */
export function outlook(rolls, accuracy, hp, endures) {
  const { values, weights } = rolls;
  const last = values.length - 1;
  let expected = 0;
  let one = 0;
  let two = 0;
  // Chance that a second use deals at least the HP that the first one leaves, if both hit.
  let enough = 0;
  let second = last;
  for (let first = 0; first <= last; first++) {
    expected += weights[first] * Math.min(1, values[first] / hp);
    if (values[first] >= hp) one += weights[first];
    while (second >= 0 && values[first] + values[second] >= hp) enough += weights[second--];
    two += weights[first] * enough;
  }
  const ko = endures ? 0 : accuracy * one;
  return {
    min: values[0] / hp,
    max: values[last] / hp,
    expected: accuracy * expected,
    ko: Math.min(1, ko),
    ko2: Math.min(1, accuracy * (accuracy * two + 2 * (1 - accuracy) * (endures ? 0 : one))),
  };
}
