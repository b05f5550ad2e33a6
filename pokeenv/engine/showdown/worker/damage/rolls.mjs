// Damage as a distribution: what one use of a move deals once it hits, and the numbers made from it.

/**
 * Damage of one hit or one use, values ascending, weights adding up to 1.
 *
 * @typedef {{values: number[], weights: number[]}} Rolls
 */

/** @param {number} value @returns {Rolls} */
export function certain(value) {
  return { values: [value], weights: [1] };
}

/** Weights of as many equally likely values; kept, since nearly every move has the same number. @type {number[][]} */
const EQUAL = [];

/**
 * @param {number[]} values equally likely, ascending
 * @returns {Rolls}
 */
export function uniform(values) {
  const { length } = values;
  return { values, weights: (EQUAL[length] ??= new Array(length).fill(1 / length)) };
}

/**
 * One of several distributions, drawn by chance.
 *
 * @param {{rolls: Rolls, chance: number}[]} parts chances adding up to 1
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
 * Sum of two independent draws.
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
 * What the calculator returns, as a distribution over the number of hits.
 *
 * @param {number | number[] | number[][]} damage a number, the rolls of one hit, or a list of either by hit
 * @param {number[]} hitChances chance of exactly `index + 1` hits
 * @param {boolean} repeated every hit deals what the first one did (generation 1)
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
    // The calculator may give more hits than the move has: Parental Bond's second one always lands.
    const chance = hitChances.length === 1 ? Number(index === hits.length - 1) : (hitChances[index] ?? 0);
    if (chance > 0) parts.push({ rolls: total, chance });
  });
  return mixed(parts);
}

/** @param {Rolls} rolls @param {number} factor */
function scaled(rolls, factor) {
  return { values: rolls.values.map((value) => value * factor), weights: rolls.weights };
}

/**
 * @typedef {object} Outlook a use of a move against a target with some HP left
 * @property {number} min least damage of a hit / HP left
 * @property {number} max greatest damage of a hit / HP left
 * @property {number} expected mean of the share of the HP left that it takes, misses included
 * @property {number} ko chance that one use knocks out
 * @property {number} ko2 chance that two uses knock out
 */

/**
 * @param {Rolls} rolls
 * @param {number} accuracy chance to hit
 * @param {number} hp HP that the target has left
 * @param {boolean} endures it cannot be knocked out by one use
 * @returns {Outlook}
 */
export function outlook(rolls, accuracy, hp, endures) {
  const { values, weights } = rolls;
  const last = values.length - 1;
  let expected = 0;
  let one = 0;
  let two = 0;
  // Chance that a second use deals at least what the first one leaves, both hitting.
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
