// Masks compared with the simulator: it is asked about every action, and none is made.

import { movePlace, NUM_ACTIONS } from "../../../pokeenv/engine/showdown/worker/seat/choices.mjs";

const FIRST_MOVE = 6;
const SUFFIXES = [[""], [" mega", " megax", " megay", " ultra"], [" zmove"], [" dynamax"], [" terastallize"]];

/**
 * Compare a seat's mask with what the simulator accepts.
 *
 * @param {any} battle the simulator's
 * @param {import("../../../pokeenv/engine/showdown/worker/seat/seat.mjs").Seat} seat a seat that acts
 * @param {number} index of the seat
 * @returns {{refusals: number, failures: string[]}} legal actions refused for what the seat cannot know, and faults
 */
export function probeMask(battle, seat, index) {
  const failures = [];
  let refusals = 0;
  // A Pokémon that must repeat a move does so whatever is added to the choice: that is no other action.
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
 * Every way to say an action to Showdown, legal or not; none where the request does not even name it.
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
  const moves = active?.moves ?? [{}, {}, {}, {}]; // in a forced switch any move is worth asking for
  const ids = request.side.pokemon[0].moves;
  return moves.flatMap((/** @type {any} */ _, /** @type {number} */ number) =>
    active && movePlace(active, number, ids) !== place
      ? []
      : SUFFIXES[gimmick].map((suffix) => `move ${number + 1}${suffix}`),
  );
}

/**
 * Ask a side for a choice, and take it back.
 *
 * @param {any} side
 * @param {string} choice
 * @returns {{accepted: boolean, unavailable: boolean, error: string, deed: string}} `deed`: what would be done
 */
function ask(side, choice) {
  let unavailable = false;
  const [active] = side.active;
  const switchFlag = active?.switchFlag; // choosing whom to revive clears it
  // A refusal of what a seat could not know would tell it: let that happen to a copy of the request.
  side.emitRequest = () => {};
  side.updateRequestForPokemon = (
    /** @type {any} */ pokemon,
    /** @type {(request: any) => any} */ update,
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

/** An action of Showdown in words. @param {any} action of side.choice.actions */
function nameOf(action) {
  const { choice, moveid, target, mega, megax, megay, zmove, maxMove, terastallize } = action;
  return [choice, moveid, target?.position, mega, megax, megay, zmove, maxMove, terastallize].join(" ");
}

/**
 * Whether the request leaves open what a refusal is about ("may be trapped", "may be disabled").
 *
 * @param {any} request
 * @param {string} choice
 */
function leavesOpen(request, choice) {
  const active = request.active?.[0];
  return choice.startsWith("switch") ? active?.maybeTrapped : active?.maybeDisabled || active?.maybeLocked;
}
