// The lines and requests that a seat's client would receive, for players that read those instead of observations.

import { channelLines } from "./narration.mjs";

/** @import { SeatRequest, SimBattle } from "../showdown/types.mjs" */

/**
 * @typedef {object} SeatMessages the messages to a seat since the last reading
 * @property {boolean} begins true if `lines` start with a battle's first line
 * @property {string[]} before the last lines of the previous battle
 * @property {string[]} lines of the current battle
 * @property {SeatRequest | null} request the last request; null once the battle has ended
 * @property {(string | null)[]} choices Showdown's choice of every legal action; null for illegal ones
 */

/** @typedef {import("../hosting/hosted_battle.mjs").HostedBattle} HostedBattle */

/** Reads each seat's new messages; remembers how far it has read. */
export class SeatMessageReader {
  constructor() {
    /** By row. @type {Map<number, {battle: SimBattle, position: number, before: string[]}>} */
    this.readers = new Map();
  }

  /**
   * The messages since the last reading of a row.
   *
   * @param {HostedBattle} hosted
   * @param {number} row of the seat: twice the battle's index, plus the seat
   * @returns {SeatMessages}
   */
  read(hosted, row) {
    const { battle } = hosted;
    const seat = row % 2;
    let reader = this.readers.get(row);
    const begins = reader?.battle !== battle;
    const before = reader?.before ?? [];
    if (!reader || begins) this.readers.set(row, (reader = { battle, position: 0, before: [] }));
    const lines = [...channelLines(battle.log, seat, reader.position)];
    reader.position = battle.log.length;
    reader.before = [];
    return {
      begins,
      before,
      lines,
      request: battle.sides[seat].activeRequest,
      choices: hosted.seats[seat].choices,
    };
  }

  /**
   * Keep the unread lines of a battle that another one is about to replace.
   *
   * @param {HostedBattle} hosted
   * @param {number} index of the battle in the worker
   */
  finish(hosted, index) {
    for (const seat of [0, 1]) {
      const reader = this.readers.get(2 * index + seat);
      if (reader && reader.battle === hosted.battle) {
        reader.before = [...channelLines(hosted.battle.log, seat, reader.position)];
      }
    }
  }

  /** Read a battle from its beginning, since a copy of another one has replaced it. @param {number} index of the battle in the worker */
  forget(index) {
    for (const seat of [0, 1]) this.readers.delete(2 * index + seat);
  }
}
