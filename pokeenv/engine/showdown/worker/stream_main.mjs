// The worker process that observes seats of battles that are played elsewhere.
//
// Usage: node stream_main.mjs INPUT_FD OUTPUT_FD; `StreamHost` in pokeenv/stream.py sends the first message.

import { Channel, ERROR, MESSAGE } from "./channel.mjs";
import { ACTIVES, setUp } from "./world.mjs";
import { loadSimulator } from "./showdown/simulator.mjs";
import { Notes } from "./showdown/unknown.mjs";
import { StreamedSeat } from "./hosting/streamed_seat.mjs";

/** @typedef {ReturnType<typeof setUp> & {row: Float32Array}} World */

class StreamWorker {
  /** @param {Channel} channel */
  constructor(channel) {
    this.channel = channel;
    this.start = channel.readMessage();
    this.simulator = loadSimulator(this.start.simulatorPath, this.start);
    /** Rows to encode into, by the number of active Pokémon of a side. @type {Record<number, Float32Array>} */
    this.rows = {};
    /** By format. @type {Map<string, World>} */
    this.worlds = new Map();
    /** @type {Map<number, {streamed: StreamedSeat, world: World}>} */
    this.streams = new Map();
    /** Names that the servers' battles have and the simulator has not. */
    this.notes = new Notes();
  }

  /** The parts that a format needs, loaded once. @param {string} format */
  world(format) {
    let world = this.worlds.get(format);
    if (!world) {
      const actives = ACTIVES[this.simulator.Dex.formats.get(format).gameType];
      const layout = this.start.layouts[actives];
      const row = (this.rows[actives] ??= new Float32Array(layout.size));
      world = { ...setUp({ ...this.start, format, layout }, this.simulator, this.notes.add), row };
      this.worlds.set(format, world);
    }
    return world;
  }

  /** Answer commands until the parent has ended. */
  run() {
    this.channel.writeMessage(MESSAGE, { pid: process.pid, node: process.version });
    while (this.channel.readCommand() !== 0) {
      let answer;
      try {
        answer = this.answer(this.channel.readMessage());
      } catch (error) {
        answer = { failure: error.message };
      }
      this.channel.writeMessage(MESSAGE, answer);
    }
  }

  /**
   * Answer a command; see `StreamHost` in pokeenv/stream.py.
   *
   * @param {any} message
   * @returns {object} sent as JSON
   */
  answer(message) {
    const { command, stream, format, seat, requestFirst, lines, action } = message;
    if (command === "open") {
      const world = this.world(format);
      this.streams.set(stream, {
        streamed: new StreamedSeat(world, seat, requestFirst, this.notes.add),
        world,
      });
      return {};
    }
    if (command === "close") {
      this.streams.delete(stream);
      return {};
    }
    const open = this.streams.get(stream);
    if (!open) throw new Error(`there is no stream ${stream}`);
    const { streamed, world } = open;
    let choice = null;
    if (command === "receive") streamed.receive(lines);
    else if (command === "act") choice = streamed.seat.act(action);
    else throw new Error(`unknown command "${command}"`);
    const observed = this.observe(streamed.seat, world);
    return { choice, refusal: streamed.refusal, notes: this.notes.take(), ...observed };
  }

  /**
   * The state of a seat, with mask and observation (base64) if it acts or its battle has ended.
   *
   * @param {import("./seat/seat.mjs").Seat} seat
   * @param {World} world
   */
  observe({ acting, choices, view, decided }, { encoder, row }) {
    const seen = { acting, ended: view.ended, turn: view.state.turn };
    if (!acting && !view.ended) return seen;
    encoder.encode(view, choices, row, decided);
    const mask = choices.map((choice) => (choice === null ? 0 : 1));
    return { ...seen, mask, observation: Buffer.from(row.buffer).toString("base64") };
  }
}

const [input, output] = process.argv.slice(2).map(Number);
const channel = new Channel(input, output);
try {
  new StreamWorker(channel).run();
} catch (error) {
  channel.writeMessage(ERROR, { message: String(error?.stack ?? error) });
  process.exitCode = 1;
}
