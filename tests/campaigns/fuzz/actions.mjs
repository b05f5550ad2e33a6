// The numbering of a seat's actions, as pokeenv/actions/ defines it.

/** @typedef {import("../../../pokeenv/engine/showdown/worker/seat/seat.mjs").Seat} Seat */

const SWITCHES = 6;
const MOVES = 4;

/** @param {Seat} seat @returns {{numSwitches: number, targets: number}} actions before the first move, targets of a move */
export function actionsOf({ actives }) {
  return actives > 1 ? { numSwitches: SWITCHES + 1, targets: 5 } : { numSwitches: SWITCHES, targets: 1 };
}

/**
 * @param {Seat} seat
 * @param {number} action
 * @returns {{kind: string, slot: number, gimmick: number, target: number}}
 */
export function meaningOf(seat, action) {
  const { numSwitches, targets } = actionsOf(seat);
  const first = numSwitches - SWITCHES;
  if (action < first) return { kind: "pass", slot: 0, gimmick: 0, target: 0 };
  if (action < numSwitches) return { kind: "switch", slot: action - first, gimmick: 0, target: 0 };
  const move = action - numSwitches;
  return {
    kind: "move",
    slot: Math.floor(move / targets) % MOVES,
    gimmick: Math.floor(move / targets / MOVES),
    target: targets > 1 ? (move % targets) - 2 : 0,
  };
}
