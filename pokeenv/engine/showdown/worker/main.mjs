// The worker process that hosts battles and steps all of them once per wake-up.
//
// Usage: node main.mjs INPUT_FD OUTPUT_FD SHARED_FD; the first message on the input pipe holds the
// settings (see `start` in pokeenv/engine/showdown/engine.py).

import { Copies } from "./snapshot/copy.mjs";
import { displayNames, Narrations } from "./answers/narration.mjs";
import { HeardBattle } from "./hosting/heard_battle.mjs";
import { HostedBattle, RUNNING, signalsOf } from "./hosting/hosted_battle.mjs";
import { Channel, ERROR, MESSAGE, SharedArray, STEP } from "./channel.mjs";
import { Imagination } from "./imagine/imagine.mjs";
import { numActions } from "./seat/seat.mjs";
import { SeatMessageReader } from "./answers/seat_messages.mjs";
import { resimulate } from "./answers/resimulate.mjs";
import { setUp } from "./world.mjs";
import { Snapshots } from "./snapshot/snapshot.mjs";
import { TeamRegistry } from "./hosting/teams.mjs";
import { changeHidden } from "./answers/change_hidden.mjs";
import { trueState } from "./answers/true_state.mjs";

/** @import { SimSide } from "./showdown/types.mjs" */

/** 16-bit words of one seed: the battle's, or that of p1's or p2's team. */
const SEED_WORDS = 4;
const NOT_STARTED = "no battle has been started here";

/** @typedef {{command: string, battle: number, [argument: string]: any}} Command a rare message from Python */

class Worker {
  /**
   * @param {Channel} channel
   * @param {number} sharedFd
   */
  constructor(channel, sharedFd) {
    this.channel = channel;
    const start = channel.readMessage();
    this.start = start;
    const { encoder, ...world } = setUp(start);
    this.encoder = encoder;
    this.simulator = world.simulator;
    const context = { ...world, turnLimit: start.turnLimit };
    this.context = context;
    this.signals = signalsOf(start.signals);
    this.narrations = new Narrations(context);
    this.snapshots = new Snapshots(context);
    this.copies = new Copies(this.snapshots);
    this.imagination = new Imagination(context, this.copies);
    this.messages = new SeatMessageReader();
    this.battles = Array.from({ length: start.numBattles }, () => new HostedBattle(context));
    this.teams = new TeamRegistry(world.simulator, world.format, encoder.tables);
    this.numActions = numActions(world.views.actives);
    this.arrays = this.openArrays(sharedFd);
    this.rows = this.battles.flatMap((_, index) =>
      [0, 1].map((seat) => {
        const size = start.layout.size;
        const row = 2 * index + seat;
        return this.arrays.observations.array.subarray(row * size, (row + 1) * size);
      }),
    );
  }

  /** Open this worker's parts of the shared arrays. @param {number} fd of the shared file */
  openArrays(fd) {
    const { regions, layout, numBattles, blocks } = this.start;
    const rows = 2 * numBattles;
    return {
      control: new SharedArray(fd, regions.control, new Int32Array(numBattles * blocks.control.size)),
      results: new SharedArray(fd, regions.results, new Int32Array(numBattles * blocks.results.size)),
      acting: new SharedArray(fd, regions.acting, new Int8Array(rows)),
      masks: new SharedArray(fd, regions.action_masks, new Int8Array(rows * this.numActions)),
      signals: new SharedArray(fd, regions.signals, new Float32Array(rows * this.signals.length)),
      observations: new SharedArray(fd, regions.observations, new Float32Array(rows * layout.size)),
    };
  }

  /** Answer commands until the parent has ended. */
  run() {
    this.channel.writeMessage(MESSAGE, { pid: process.pid, node: process.version });
    for (;;) {
      const command = this.channel.readCommand();
      if (command === 0) return;
      try {
        if (command === STEP) {
          this.step();
          this.channel.writeDone();
        } else {
          this.channel.writeMessage(MESSAGE, this.answer(this.channel.readMessage()));
        }
      } catch (error) {
        this.channel.writeMessage(ERROR, { message: String(error?.stack ?? error) });
      }
    }
  }

  /** Carry out the control block: step or reset each battle that it names. */
  step() {
    const { control, results, acting, masks, signals, observations } = this.arrays;
    control.pull();
    for (let index = 0; index < this.battles.length; index++) this.stepBattle(index);
    for (const array of [results, acting, masks, signals, observations]) array.push();
  }

  /** @param {HostedBattle} battle @returns {{snapshot: string} | {problem: string}} base64 */
  snapshot(battle) {
    if (!battle.battle) return { problem: NOT_STARTED };
    try {
      return { snapshot: Buffer.from(this.snapshots.take(battle)).toString("base64") };
    } catch (error) {
      return { problem: error.message }; // the battle is unchanged
    }
  }

  /**
   * Replace a battle by a snapshot.
   *
   * @param {number} index
   * @param {string} snapshot JSON, as `Snapshots.take` returned it
   */
  restore(index, snapshot) {
    this.battles[index] = this.snapshots.restore(snapshot);
    return this.publishSome([index]);
  }

  /**
   * Copy a battle into other slots.
   *
   * @param {number} index
   * @param {number[]} into
   */
  copy(index, into) {
    if (!this.battles[index].battle) return { problem: NOT_STARTED, battle: index };
    for (const slot of into) this.copyInto(index, slot);
    return this.publishSome(into);
  }

  /** @param {number} index @param {number} slot */
  copyInto(index, slot) {
    this.messages.forget(slot);
    this.battles[slot] = this.copies.copy(this.battles[index], this.battles[slot]);
  }

  /**
   * Step some battles, after copies of other ones have replaced them and their generators have begun again.
   *
   * @param {{battles: number[], actions: number[][], sources?: number[], seeds?: string[]}} message
   */
  advance({ battles, actions, sources, seeds }) {
    for (const index of sources ?? battles) {
      if (!this.battles[index].battle) return { problem: NOT_STARTED, battle: index };
    }
    battles.forEach((index, place) => {
      if (sources) this.copyInto(sources[place], index);
      const hosted = this.battles[index];
      if (seeds) hosted.battle.prng.setSeed(seeds[place]);
      if (hosted.status === RUNNING) this.stepHosted(hosted, actions[place]);
    });
    return this.publishSome(battles);
  }

  /**
   * Step a battle; an imagined one that the simulator cannot continue ends.
   *
   * @param {HostedBattle} hosted
   * @param {number[]} actions
   */
  stepHosted(hosted, actions) {
    try {
      hosted.step(actions);
    } catch (error) {
      if (!hosted.imagined) throw error;
      hosted.giveUp();
    }
  }

  /**
   * Imagine battles for a seat that must act.
   *
   * @param {{battle: number, seat: number, seeds: string[], into: number[]}} message
   */
  imagine({ battle, seat, seeds, into }) {
    const { problem } = this.imagination;
    if (problem) return { unsupported: problem };
    const hosted = this.battles[battle];
    if (hosted.imagined) return { imagined: battle };
    if (hosted.seats[seat].view.request.teamPreview) return { preview: true };
    /** @type {HostedBattle[]} */
    const made = [];
    try {
      for (const seed of seeds) made.push(this.imagination.imagine(hosted, seat, seed));
    } catch (error) {
      return { failure: String(error?.stack ?? error) };
    }
    into.forEach((slot, place) => {
      this.messages.forget(slot);
      this.battles[slot] = made[place];
    });
    return this.publishSome(into);
  }

  /** @param {{teams: number[], usage: import("./imagine/usage_sets.mjs").Usage | null}} message teams by number */
  believe({ teams, usage }) {
    this.imagination.believe({ teams: teams.map((number) => this.teams.get(number)), usage });
    return {};
  }

  /**
   * Follow battles that are played elsewhere, each from one seat.
   *
   * @param {number[]} rows
   * @param {import("./answers/seat_messages.mjs").SeatMessages[]} messages
   */
  hear(rows, messages) {
    rows.forEach((row, place) => {
      const { begins, lines, request } = messages[place];
      const index = row >> 1;
      if (begins) this.battles[index] = /** @type {any} */ (new HeardBattle(this.context, row & 1));
      /** @type {any} */ (this.battles[index]).receive(lines, request);
    });
    return this.publishSome(rows.map((row) => row >> 1));
  }

  /** Publish some battles and nothing else. @param {number[]} battles */
  publishSome(battles) {
    for (const index of battles) this.publish(index);
    const { control: _, ...written } = this.arrays;
    const { numBattles } = this.start;
    for (const [first, end] of runsOf(battles)) {
      for (const array of Object.values(written)) array.pushPart(first / numBattles, end / numBattles);
    }
    return {};
  }

  /** Carry out the control block of one battle. @param {number} index */
  stepBattle(index) {
    const control = this.arrays.control.array;
    const { control: at, commands } = this.start.blocks;
    const base = index * at.size;
    const battle = this.battles[index];
    try {
      if (control[base + at.command] === commands.step) {
        this.stepHosted(battle, [control[base + at.actions], control[base + at.actions + 1]]);
      } else if (control[base + at.command] === commands.reset) {
        const seeds = [0, 1, 2].map((which) => {
          const first = base + at.seeds + which * SEED_WORDS;
          return Array.from(control.subarray(first, first + SEED_WORDS)).join(",");
        });
        const numbers = [control[base + at.teams], control[base + at.teams + 1]];
        const teams = numbers[0] === 0 ? null : numbers.map((number) => this.teams.get(number));
        this.messages.finish(battle, index);
        battle.reset({ battle: seeds[0], teams: seeds.slice(1) }, teams);
      } else {
        return;
      }
      this.publish(index);
    } catch (error) {
      const { turn } = battle.battle ?? { turn: 0 };
      error.message += ` (battle ${this.start.firstBattle + index}, turn ${turn}, seeds ${JSON.stringify(battle.seeds)})`;
      throw error;
    }
  }

  /** Write a battle's results and both seats' observations into the arrays. @param {number} index */
  publish(index) {
    const battle = this.battles[index];
    const { results, acting, masks, signals } = this.arrays;
    const { numActions } = this;
    const { results: at } = this.start.blocks;
    results.array[index * at.size + at.status] = battle.status;
    results.array[index * at.size + at.turn] = battle.turn;
    for (const seat of [0, 1]) {
      if (!battle.seats[seat]) continue; // nobody follows the battle from there
      const row = 2 * index + seat;
      const { acting: acts, choices, view, decided } = battle.seats[seat];
      acting.array[row] = acts ? 1 : 0;
      battle.writeSignals(this.signals, seat, signals.array, row * this.signals.length);
      for (let action = 0; action < numActions; action++) {
        masks.array[row * numActions + action] = acts && choices[action] !== null ? 1 : 0;
      }
      if (acts || battle.status !== RUNNING) {
        this.encoder.encode(view, choices, this.rows[row], decided);
      }
    }
  }

  /**
   * Answer a rare command, whose answer is text rather than numbers.
   *
   * @param {Command} message
   * @returns {object} sent as JSON
   */
  answer(message) {
    const battle = this.battles[message.battle];
    switch (message.command) {
      case "validateTeams":
        return { answers: message.teams.map((/** @type {string} */ text) => this.teams.validate(text)) };
      case "keepTeams":
        return this.teams.keep(message.teams);
      case "packed":
        return {
          teams: battle.battle.sides.map((/** @type {SimSide} */ side) =>
            this.simulator.Teams.pack(side.team),
          ),
        };
      case "log":
        return {
          log: battle.battle.log,
          inputLog: battle.inputLog,
          teams: battle.battle.sides.map((/** @type {SimSide} */ side) => side.team),
        };
      case "seatMessages":
        return {
          messages: message.rows.map((/** @type {number} */ row) =>
            this.messages.read(this.battles[row >> 1], row),
          ),
        };
      case "snapshot":
        return this.snapshot(battle);
      case "restore":
        return this.restore(message.battle, Buffer.from(message.snapshot, "base64").toString());
      case "copy":
        return this.copy(message.battle, message.into);
      case "hear":
        return this.hear(message.rows, message.messages);
      case "advance":
        return this.advance(/** @type {any} */ (message));
      case "imagine":
        return this.imagine(/** @type {any} */ (message));
      case "believe":
        return this.believe(/** @type {any} */ (message));
      case "narrate":
        return { turns: this.narrations.narrate(battle.battle, message.seat) };
      case "names":
        return displayNames(this.simulator.Dex, this.start.vocabulary);
      case "changeHidden":
        return { changed: changeHidden(battle.battle, message.seat, battle.seats[message.seat].view) };
      case "trueState":
        return trueState(battle.battle);
      case "slotMasks":
        return { masks: battle.seats[message.seat].slotMasks() };
      case "resimulate":
        return resimulate(this.simulator, message.inputLog);
      default:
        throw new Error(`unknown command "${message.command}"`);
    }
  }
}

/**
 * Runs of consecutive numbers, as pairs of the first and the one behind the last.
 *
 * @param {number[]} numbers
 */
function runsOf(numbers) {
  /** @type {[number, number][]} */
  const runs = [];
  for (const number of [...numbers].sort((one, other) => one - other)) {
    const last = runs.at(-1);
    if (last?.[1] === number) last[1] += 1;
    else runs.push([number, number + 1]);
  }
  return runs;
}

const [input, output, shared] = process.argv.slice(2).map(Number);
const channel = new Channel(input, output);
try {
  new Worker(channel, shared).run();
} catch (error) {
  channel.writeMessage(ERROR, { message: String(error?.stack ?? error) });
  process.exitCode = 1;
}
