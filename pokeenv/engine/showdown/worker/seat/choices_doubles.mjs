// Actions, masks and Showdown choices in doubles: one decision for each active Pokémon, the left one first.
//
// The numbering is that of pokeenv/actions/doubles.py.

import { isFainted, movePlace } from "./choices.mjs";

/** @import { ActiveRequest, SeatRequest, TeamEntry } from "../showdown/types.mjs" */

export const NUM_ACTIONS = 107;
export const PASS = 0;
export const FIRST_SWITCH = 1;
export const FIRST_MOVE = 7;
const NUM_MOVES = 4;
export const NUM_TARGETS = 5;
/** Actions of all moves with one gimmick. */
export const MOVES = NUM_MOVES * NUM_TARGETS;
export const [PLAIN, MEGA, ZMOVE, DYNAMAX, TERASTALLIZE] = [0, 1, 2, 3, 4].map((n) => FIRST_MOVE + n * MOVES);

/** Target locations by the target of a move, for the left and for the right Pokémon (sim/SIM-PROTOCOL.md). @type {Record<string, number[][]>} */
const LOCATIONS = {
  normal: [
    [-2, 1, 2],
    [-1, 1, 2],
  ],
  any: [
    [-2, 1, 2],
    [-1, 1, 2],
  ],
  adjacentFoe: [
    [1, 2],
    [1, 2],
  ],
  adjacentAlly: [[-2], [-1]],
  adjacentAllyOrSelf: [
    [-1, -2],
    [-1, -2],
  ],
};
const NO_LOCATION = [0];

/** @param {string | undefined} target of a move in a request @param {number} position @returns {number[]} */
function locationsOf(target, position) {
  return LOCATIONS[target ?? ""]?.[position] ?? NO_LOCATION;
}

/**
 * Fill `choices` with the Showdown choice of every legal action of one active Pokémon, null for the others.
 *
 * @param {SeatRequest} request a request for moves or for switches
 * @param {number[]} slots team slot of each entry of request.side.pokemon
 * @param {string[]} made choices of the Pokémon before it in the same request
 * @param {(string | null)[]} choices of length NUM_ACTIONS
 */
export function fillDoubleChoices(request, slots, made, choices) {
  choices.fill(null);
  if (request.forceSwitch) fillForcedSwitches(request, slots, made, choices);
  else fillMovesAndSwitches(request, slots, made, choices);
}

/**
 * @param {SeatRequest} request
 * @param {number[]} slots
 * @param {string[]} made
 * @param {(string | null)[]} choices
 */
function fillForcedSwitches(request, slots, made, choices) {
  const { forceSwitch = [] } = request;
  const team = request.side.pokemon;
  const position = made.length;
  if (!forceSwitch[position]) {
    choices[PASS] = "pass";
    return;
  }
  if (team[position].reviving) {
    for (let place = 0; place < team.length; place++) {
      if (isFainted(team[place])) choices[FIRST_SWITCH + slots[place]] = `switch ${place + 1}`;
    }
    return;
  }
  const living = team.slice(forceSwitch.length).filter((entry) => !isFainted(entry)).length;
  const asked = forceSwitch.filter(Boolean).length;
  const passed = made.filter((choice, index) => choice === "pass" && forceSwitch[index]).length;
  const switched = made.filter((choice) => choice.startsWith("switch")).length;
  if (Math.min(asked, living) > switched) fillSwitches(team, forceSwitch.length, slots, made, choices);
  if (Math.max(0, asked - living) > passed) choices[PASS] = "pass";
}

/**
 * @param {TeamEntry[]} team request.side.pokemon
 * @param {number} actives
 * @param {number[]} slots
 * @param {string[]} made
 * @param {(string | null)[]} choices
 */
function fillSwitches(team, actives, slots, made, choices) {
  for (let place = actives; place < team.length; place++) {
    const choice = `switch ${place + 1}`;
    if (!isFainted(team[place]) && !made.includes(choice)) choices[FIRST_SWITCH + slots[place]] = choice;
  }
}

/**
 * @param {SeatRequest} request
 * @param {number[]} slots
 * @param {string[]} made
 * @param {(string | null)[]} choices
 */
function fillMovesAndSwitches(request, slots, made, choices) {
  const team = request.side.pokemon;
  const position = made.length;
  const active = request.active[position];
  if (!active || isFainted(team[position]) || team[position].commanding) {
    choices[PASS] = "pass";
    return;
  }
  fillMoves(active, position, team[position].moves, made, choices);
  if (!active.trapped) fillSwitches(team, request.active.length, slots, made, choices);
}

/** A word that a choice before has in it is not allowed again. @param {string[]} made @param {string} word */
function isTaken(made, word) {
  return made.some((choice) => choice.endsWith(word));
}

/** @param {ActiveRequest} active of request.active @param {string[]} made @returns {string | null} how it can change its forme */
function evolution(active, made) {
  if (!/ mega[xy]?$/.test(made[0] ?? "")) {
    if (active.canMegaEvo) return "mega";
    if (active.canMegaEvoX) return "megax";
    if (active.canMegaEvoY) return "megay";
  }
  return active.canUltraBurst && !isTaken(made, " ultra") ? "ultra" : null;
}

/**
 * @param {ActiveRequest} active of request.active
 * @param {number} position
 * @param {string[]} moveIds
 * @param {string[]} made
 * @param {(string | null)[]} choices
 */
function fillMoves(active, position, moveIds, made, choices) {
  const mega = evolution(active, made);
  const tera = active.canTerastallize && !isTaken(made, " terastallize");
  const zmoves = isTaken(made, " zmove") ? undefined : active.canZMove;
  const dynamax = active.canDynamax && !isTaken(made, " dynamax");
  const dynamaxed = isDynamaxed(active);
  active.moves.slice(0, NUM_MOVES).forEach((move, index) => {
    const place = movePlace(active, index, moveIds) * NUM_TARGETS;
    const maxMove = active.maxMoves?.maxMoves[index];
    const say = (
      /** @type {number} */ first,
      /** @type {string | undefined} */ target,
      /** @type {string} */ word,
    ) => {
      for (const location of locationsOf(target, position)) {
        const aim = location === 0 ? "" : location > 0 ? ` +${location}` : ` ${location}`;
        choices[first + place + location + 2] = `move ${index + 1}${aim}${word}`;
      }
    };
    if (isUsable(active, index)) {
      const target = dynamaxed ? maxMove?.target : move.target;
      say(PLAIN, target, "");
      if (mega) say(MEGA, target, ` ${mega}`);
      if (tera) say(TERASTALLIZE, target, " terastallize");
    }
    const zmove = zmoves?.[index];
    if (zmove) say(ZMOVE, zmove.target, " zmove");
    if (dynamax && maxMove && !maxMove.disabled) say(DYNAMAX, maxMove.target, " dynamax");
  });
}

/** @param {ActiveRequest} active of request.active */
function isDynamaxed(active) {
  return active.maxMoves && !active.canDynamax;
}

/** True if a move of a request can be chosen. @param {ActiveRequest} active of request.active @param {number} index */
export function isUsable(active, index) {
  if (!isDynamaxed(active)) return !active.moves[index].disabled;
  const maxMove = active.maxMoves?.maxMoves[index];
  return !!maxMove && !maxMove.disabled;
}
