// The legal actions of a request, and their choices in Showdown's notation.

/** @import { ActiveRequest, SeatRequest, TeamEntry } from "../showdown/types.mjs" */

export const NUM_ACTIONS = 26;
const NUM_SWITCHES = 6;
const NUM_MOVES = 4;
const MEGA = NUM_SWITCHES + NUM_MOVES;
const ZMOVE = MEGA + NUM_MOVES;
const DYNAMAX = ZMOVE + NUM_MOVES;
const TERASTALLIZE = DYNAMAX + NUM_MOVES;
const MOVE_CHOICES = ["move 1", "move 2", "move 3", "move 4"];
const SWITCH_CHOICES = ["switch 1", "switch 2", "switch 3", "switch 4", "switch 5", "switch 6"];

/**
 * The place of a requested move among the four moves of the active Pokémon.
 *
 * A Pokémon that can only repeat a move gets a request with that move alone: it keeps its place. A move that is not
 * one of the four (Struggle, Recharge, generation 1's Fight) takes place 0.
 *
 * @param {ActiveRequest} active request.active[0]
 * @param {number} index of the move in the request
 * @param {string[]} moves ids of the active Pokémon's moves, in order
 */
export function movePlace(active, index, moves) {
  if (active.moves.length > 1) return index;
  return Math.max(
    0,
    moves.findIndex((id) => baseId(id) === baseId(active.moves[0].id)),
  );
}

/**
 * True if the request offers a move of the active Pokémon, rather than Struggle, Recharge or Fight alone.
 *
 * @param {ActiveRequest} active request.active[0]
 * @param {string} id as in request.side
 */
export function isOffered(active, id) {
  for (const move of active.moves) if (move.id === id || baseId(move.id) === baseId(id)) return true;
  return false;
}

/** @type {Map<string, string>} */
const baseIds = new Map();

/** A move's id without the type or the power that request.side appends. @param {string} id */
function baseId(id) {
  let base = baseIds.get(id);
  if (base === undefined) {
    base = id.replace(/^(hiddenpower|return|frustration).*$/, "$1");
    baseIds.set(id, base);
  }
  return base;
}

/**
 * Fill `choices` with the Showdown choice of every legal action, null for the others.
 *
 * @param {SeatRequest | null} request as Showdown sent it
 * @param {number[]} slots team slot of each entry of request.side.pokemon
 * @param {number[]} picked team slots picked so far in team preview
 * @param {(string | null)[]} choices of length NUM_ACTIONS
 * @returns {boolean} true if there is a legal action
 */
export function fillChoices(request, slots, picked, choices) {
  choices.fill(null);
  if (!request || request.wait) return false;
  const team = request.side.pokemon;
  if (request.teamPreview) {
    slots.forEach((slot) => {
      if (!picked.includes(slot)) choices[slot] = "pick";
    });
  } else if (request.forceSwitch) {
    const reviving = team[0].reviving;
    for (let position = reviving ? 0 : 1; position < team.length; position++) {
      if (isFainted(team[position]) === !!reviving) choices[slots[position]] = SWITCH_CHOICES[position];
    }
  } else {
    fillMoves(request.active[0], team[0].moves, choices);
    if (!request.active[0].trapped) {
      for (let position = 1; position < team.length; position++) {
        if (!isFainted(team[position])) choices[slots[position]] = SWITCH_CHOICES[position];
      }
    }
  }
  for (let action = 0; action < NUM_ACTIONS; action++) if (choices[action] !== null) return true;
  return false;
}

/**
 * Fill in the choices of moves, with and without a gimmick.
 *
 * @param {ActiveRequest} active request.active[0]
 * @param {string[]} moveIds of request.side
 * @param {(string | null)[]} choices
 */
function fillMoves(active, moveIds, choices) {
  const mega = active.canMegaEvo
    ? "mega"
    : active.canMegaEvoX
      ? "megax"
      : active.canMegaEvoY
        ? "megay"
        : active.canUltraBurst
          ? "ultra"
          : null;
  const dynamaxed = active.maxMoves && !active.canDynamax;
  const count = Math.min(NUM_MOVES, active.moves.length);
  for (let index = 0; index < count; index++) {
    const move = active.moves[index];
    const place = movePlace(active, index, moveIds);
    const choice = MOVE_CHOICES[index];
    const maxMove = active.maxMoves?.maxMoves[index];
    const maxEnabled = maxMove && !maxMove.disabled;
    if (dynamaxed ? maxEnabled : !move.disabled) {
      choices[NUM_SWITCHES + place] = choice;
      if (mega) choices[MEGA + place] = `${choice} ${mega}`;
      if (active.canTerastallize) choices[TERASTALLIZE + place] = `${choice} terastallize`;
    }
    if (active.canZMove?.[index]) choices[ZMOVE + place] = `${choice} zmove`;
    if (active.canDynamax && maxEnabled) choices[DYNAMAX + place] = `${choice} dynamax`;
  }
}

/** @param {TeamEntry} entry */
export function isFainted(entry) {
  return entry.condition.endsWith(" fnt");
}
