// Narrates a battle in sentences, from the lines of one channel: a seat's or the spectators'.

import { parseLine } from "../seat/lines.mjs";
import { clientBattleFactory } from "./client_battle.mjs";

/** @import { SimBattle, SimDex } from "../showdown/types.mjs" */
/** @import { ClientBattle } from "./client_battle.mjs" */

const SPECTATORS = -1;

/**
 * The lines of one channel of a battle's log (sim/SIM-PROTOCOL.md, `|split|`).
 *
 * @param {string[]} log
 * @param {number} seat 0, 1 or SPECTATORS
 * @param {number} start index of the first line to read; never between a `|split|` and its two lines
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
    const shown = own ? log[index + 1] : log[index + 2];
    if (shown) yield shown;
    index += 2;
  }
}

/**
 * @typedef {object} Turn
 * @property {number} turn 0 before the first one
 * @property {string[]} messages sentences; consequences of an earlier sentence are indented
 */

/** The narration of one battle in one channel; each reading continues it. */
class Narration {
  /**
   * @param {import("../showdown/simulator.mjs").Simulator} simulator
   * @param {ClientBattle} clientBattle
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

  /** Narrate the new lines of a log. @param {string[]} log @returns {Turn[]} all turns so far */
  read(log) {
    for (const line of channelLines(log, this.seat, this.position)) {
      const message = parseLine(this.simulator.Protocol, line);
      if (message) this.note(message);
    }
    this.position = log.length;
    return this.turns;
  }

  /** @param {import("../seat/lines.mjs").Message} message */
  note({ args, kwArgs }) {
    if (args[0] === "turn") this.turns.push({ turn: Number(args[1]), messages: [] });
    // The formatter needs the state before the message, to name lost items and ended effects.
    const text = args[0] === "turn" ? "" : this.formatter.formatText(args, kwArgs);
    this.clientBattle.add(args, kwArgs);
    const { messages } = /** @type {Turn} */ (this.turns.at(-1));
    for (const line of text.split("\n")) {
      if (line.trim()) messages.push(plain(line));
    }
  }
}

/**
 * Remove the formatter's marks: bold text, tooltips, and the brackets around messages that the games do not show.
 *
 * @param {string} line
 */
function plain(line) {
  return line
    .replaceAll("**", "")
    .replace(/\|\|[^|]*\|\|([^|]*)\|\|/g, "$1")
    .replace(/^( *)\((.*)\)$/, "$1$2");
}

/** The narrations of a worker's battles; each is kept as long as its battle. */
export class Narrations {
  /** @param {import("../hosting/hosted_battle.mjs").BattleContext} context */
  constructor(context) {
    this.simulator = context.simulator;
    this.makeClientBattle = clientBattleFactory(context.simulator);
    /** By simulator battle, which a reset or a restored snapshot replaces. @type {WeakMap<object, Narration[]>} */
    this.narrations = new WeakMap();
  }

  /**
   * Narrate a battle.
   *
   * @param {SimBattle} battle
   * @param {number} seat 0, 1 or SPECTATORS
   * @returns {Turn[]} all turns so far, with the current one
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
 * The names that the games give to the ids of a vocabulary.
 *
 * @param {SimDex} dex
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
