// A battle in words, from the lines that one channel carries: a seat's own, or the spectators'.

import { parseLine } from "../seat/lines.mjs";
import { clientBattleFactory } from "./client_battle.mjs";

const SPECTATORS = -1;

/**
 * The lines of one channel of a battle's log (sim/SIM-PROTOCOL.md, `|split|`).
 *
 * @param {string[]} log
 * @param {number} seat 0, 1 or SPECTATORS
 * @param {number} start where to begin; never between a `|split|` and its two lines
 * @returns {Generator<string>}
 */
export function* channelLines(log, seat, start) {
  for (let index = start; index < log.length; index++) {
    const line = log[index];
    if (!line.startsWith("|split|p")) {
      yield line;
      continue;
    }
    const own = line.charCodeAt(8) - 49 === seat;
    const told = own ? log[index + 1] : log[index + 2];
    if (told) yield told;
    index += 2;
  }
}

/**
 * @typedef {object} Turn
 * @property {number} turn 0 before the first one
 * @property {string[]} messages sentences; those that an earlier one brought about are indented
 */

/** The narration of one battle in one channel, continued at each request. */
class Narration {
  /**
   * @param {import("../showdown/simulator.mjs").Simulator} simulator
   * @param {any} clientBattle a client's battle
   * @param {number} seat 0, 1 or SPECTATORS
   */
  constructor(simulator, clientBattle, seat) {
    this.simulator = simulator;
    this.seat = seat;
    this.clientBattle = clientBattle;
    this.formatter = new (simulator.loadLogFormatter())(seat === 1 ? "p2" : "p1", this.clientBattle);
    this.position = 0;
    /** @type {Turn[]} */
    this.turns = [{ turn: 0, messages: [] }];
  }

  /** @param {string[]} log */
  read(log) {
    for (const line of channelLines(log, this.seat, this.position)) {
      const message = parseLine(this.simulator.Protocol, line);
      if (message) this.note(message);
    }
    this.position = log.length;
    return this.turns;
  }

  /** @param {{args: any, kwArgs: any}} message */
  note({ args, kwArgs }) {
    if (args[0] === "turn") this.turns.push({ turn: Number(args[1]), messages: [] });
    // The formatter wants the state before the message: it tells what has been lost.
    const text = args[0] === "turn" ? "" : this.formatter.formatText(args, kwArgs);
    this.clientBattle.add(args, kwArgs);
    const { messages } = /** @type {Turn} */ (this.turns.at(-1));
    for (const line of text.split("\n")) {
      if (line.trim()) messages.push(plain(line));
    }
  }
}

/**
 * Without the formatter's marks: bold text, what is shown where the mouse points, and the brackets around
 * what the games do not say.
 *
 * @param {string} line
 */
function plain(line) {
  return line
    .replaceAll("**", "")
    .replace(/\|\|[^|]*\|\|([^|]*)\|\|/g, "$1")
    .replace(/^( *)\((.*)\)$/, "$1$2");
}

/** The narrations of a worker's battles, kept as long as their battles are. */
export class Narrations {
  /** @param {import("../hosting/hosted_battle.mjs").BattleContext} context */
  constructor(context) {
    this.simulator = context.simulator;
    this.makeClientBattle = clientBattleFactory(context.simulator);
    /** By simulator battle, which a reset or a restored snapshot replaces. @type {WeakMap<any, Narration[]>} */
    this.narrations = new WeakMap();
  }

  /**
   * @param {any} battle the simulator's battle
   * @param {number} seat 0, 1 or SPECTATORS
   * @returns {Turn[]} turns so far, the one under way included
   */
  narrate(battle, seat) {
    let narrations = this.narrations.get(battle);
    if (!narrations) {
      narrations = [];
      this.narrations.set(battle, narrations);
    }
    narrations[seat - SPECTATORS] ??= new Narration(this.simulator, this.makeClientBattle(), seat);
    return narrations[seat - SPECTATORS].read(battle.log);
  }
}

const TABLES = { species: "species", moves: "moves", items: "items", abilities: "abilities", types: "types" };

/**
 * What the ids of a vocabulary are called in the games.
 *
 * @param {any} dex
 * @param {Record<string, string[]>} vocabulary
 * @returns {Record<string, string[]>} names in the order of the ids
 */
export function displayNames(dex, vocabulary) {
  return Object.fromEntries(
    Object.entries(TABLES).map(([name, table]) => [
      name,
      vocabulary[name].map((id) => (id ? dex[table].get(id).name || id : "")),
    ]),
  );
}
