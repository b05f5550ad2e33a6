// A battle that is played elsewhere, followed from one seat: what can be imagined from it is what the seat knows.

import { RUNNING } from "./hosted_battle.mjs";
import { StreamedSeat } from "./streamed_seat.mjs";

/** @import { SeatRequest } from "../showdown/types.mjs" */

/** Takes the place of a hosted battle, but has one seat and no battle. */
export class HeardBattle {
  /**
   * @param {import("../seat/seat.mjs").SeatContext} context
   * @param {number} index of the seat, 0 or 1
   */
  constructor(context, index) {
    // Servers may be newer than the simulator; a line that is unknown is left out.
    this.streamed = new StreamedSeat(context, index, false, () => {});
    this.battle = null;
    this.imagined = false;
    /** All lines so far. @type {string[]} */
    this.log = [];
    this.status = RUNNING;
    /** @type {(import("../seat/seat.mjs").Seat | null)[]} */
    this.seats = [null, null];
    this.seats[index] = this.streamed.seat;
  }

  get turn() {
    return this.streamed.seat.view.state.turn;
  }

  /** Rewards of a battle that is played elsewhere are not known. */
  writeSignals() {}

  /**
   * Read the messages of a seat up to a decision.
   *
   * @param {string[]} lines
   * @param {SeatRequest | null} request
   */
  receive(lines, request) {
    this.log.push(...lines);
    const last = request ? [`|request|${JSON.stringify(request)}`] : [];
    this.streamed.receive([...lines, ...last]);
  }
}
