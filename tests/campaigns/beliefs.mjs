// Compares what imagined battles believe about the opponent's unknown items and moves with the true ones.
//
// Usage: node beliefs.mjs < START, where START is JSON: worker_start() of pokeenv/engine/showdown/worker_config.py with
// `formats`, `battles` and `seed`. Prints a line of JSON for each format: {"format", "draws", "unmatched", "doubted",
// "items", "moves", "excluded", "item_losses": {BELIEF: sum}, "move_losses": {BELIEF: sum}, "bins": [[number, sum of probabilities,
// number of true items], ...]}, for the beliefs of BELIEFS.

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
/** Sets of a species from which its items and moves are known. */
const MOST = 96;

const play = new RandomPlay(start.seed);

/** Beliefs that know ever more: all items or moves of a species are equally probable, ..., imagined battles. */
const BELIEFS = ["uniform", "shown", "inactive", "order", "damage"];

/** Notes what it draws sets for. */
class Observed extends Imagination {
  /** The knowledge of all beliefs but the first, and the rest that judges them. @type {{known: any[], seen: any, prior: any}[]} */
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
    const draw = () => super.opposingSet(seen, view, witness, witnessed, noting, draws);
    const { evidence } = witness.about(witnessed);
    const { orders, hits } = evidence;
    Object.assign(evidence, { orders: [], hits: [] });
    draw();
    evidence.orders = orders;
    draw();
    evidence.hits = hits;
    const set = draw();
    this.draws.push({ known: [{ ...noted[0], excludes: () => false }, ...noted], seen, prior });
    return set;
  }
}

/** A loss that stays finite. @param {number} probability of what is true @param {number} others number of other possibilities */
const loss = (probability, others) => -Math.log((1 - FLOOR) * probability + FLOOR / (others + 1));

/** Shares of elements among lists of them. @param {string[][]} lists @returns {Record<string, number>} */
function shares(lists) {
  /** @type {Record<string, number>} */
  const found = {};
  for (const list of lists) for (const one of list) found[one] = (found[one] ?? 0) + 1 / lists.length;
  return found;
}

const zeros = () => Object.fromEntries(BELIEFS.map((name) => [name, 0]));

for (const format of start.formats) {
  const context = { ...setUp({ ...start, format }, simulator), turnLimit: 1000 };
  const observed = new Observed(context, new Copies(new Snapshots(context)));
  const bins = Array.from({ length: BINS }, () => [0, 0, 0]);
  const counts = { draws: 0, unmatched: 0, doubted: 0, items: 0, moves: 0, excluded: 0 };
  const result = { format, ...counts, item_losses: zeros(), move_losses: zeros(), bins };
  const judge = (/** @type {any} */ { known, seen, prior }, /** @type {any[]} */ opposing) => {
    const shown = known[known.length - 1];
    result.draws += 1;
    const { fitting: left, doubted } = prior.candidates(shown);
    if (!left.length) result.unmatched += 1;
    if (doubted) result.doubted += 1;
    const pokemon = opposing.find(({ fullname }) => fullname === seen.originalIdent);
    if (!pokemon) return;
    const truth = prior.sampleOf(pokemon.set);
    if (left.length && !doubted && shown.excludes(truth)) result.excluded += 1;
    const fitting = known.map((/** @type {any} */ one) => prior.candidates(one).fitting);
    if (fitting.some((/** @type {any[]} */ sets) => sets.length === 0)) return;
    const every = prior
      .sample(prior.baseOf(shown.forme), MOST)
      .filter((/** @type {any} */ sample) => sample.forme === truth.forme);
    judgeMoves(truth, shown, every, fitting);
    if (!seen.noItem && !seen.item && !shown.item) judgeItem(truth.item, every, fitting);
  };
  const judgeItem = (
    /** @type {string} */ item,
    /** @type {any[]} */ every,
    /** @type {any[][]} */ fitting,
  ) => {
    const possible = new Set(every.map((sample) => sample.item));
    const beliefs = fitting.map((sets) => shares(sets.map((sample) => [sample.item])));
    result.items += 1;
    BELIEFS.forEach((name, index) => {
      const probability = index
        ? (beliefs[index - 1][item] ?? 0)
        : possible.has(item)
          ? 1 / possible.size
          : 0;
      result.item_losses[name] += loss(probability, ITEMS - 1);
    });
    const last = beliefs[beliefs.length - 1];
    for (const one in last) {
      const bin = bins[Math.min(BINS - 1, Math.floor(last[one] * BINS))];
      bin[0] += 1;
      bin[1] += last[one];
      bin[2] += one === item ? 1 : 0;
    }
  };
  const judgeMoves = (
    /** @type {any} */ truth,
    /** @type {any} */ shown,
    /** @type {any[]} */ every,
    /** @type {any[][]} */ fitting,
  ) => {
    const possible = new Set(every.flatMap((sample) => sample.moves));
    for (const id of shown.moves) possible.delete(id);
    const left = Math.max(0, truth.moves.length - shown.moves.length);
    if (left === 0 || possible.size <= left) return;
    const beliefs = fitting.map((sets) => shares(sets.map((sample) => sample.moves)));
    for (const id of possible) {
      result.moves += 1;
      BELIEFS.forEach((name, index) => {
        const probability = index ? Math.min(1, beliefs[index - 1][id] ?? 0) : left / possible.size;
        result.move_losses[name] += loss(truth.moves.includes(id) ? probability : 1 - probability, 1);
      });
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
