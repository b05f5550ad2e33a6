// Continues imagined battles beside the true ones and counts how many give the same log for some turns.
//
// The imagined battle gets the true hidden things instead of drawn ones: sets, numbers that are drawn, actions that are
// still to come, and the random generator. Both are then played with the same choices.
//
// Usage: node imagination.mjs < START, where START is JSON: worker_start() of pokeenv/engine/showdown/worker_config.py with
// `formats`, `battles`, `seed` and `turns`. Prints a line of JSON for each format: {"format", "positions", "equal",
// "failures": {kind: count}, "examples": {kind: text}}.

import { readFileSync } from "node:fs";
import { HostedBattle, RUNNING } from "../../pokeenv/engine/showdown/worker/hosting/hosted_battle.mjs";
import { Imagination } from "../../pokeenv/engine/showdown/worker/imagine/imagine.mjs";
import { Copies } from "../../pokeenv/engine/showdown/worker/snapshot/copy.mjs";
import { Snapshots } from "../../pokeenv/engine/showdown/worker/snapshot/snapshot.mjs";
import { loadSimulator } from "../../pokeenv/engine/showdown/worker/showdown/simulator.mjs";
import { setUp } from "../../pokeenv/engine/showdown/worker/world.mjs";
import { RandomPlay } from "./random_play.mjs";

/** @typedef {any} SimBattle */
/** @typedef {any} SimPokemon */

const start = JSON.parse(readFileSync(0, "utf8"));
const simulator = loadSimulator(start.simulatorPath, start);
/** Numbers of an effect's state that an imagined battle draws. */
const DRAWN = ["time", "startTime", "duration", "trueDuration", "hp"];

const play = new RandomPlay(start.seed);

/** Imagines battles whose opposing team is the true one. */
class Informed extends Imagination {
  /** The battle that is imagined. @type {HostedBattle} */
  truth = /** @type {any} */ (null);

  /** @override @param {any} view @param {any} witness */
  opposingTeam(view, witness) {
    const { foe } = view;
    const witnessed = witness.view.state.sides[foe.n].team;
    return this.truth.battle.sides[foe.n].pokemon.map((/** @type {SimPokemon} */ pokemon) => {
      const index = foe.team.findIndex((/** @type {any} */ seen) => seen.originalIdent === pokemon.fullname);
      const { set, gender } = pokemon;
      return {
        seen: foe.team[index] ?? null,
        witnessed: witnessed[index] ?? null,
        entry: null,
        set: {
          ...set,
          evs: { ...set.evs },
          ivs: { ...set.ivs },
          moves: [...set.moves],
          gender: gender || "N",
        },
      };
    });
  }
}

/** Give an imagined battle the numbers that it has drawn as they truly are. @param {SimBattle} truth @param {SimBattle} imagined */
function reveal(truth, imagined) {
  const take = (/** @type {any} */ from, /** @type {any} */ into) => {
    for (const key of DRAWN) if (from?.[key] !== undefined && into) into[key] = from[key];
  };
  const twin = (/** @type {SimPokemon} */ pokemon) =>
    imagined.sides[pokemon.side.n].pokemon.find(
      (/** @type {SimPokemon} */ other) => other.fullname === pokemon.fullname,
    );
  for (const side of truth.sides) {
    for (const pokemon of side.pokemon) {
      const other = twin(pokemon);
      if (!other) continue;
      other.hp = pokemon.hp;
      take(pokemon.statusState, other.statusState);
      for (const id in pokemon.volatiles) take(pokemon.volatiles[id], other.volatiles[id]);
    }
    for (const id in side.sideConditions)
      take(side.sideConditions[id], imagined.sides[side.n].sideConditions[id]);
  }
  take(truth.field.weatherState, imagined.field.weatherState);
  take(truth.field.terrainState, imagined.field.terrainState);
  if (truth.requestState === "switch") {
    imagined.queue.list = truth.queue.list.map((/** @type {any} */ action) => ({
      ...action,
      ...(action.pokemon && { pokemon: twin(action.pokemon) }),
      ...(action.side && { side: imagined.sides[action.side.n] }),
      ...(action.target?.fullname && { target: twin(action.target) }),
    }));
  }
  imagined.prng.setSeed(truth.prng.getSeed());
}

/** Let the seats of an imagined battle make the decisions that the true ones have made of the request. @param {HostedBattle} truth @param {HostedBattle} imagined */
function decideAlike(truth, imagined) {
  imagined.seats.forEach((seat, n) => {
    const { made } = truth.seats[n];
    while (seat.made.length < made.length) seat.act(seat.choices.indexOf(made[seat.made.length]));
  });
}

/** Lines that show something of the battle. @param {string[]} log */
const shown = (log) => log.filter((line) => !line.startsWith("|t:|") && !line.startsWith("|-hint|"));

/** The kind of a line, such as "-damage". @param {string | undefined} line */
const kindOf = (line) => (line ?? "|end").split("|")[1] || "turn's start";

/**
 * Play both battles with the same choices.
 *
 * @param {HostedBattle} truth
 * @param {HostedBattle} imagined
 * @returns {{kind: string, example: string} | null} the first difference
 */
function compare(truth, imagined) {
  const last = truth.battle.turn + start.turns;
  const [from, other] = [truth.battle.log.length, imagined.battle.log.length];
  while (truth.status === RUNNING && truth.battle.turn < last) {
    const actions = play.actions(truth);
    const same = truth.seats.every((seat, n) => seat.acting === imagined.seats[n].acting);
    const choices = actions.map((action, n) => (action < 0 ? null : truth.seats[n].choices[action]));
    const again = choices.map((choice, n) =>
      choice === null ? -1 : imagined.seats[n].choices.indexOf(choice),
    );
    if (!same || choices.some((choice, n) => choice !== null && again[n] < 0)) {
      const listed = [truth, imagined].map(({ seats }) =>
        seats.map((seat) => seat.choices.filter(Boolean).join()),
      );
      return { kind: "other choices", example: JSON.stringify(listed) };
    }
    truth.step(actions);
    imagined.step(again);
    const [lines, others] = [shown(truth.battle.log.slice(from)), shown(imagined.battle.log.slice(other))];
    const place = lines.findIndex((line, index) => line !== others[index]);
    if (place >= 0) {
      const before = lines.slice(Math.max(0, place - 6), place).join(" ; ");
      const example = `${before} / ${lines[place]} / ${others[place]}`;
      return { kind: `${kindOf(lines[place])} or ${kindOf(others[place])}`, example };
    }
  }
  return null;
}

/** True if a seat's position can be compared: the opponent is what it looks like, and has not chosen yet. @param {HostedBattle} hosted @param {number} seat */
function isComparable(hosted, seat) {
  const opposing = hosted.battle.sides[1 - seat];
  // An Illusion stays what it looks like, and a choice that was made while the other one was refused is not known.
  const isItself = opposing.active.every((/** @type {SimPokemon} */ pokemon) => !pokemon.illusion);
  return isItself && (hosted.seats[1 - seat].acting || !!opposing.activeRequest?.wait);
}

for (const format of start.formats) {
  const world = setUp({ ...start, format }, simulator);
  const context = { ...world, turnLimit: 1000 };
  const copies = new Copies(new Snapshots(context));
  const informed = new Informed(context, copies);
  const result = { format, positions: 0, equal: 0, failures: {}, examples: {} };
  const count = (/** @type {string} */ kind, /** @type {string} */ example) => {
    const failures = /** @type {Record<string, number>} */ (result.failures);
    failures[kind] = (failures[kind] ?? 0) + 1;
    /** @type {Record<string, string>} */ (result.examples)[kind] ??= example;
  };
  play.visit(context, start.battles, isComparable, (hosted, seat) => {
    result.positions += 1;
    informed.truth = hosted;
    try {
      const imagined = informed.imagine(hosted, seat, play.seed());
      reveal(hosted.battle, imagined.battle);
      decideAlike(hosted, imagined);
      const difference = compare(copies.copy(hosted, new HostedBattle(context)), imagined);
      if (difference) count(difference.kind, `turn ${hosted.battle.turn}: ${difference.example}`);
      else result.equal += 1;
    } catch (error) {
      count("failure", String(error.stack));
    }
  });
  console.log(JSON.stringify(result));
}
