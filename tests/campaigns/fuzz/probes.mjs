// Compares masks with the simulator, by probing every action without playing it.

import { movePlace, NUM_ACTIONS } from "../../../pokeenv/engine/showdown/worker/seat/choices.mjs";

/** @import { ActiveRequest, SeatRequest, SimBattle, SimPokemon, SimSide } from "../../../pokeenv/engine/showdown/worker/showdown/types.mjs" */

const FIRST_MOVE = 6;
const SUFFIXES = [[""], [" mega", " megax", " megay", " ultra"], [" zmove"], [" dynamax"], [" terastallize"]];

/**
 * Compare a seat's mask with the choices that the simulator accepts.
 *
 * @param {SimBattle} battle
 * @param {import("../../../pokeenv/engine/showdown/worker/seat/seat.mjs").Seat} seat a seat that acts
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
      const answer = ask(battle.sides[index], /** @type {string} */ (choice));
      const where = `p${index + 1}, action ${action}, "${choice}", turn ${battle.turn}`;
      if (legal && answer.accepted) deeds.add(answer.deed);
      else if (legal && answer.unavailable && leavesOpen(seat.view.request, String(choice))) refusals += 1;
      else if (legal) failures.push(`mask allows what the simulator refuses: ${where}: ${answer.error}`);
      else if (answer.accepted && !deeds.has(answer.deed)) {
        failures.push(`mask forbids what the simulator accepts: ${where}`);
      }
    }
  }
  return { refusals, failures };
}

/**
 * @param {import("../../../pokeenv/engine/showdown/worker/seat/seat.mjs").Seat} seat
 * @param {number} action
 */
function isLegal(seat, action) {
  return Number(seat.choices[action] !== null);
}

/**
 * All notations of an action in Showdown, legal or not; none if the request does not include it.
 *
 * @param {import("../../../pokeenv/engine/showdown/worker/seat/seat.mjs").Seat} seat
 * @param {number} action
 * @returns {string[]}
 */
function waysToSay(seat, action) {
  const { request, slots } = seat.view;
  if (action < FIRST_MOVE) {
    if (request.teamPreview) {
      const order = [...seat.picked, action];
      if (!slots.includes(action)) return [];
      return [
        `team ${[...order, ...slots.filter((slot) => !order.includes(slot))].map((s) => s + 1).join(",")}`,
      ];
    }
    const position = slots.indexOf(action);
    return position < 0 ? [] : [`switch ${position + 1}`];
  }
  const gimmick = Math.floor((action - FIRST_MOVE) / 4);
  const place = (action - FIRST_MOVE) % 4;
  const active = request.active?.[0];
  const moves = active?.moves ?? [{}, {}, {}, {}]; // a forced switch must refuse every move
  const ids = request.side.pokemon[0].moves;
  return moves.flatMap((/** @type {unknown} */ _, /** @type {number} */ number) =>
    active && movePlace(active, number, ids) !== place
      ? []
      : SUFFIXES[gimmick].map((suffix) => `move ${number + 1}${suffix}`),
  );
}

/**
 * Make a side's choice and take it back.
 *
 * @param {SimSide} side
 * @param {string} choice
 * @returns {{accepted: boolean, unavailable: boolean, error: string, deed: string}} `deed`: the actions it would cause
 */
function ask(side, choice) {
  let unavailable = false;
  const [active] = side.active;
  const switchFlag = active?.switchFlag; // the choice of a Pokémon to revive clears it
  // A refusal for a hidden reason changes the request, so it gets a copy.
  side.emitRequest = () => {};
  side.updateRequestForPokemon = (
    /** @type {SimPokemon} */ pokemon,
    /** @type {(request: ActiveRequest) => boolean | undefined} */ update,
  ) => {
    unavailable = update(structuredClone(side.activeRequest.active[pokemon.position])) ?? true;
    return unavailable;
  };
  try {
    const accepted = side.choose(choice) && side.isChoiceDone();
    const deed = accepted ? side.choice.actions.map(nameOf).join() : "";
    return { accepted, unavailable, error: side.choice.error, deed };
  } finally {
    delete side.emitRequest;
    delete side.updateRequestForPokemon;
    if (active) active.switchFlag = switchFlag;
    side.clearChoice();
  }
}

/** An action of Showdown as text. @param {Record<string, any>} action of side.choice.actions */
function nameOf(action) {
  const { choice, moveid, target, mega, megax, megay, zmove, maxMove, terastallize } = action;
  return [choice, moveid, target?.position, mega, megax, megay, zmove, maxMove, terastallize].join(" ");
}

/**
 * True if the request leaves the reason of a refusal open ("may be trapped", "may be disabled").
 *
 * @param {SeatRequest} request
 * @param {string} choice
 */
function leavesOpen(request, choice) {
  const active = request.active?.[0];
  return choice.startsWith("switch") ? active?.maybeTrapped : active?.maybeDisabled || active?.maybeLocked;
}
