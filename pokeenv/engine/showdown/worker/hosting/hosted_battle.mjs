// One hosted battle: the simulator's battle, its two seats, and their signals.

import { parseLine } from "../seat/lines.mjs";
import { pickJudge } from "../seat/team_preview.mjs";
import { Seat } from "../seat/seat.mjs";
import { formatIdOf } from "../showdown/simulator.mjs";
import { generateTeams } from "./teams.mjs";
import { TEAM_SIZE } from "../view/view.mjs";

/** @import { SimBattle, SimFormat } from "../showdown/types.mjs" */

export const RUNNING = 0;
const TERMINATED = 1;
const TRUNCATED = 2;

const SIDES = ["p1", "p2"];
/** Names of the players of both seats. */
export const NAMES = ["Player 1", "Player 2"];

/**
 * @typedef {object} BattleContext the parts that all battles of a worker share
 * @property {import("../showdown/simulator.mjs").Simulator} simulator
 * @property {import("../view/view.mjs").ViewFactory} views
 * @property {SimFormat} format
 * @property {number} turnLimit turns after which a battle is truncated
 */

/** A battle that this worker plays, with both of its seats. */
export class HostedBattle {
  /** @param {BattleContext} context */
  constructor(context) {
    this.context = context;
    /** Null before the first reset. @type {SimBattle} */
    this.battle = null;
    /** @type {Seat[]} */
    this.seats = [];
    this.switches = [0, 0];
    this.status = TERMINATED;
    this.logPosition = 0;
    /** Lines of the input log with all choices as they were given, also refused ones. @type {string[]} */
    this.choices = [];
    this.seeds = { battle: "", teams: ["", ""] };
    /** True if the battle was imagined for one of its seats. */
    this.imagined = false;
  }

  /**
   * Start a new battle.
   *
   * @param {{battle: string, teams: string[]}} seeds Showdown seeds of the battle and of both teams
   * @param {string[] | null} teams packed teams; null to generate them
   */
  reset(seeds, teams) {
    const { simulator, format } = this.context;
    this.seeds = seeds;
    this.seats = [0, 1].map((index) => new Seat(this.context, index));
    this.switches = [0, 0];
    this.status = RUNNING;
    this.logPosition = 0;
    this.choices = [];
    this.imagined = false;
    const generated = teams ? null : generateTeams(simulator, format, seeds.teams);
    this.battle = new simulator.Battle({ format, formatid: formatIdOf(format), seed: seeds.battle });
    this.battle.teamGenerator = generated?.generator ?? null;
    NAMES.forEach((name, seat) => {
      this.battle.setPlayer(`p${seat + 1}`, { name, team: (teams ?? generated?.teams)?.[seat] });
    });
    this.battle.teamGenerator = null; // only the start of a battle needs it
    this.judgePicks();
    this.advance();
  }

  get turn() {
    return this.battle.turn;
  }

  /** All lines so far. @returns {string[]} */
  get log() {
    return this.battle.log;
  }

  /** Give the seats the judges of selections in Team Preview. */
  judgePicks() {
    this.seats.forEach((seat, index) => (seat.judge = pickJudge(this.battle, index)));
  }

  /**
   * Play the actions of the acting seats; the battle continues once both have chosen.
   *
   * @param {number[]} actions one per seat; that of a seat that does not act is ignored
   */
  step(actions) {
    const movePhase = this.battle.requestState === "move";
    for (let index = 0; index < this.seats.length; index++) {
      const seat = this.seats[index];
      if (!seat.acting) continue;
      const choice = seat.act(actions[index]);
      if (choice === null) continue;
      const side = SIDES[index];
      this.choices.push(`>${side} ${choice}`);
      if (!this.battle.choose(side, choice)) this.redecide(index, choice);
      else if (movePhase && choice.includes("switch"))
        this.switches[index] += choice.split("switch").length - 1;
    }
    if (!this.isAwaited()) this.advance();
  }

  /** End the battle without a winner. */
  giveUp() {
    this.status = TRUNCATED;
    for (const seat of this.seats) seat.rest();
  }

  /** True if a seat must act before the battle can continue. */
  isAwaited() {
    return this.seats[0].acting || this.seats[1].acting;
  }

  /**
   * Let a seat decide again after a refused choice, which revealed a hidden trap or a disabled move.
   *
   * @param {number} index of the seat
   * @param {string} choice
   */
  redecide(index, choice) {
    const side = this.battle.sides[index];
    if (!side.activeRequest.update) {
      throw new Error(`Showdown refused "${choice}" of seat p${index + 1}: ${side.choice.error}`);
    }
    side.activeRequest.update = false;
    this.seats[index].receiveRequest(side.activeRequest);
    this.seats[index].decide();
  }

  /** Let the seats read the new lines until one must act or the battle ends; make choices without alternatives. */
  advance() {
    for (;;) {
      this.readLog();
      const { battle } = this;
      if (battle.ended) {
        this.status = TERMINATED;
      } else if (battle.turn > this.context.turnLimit) {
        this.status = TRUNCATED;
      }
      for (let index = 0; index < this.seats.length; index++) {
        const seat = this.seats[index];
        seat.receiveRequest(battle.sides[index].activeRequest);
        if (this.status === RUNNING) seat.decide();
        else seat.rest();
      }
      if (this.status !== RUNNING || this.isAwaited()) return;
      const made = battle.inputLog.length;
      battle.makeChoices();
      this.choices.push(...battle.inputLog.slice(made));
    }
  }

  /**
   * The input of the battle: start, players, and the choices as they were given. The simulator's own input log has the
   * choices as it resolved them, such as "move fight" of a Pokémon that is locked without its player's knowledge, and
   * refuses some of these.
   */
  get inputLog() {
    return [
      ...this.battle.inputLog.filter((/** @type {string} */ line) => !/^>p\d /.test(line)),
      ...this.choices,
    ];
  }

  /** Give each seat the new lines of its own channel (sim/SIM-PROTOCOL.md, `|split|`). */
  readLog() {
    const { log } = this.battle;
    const { Protocol } = this.context.simulator;
    const [first, second] = this.seats;
    for (let index = this.logPosition; index < log.length; index++) {
      const line = log[index];
      if (line.startsWith("|split|p")) {
        const owner = line.charCodeAt(8) - 49;
        this.seats[owner].receiveLine(log[index + 1]);
        this.seats[1 - owner].receiveLine(log[index + 2]);
        index += 2;
      } else {
        const message = parseLine(Protocol, line);
        if (!message) continue;
        first.receive(message);
        second.receive(message);
      }
    }
    this.logPosition = log.length;
  }

  /** +1 if the seat has won, -1 if it has lost, 0 for a tie or no end. @param {number} seat */
  outcome(seat) {
    if (this.status !== TERMINATED || !this.battle.winner) return 0;
    return this.battle.winner === NAMES[seat] ? 1 : -1;
  }

  /**
   * Write the signals, from which rewards are computed.
   *
   * @param {Signal[]} computed of `signalsOf`
   * @param {number} seat
   * @param {Float32Array} signals
   * @param {number} at index of the seat's first signal
   */
  writeSignals(computed, seat, signals, at) {
    const { view } = this.seats[seat];
    for (let index = 0; index < computed.length; index++) {
      signals[at + index] = computed[index](this, seat, view);
    }
  }
}

/** @typedef {(hosted: HostedBattle, seat: number, view: SeatView) => number} Signal */

/** Every signal of pokeenv/engine/signals.py. @type {Record<string, Signal>} */
const SIGNALS = {
  own_hp: (hosted, seat, view) => ownHealth(view),
  opposing_hp: (hosted, seat, view) => opposingHealth(view, opposingSize(view)),
  own_fainted: (hosted, seat, view) => view.fainted(0),
  opposing_fainted: (hosted, seat, view) => view.fainted(1),
  turn: (hosted) => hosted.battle.turn,
  own_failures: (hosted, seat, view) => view.failures,
  own_switches: (hosted, seat) => hosted.switches[seat],
  ended: (hosted) => (hosted.status === TERMINATED ? 1 : 0),
  outcome: (hosted, seat) => hosted.outcome(seat),
  own_team_size: (hosted, seat, view) => view.slots.length,
  opposing_team_size: (hosted, seat, view) => opposingSize(view),
};

/**
 * The signals in the order of the engine's table.
 *
 * @param {string[]} names
 * @returns {Signal[]}
 */
export function signalsOf(names) {
  return names.map((name) => {
    if (!SIGNALS[name]) throw new Error(`the worker has no signal "${name}"`);
    return SIGNALS[name];
  });
}

/** @typedef {import("../view/view.mjs").SeatView} SeatView */

/** @param {SeatView} view */
function opposingSize(view) {
  return Math.min(TEAM_SIZE, view.foe.totalPokemon);
}

/** HP left of the own team, as the sum of each Pokémon's share. @param {SeatView} view */
function ownHealth(view) {
  let left = 0;
  for (const slot of view.slots) {
    const { hp, maxhp } = view.health(slot);
    left += hp / maxhp;
  }
  return left;
}

/**
 * The same for the opposing team as the seat sees it; unrevealed Pokémon have full HP.
 *
 * @param {SeatView} view
 * @param {number} size
 */
function opposingHealth(view, size) {
  let left = size;
  for (const pokemon of view.opposing) {
    if (pokemon.fainted) left -= 1;
    else if (pokemon.maxhp) left -= 1 - pokemon.hp / pokemon.maxhp;
  }
  return Math.max(0, left);
}
