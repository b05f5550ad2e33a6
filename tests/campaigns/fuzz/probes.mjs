// Compares masks with the simulator, by probing every action without playing it.

import { fillDoubleChoices } from "../../../pokeenv/engine/showdown/worker/seat/choices_doubles.mjs";
import { movePlace } from "../../../pokeenv/engine/showdown/worker/seat/choices.mjs";
import { meaningOf } from "./actions.mjs";

/** @typedef {import("../../../pokeenv/engine/showdown/worker/seat/seat.mjs").Seat} Seat */
/** @import { ActiveRequest, SeatRequest, SimBattle, SimPokemon, SimSide } from "../../../pokeenv/engine/showdown/worker/showdown/types.mjs" */

const SUFFIXES = [[""], [" mega", " megax", " megay", " ultra"], [" zmove"], [" dynamax"], [" terastallize"]];

/**
 * Compare a seat's mask with the choices that the simulator accepts.
 *
 * @param {SimBattle} battle
 * @param {Seat} seat a seat that acts
 * @param {number} index of the seat
 * @returns {{refusals: number, failures: string[]}} number of legal actions refused for hidden reasons, and the faults
 */
export function probeMask(battle, seat, index) {
  const failures = [];
  let refusals = 0;
  // A Pokémon that must repeat a move ignores additions to the choice, so they make no other action.
  const deeds = new Set();
  const legalFirst = [...seat.choices.keys()].sort((one, other) => isLegal(seat, other) - isLegal(seat, one));
  for (const action of legalFirst) {
    const legal = seat.choices[action] !== null;
    const choices =
      legal && seat.choices[action] !== "pick" ? [seat.choices[action]] : waysToSay(seat, action);
    for (const choice of choices) {
      const answer = ask(battle.sides[index], [...seat.made, choice].join(", "), isComplete(seat));
      const where = `p${index + 1}, action ${action}, "${choice}", turn ${battle.turn}`;
      if (legal && answer.accepted) deeds.add(answer.deed);
      else if (legal && answer.unavailable && leavesOpen(seat, String(choice))) refusals += 1;
      else if (legal) failures.push(`mask allows what the simulator refuses: ${where}: ${answer.error}`);
      else if (answer.accepted && !deeds.has(answer.deed)) {
        failures.push(`mask forbids what the simulator accepts: ${where}`);
      }
    }
  }
  return { refusals, failures };
}

/**
 * @param {Seat} seat
 * @param {number} action
 */
function isLegal(seat, action) {
  return Number(seat.choices[action] !== null);
}

/** True if a choice of this decision completes the answer to the request. @param {Seat} seat */
function isComplete(seat) {
  return !!seat.view.request.teamPreview || seat.decided.length === seat.actives - 1;
}

/**
 * All notations of an action in Showdown, legal or not; none if the request does not include it.
 *
 * @param {Seat} seat
 * @param {number} action
 * @returns {string[]}
 */
function waysToSay(seat, action) {
  const { request, slots } = seat.view;
  const { kind, slot, gimmick, target } = meaningOf(seat, action);
  const position = seat.decided.length;
  const entry = request.side.pokemon[position];
  // A pass for a Pokémon that is to revive another one is accepted, and the same is asked again.
  if (kind === "pass") return entry.reviving ? [] : ["pass"];
  if (kind === "switch") {
    if (request.teamPreview) {
      const order = [...seat.picked, slot];
      if (!slots.includes(slot)) return [];
      return [
        `team ${[...order, ...slots.filter((other) => !order.includes(other))].map((s) => s + 1).join(",")}`,
      ];
    }
    const place = slots.indexOf(slot);
    return place < 0 ? [] : [`switch ${place + 1}`];
  }
  const active = request.active?.[position];
  const moves = active?.moves ?? [{}, {}, {}, {}]; // in a forced switch any move is worth asking for
  const aim = target === 0 ? "" : target > 0 ? ` +${target}` : ` ${target}`;
  return moves.flatMap((/** @type {any} */ _, /** @type {number} */ number) =>
    active && movePlace(active, number, entry.moves) !== slot
      ? []
      : SUFFIXES[gimmick].map((suffix) => `move ${number + 1}${aim}${suffix}`),
  );
}

/**
 * Make a side's choice and take it back.
 *
 * @param {SimSide} side
 * @param {string} choice
 * @param {boolean} complete true if it must answer the whole request
 * @returns {{accepted: boolean, unavailable: boolean, error: string, deed: string}} `deed`: what would be done
 */
function ask(side, choice, complete) {
  let unavailable = false;
  // Choosing whom to revive clears one of these, a refusal the others.
  const kept = side.active.map((/** @type {any} */ pokemon) => pokemon && keptOf(pokemon));
  // A refusal of what a seat could not know would tell it: let that happen to a copy of the request.
  side.emitRequest = () => {};
  side.updateRequestForPokemon = (
    /** @type {SimPokemon} */ pokemon,
    /** @type {(request: ActiveRequest) => boolean | undefined} */ update,
  ) => {
    unavailable = update(structuredClone(side.activeRequest.active[pokemon.position])) ?? true;
    return unavailable;
  };
  try {
    const accepted = side.choose(choice) && (!complete || side.isChoiceDone());
    const deed = accepted ? side.choice.actions.map(nameOf).join() : "";
    return { accepted, unavailable, error: side.choice.error, deed };
  } catch (error) {
    return { accepted: false, unavailable, error: String(error), deed: "" };
  } finally {
    delete side.emitRequest;
    delete side.updateRequestForPokemon;
    side.active.forEach((/** @type {any} */ pokemon, /** @type {number} */ place) =>
      Object.assign(pokemon ?? {}, kept[place]),
    );
    side.clearChoice();
  }
}

/** @param {any} pokemon */
function keptOf({ switchFlag, maybeDisabled, maybeLocked }) {
  return { switchFlag, maybeDisabled, maybeLocked };
}

/** An action of Showdown in words. @param {any} action of side.choice.actions */
function nameOf(action) {
  const { choice, moveid, target, mega, megax, megay, zmove, maxMove, terastallize } = action;
  return [choice, moveid, target?.position, mega, megax, megay, zmove, maxMove, terastallize].join(" ");
}

/**
 * True if the request leaves the reason of a refusal open ("may be trapped", "may be disabled").
 *
 * @param {Seat} seat
 * @param {string} choice
 */
function leavesOpen({ view, decided }, choice) {
  const active = view.request.active?.[decided.length];
  return choice.startsWith("switch") ? active?.maybeTrapped : active?.maybeDisabled || active?.maybeLocked;
}

/**
 * Every legal choice of a decision that another one follows can be completed.
 *
 * @param {SimBattle} battle
 * @param {Seat} seat
 * @param {number} index
 * @returns {string[]} faults
 */
export function probePairs(battle, seat, index) {
  if (isComplete(seat)) return [];
  const { request, slots } = seat.view;
  /** @type {(string | null)[]} */
  const next = new Array(seat.choices.length).fill(null);
  return seat.choices.flatMap((choice) => {
    if (choice === null) return [];
    const made = [...seat.made, choice];
    fillDoubleChoices(request, slots, made, next);
    const second = next.filter((other) => other !== null);
    const accepted = second.filter(
      (other) => ask(battle.sides[index], [...made, other].join(", "), true).accepted,
    );
    const where = `p${index + 1}, "${choice}", turn ${battle.turn}`;
    if (second.length === 0) return [`the mask leaves nothing to the second Pokémon: ${where}`];
    const open = request.active?.[made.length];
    if (accepted.length === second.length || open?.maybeTrapped || open?.maybeDisabled || open?.maybeLocked)
      return [];
    const refused = second.find((other) => !accepted.includes(other));
    return [`a pair is refused: ${where}, then "${refused}"`];
  });
}
