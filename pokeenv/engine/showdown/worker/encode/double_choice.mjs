// The decision that is due where a request asks for two, and the answer to the first one.

import { FIRST_MOVE, FIRST_SWITCH, MOVES, NUM_TARGETS, PASS } from "../seat/choices_doubles.mjs";
import { family, mark } from "./places.mjs";

/** @import { SeatRequest } from "../showdown/types.mjs" */

/** @typedef {import("./places.mjs").Place} Place */
/** @typedef {import("./places.mjs").Places} Places */

const TARGETS = ["own_right", "own_left", "", "opposing_left", "opposing_right"];

export class DoubleChoice {
  /** @param {Places} field @param {string[]} gimmicks */
  constructor(field, gimmicks) {
    const named = (/** @type {string[]} */ ids, /** @type {string} */ start) => [
      ...family(field, ids, (id) => start + id).values(),
    ];
    this.deciding = named(["left", "right"], "deciding_");
    this.passes = field.left_passes;
    this.switches = named(["0", "1", "2", "3", "4", "5"], "left_switches_to_");
    this.moves = named(["0", "1", "2", "3"], "left_uses_move_");
    this.gimmicks = [null, ...named(gimmicks, "left_uses_")];
    this.targets = TARGETS.map((name) => (name ? field[`left_aims_at_${name}`] : null));
  }

  /**
   * @param {SeatRequest} request
   * @param {(string | null)[]} choices
   * @param {number[]} decided
   * @param {Float32Array} row
   */
  encode(request, choices, decided, row) {
    if (request.teamPreview || !choices.some((choice) => choice !== null)) return;
    mark(row, 0, this.deciding[decided.length]);
    if (decided.length > 0) this.encodeAction(decided[0], row);
  }

  /** @param {number} action @param {Float32Array} row */
  encodeAction(action, row) {
    if (action === PASS) return mark(row, 0, this.passes);
    if (action < FIRST_MOVE) return mark(row, 0, this.switches[action - FIRST_SWITCH]);
    const move = action - FIRST_MOVE;
    mark(row, 0, this.moves[Math.floor((move % MOVES) / NUM_TARGETS)]);
    for (const place of [this.gimmicks[Math.floor(move / MOVES)], this.targets[move % NUM_TARGETS]]) {
      if (place) mark(row, 0, place);
    }
  }
}
