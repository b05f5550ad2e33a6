// Compares what imagined battles believe about the opponent's unknown items with the true ones.
//
// Usage: node beliefs.mjs < START, where START is JSON: worker_start() of pokeenv/engine/showdown/worker_config.py with
// `formats`, `battles` and `seed`. Prints a line of JSON for each format: {"format", "draws", "unmatched", "items", "loss",
// "unordered_loss", "prior_loss", "excluded", "bins": [[number, sum of probabilities, number of true items], ...]}.

import { readFileSync } from "node:fs";
import { Imagination } from "../../pokeenv/engine/showdown/worker/imagine/imagine.mjs";
import { Copies } from "../../pokeenv/engine/showdown/worker/snapshot/copy.mjs";
import { Snapshots } from "../../pokeenv/engine/showdown/worker/snapshot/snapshot.mjs";
import { loadSimulator } from "../../pokeenv/engine/showdown/worker/showdown/simulator.mjs";
import { setUp } from "../../pokeenv/engine/showdown/worker/world.mjs";
import { RandomPlay } from "./random_play.mjs";

const start = JSON.parse(readFileSync(0, "utf8"));
const simulator = loadSimulator(start.simulatorPath, start);
const BINS = 10;
/** Share of an even distribution over items that keeps the loss finite, and the number of those items. */
const [FLOOR, ITEMS] = [0.02, 20];

const play = new RandomPlay(start.seed);

/** Notes what it draws sets for. */
class Observed extends Imagination {
  /** `unordered` is what was shown, without the order of moves. @type {{shown: any, unordered: any, seen: any, prior: any}[]} */
  draws = [];

  /** @override @param {any} seen @param {any} view @param {any} witness @param {any} witnessed @param {any} prior @param {any} draws */
  opposingSet(seen, view, witness, witnessed, prior, draws) {
    /** @type {any[]} */
    const noted = [];
    const noting = Object.create(prior);
    noting.draw = (/** @type {any} */ shown, /** @type {any} */ numbers) => {
      noted.push(shown);
      return prior.draw(shown, numbers);
    };
    const { evidence } = witness.about(witnessed);
    const { orders } = evidence;
    evidence.orders = [];
    super.opposingSet(seen, view, witness, witnessed, noting, draws);
    evidence.orders = orders;
    const set = super.opposingSet(seen, view, witness, witnessed, noting, draws);
    const [unordered, shown] = noted;
    this.draws.push({ shown, unordered, seen, prior });
    return set;
  }
}

/** Probabilities of items; null if no set agrees with what has been shown. @param {any} prior @param {any} shown */
function belief(prior, shown) {
  const { fitting } = prior.candidates(shown);
  if (!fitting.length) return null;
  /** @type {Record<string, number>} */
  const probabilities = {};
  for (const { item } of fitting) probabilities[item] = (probabilities[item] ?? 0) + 1 / fitting.length;
  return probabilities;
}

/** @param {number | undefined} probability of the true item */
const loss = (probability) => -Math.log((1 - FLOOR) * (probability ?? 0) + FLOOR / ITEMS);

for (const format of start.formats) {
  const context = { ...setUp({ ...start, format }, simulator), turnLimit: 1000 };
  const observed = new Observed(context, new Copies(new Snapshots(context)));
  const bins = Array.from({ length: BINS }, () => [0, 0, 0]);
  const losses = { loss: 0, unordered_loss: 0, prior_loss: 0 };
  const result = { format, draws: 0, unmatched: 0, items: 0, ...losses, excluded: 0, bins };
  const judge = (/** @type {any} */ { shown, unordered, seen, prior }, /** @type {any[]} */ opposing) => {
    result.draws += 1;
    if (!prior.candidates(shown).fitting.length) result.unmatched += 1;
    const truth = opposing.find((pokemon) => pokemon.fullname === seen.originalIdent);
    if (!truth) return;
    if (shown.excludes(prior.sampleOf(truth.set))) result.excluded += 1;
    if (seen.noItem || seen.item || shown.item) return;
    const now = belief(prior, shown);
    const without = belief(prior, unordered);
    const before = belief(prior, { ...shown, excludes: () => false });
    if (!now || !without || !before) return;
    result.items += 1;
    result.loss += loss(now[truth.item]);
    result.unordered_loss += loss(without[truth.item]);
    result.prior_loss += loss(before[truth.item]);
    for (const item in now) {
      const bin = bins[Math.min(BINS - 1, Math.floor(now[item] * BINS))];
      bin[0] += 1;
      bin[1] += now[item];
      bin[2] += item === truth.item ? 1 : 0;
    }
  };
  const looksLikeItself = (/** @type {any} */ hosted, /** @type {number} */ seat) =>
    !hosted.battle.sides[1 - seat].active[0].illusion;
  play.visit(context, start.battles, looksLikeItself, (hosted, seat) => {
    observed.draws = [];
    observed.imagine(hosted, seat, play.seed());
    for (const draw of observed.draws) judge(draw, hosted.battle.sides[1 - seat].pokemon);
  });
  console.log(JSON.stringify(result));
}
