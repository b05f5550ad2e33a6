// What a seat's client would be sent: its lines and its request, for players that read those instead of
// observations.

import { channelLines } from "./narration.mjs";

/**
 * @typedef {object} Feed what a seat has been sent since the last feed
 * @property {boolean} begins it starts with a battle's first line
 * @property {string[]} before lines that ended the battle before
 * @property {string[]} lines of the battle under way
 * @property {any} request the last one; null once the battle has ended
 * @property {(string | null)[]} choices Showdown's choice of every legal action
 */

/** @typedef {import("../hosting/hosted_battle.mjs").HostedBattle} HostedBattle */

export class Feeds {
  constructor() {
    /** By row. @type {Map<number, {battle: any, position: number, before: string[]}>} */
    this.readers = new Map();
  }

  /**
   * @param {HostedBattle} hosted
   * @param {number} row
   * @returns {Feed}
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

  /** A battle is about to make room for another: keep what its readers have not read. @param {HostedBattle} hosted @param {number} index */
  finish(hosted, index) {
    for (const seat of [0, 1]) {
      const reader = this.readers.get(2 * index + seat);
      if (reader && reader.battle === hosted.battle) {
        reader.before = [...channelLines(hosted.battle.log, seat, reader.position)];
      }
    }
  }
}
