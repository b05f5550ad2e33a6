// One hosted battle: a simulator battle, and for each seat its view, its legal choices and its signals.

import { fillChoices, NUM_ACTIONS } from "./choices.mjs";
import { TEAM_SIZE } from "./view.mjs";

export const RUNNING = 0;
export const TERMINATED = 1;
export const TRUNCATED = 2;

const NAMES = ["Player 1", "Player 2"];

/**
 * @typedef {object} Shared what all battles of a worker have in common
 * @property {import("./simulator.mjs").Simulator} simulator
 * @property {import("./view.mjs").ViewFactory} views
 * @property {any} format the simulator's format
 * @property {number} turnLimit
 */

export class HostedBattle {
  /** @param {Shared} shared */
  constructor(shared) {
    this.shared = shared;
    /** @type {any} */
    this.battle = null;
    /** @type {import("./view.mjs").SeatView[]} */
    this.views = [];
    this.choices = [0, 1].map(() => /** @type {(string | null)[]} */ (new Array(NUM_ACTIONS).fill(null)));
    this.acting = [false, false];
    /** Team slots picked so far in team preview. @type {number[][]} */
    this.picked = [[], []];
    this.switches = [0, 0];
    this.status = TERMINATED;
    this.logPosition = 0;
    this.seeds = { battle: "", teams: ["", ""] };
  }

  /**
   * @param {{battle: string, teams: string[]}} seeds Showdown seeds of the battle and of both teams
   * @param {string[] | null} teams packed teams, null to have Showdown generate them
   */
  reset(seeds, teams) {
    const { simulator, format, views } = this.shared;
    this.seeds = seeds;
    this.views = [views.make(0), views.make(1)];
    this.picked = [[], []];
    this.switches = [0, 0];
    this.status = RUNNING;
    this.logPosition = 0;
    const players = NAMES.map((name, seat) => ({
      name,
      team: teams ? teams[seat] : simulator.Teams.generate(format, { seed: seeds.teams[seat] }),
    }));
    this.battle = new simulator.Battle({
      format,
      formatid: format.id,
      seed: seeds.battle,
      p1: players[0],
      p2: players[1],
    });
    this.advance();
  }

  /**
   * Play the actions of the seats that act; the battle moves on once both have chosen.
   *
   * @param {number[]} actions one per seat; ignored for a seat that does not act
   */
  step(actions) {
    const movePhase = this.battle.requestState === "move";
    for (const seat of [0, 1]) {
      if (!this.acting[seat]) continue;
      this.acting[seat] = false;
      const choice = this.choose(seat, actions[seat]);
      if (choice === null) continue;
      if (!this.battle.choose(`p${seat + 1}`, choice)) {
        this.redecide(seat, choice);
      } else if (movePhase && choice.startsWith("switch")) {
        this.switches[seat] += 1;
      }
    }
    if (this.acting[0] || this.acting[1]) return;
    this.advance();
  }

  /**
   * The Showdown choice of an action, null while a team preview still lacks picks.
   *
   * @param {number} seat
   * @param {number} action
   */
  choose(seat, action) {
    const choice = this.choices[seat][action];
    if (choice === null || choice === undefined) {
      throw new Error(`action ${action} of seat p${seat + 1} is illegal`);
    }
    if (choice !== "pick") return choice;
    const picked = this.picked[seat];
    picked.push(action);
    if (picked.length < this.picks(seat)) {
      this.refresh(seat);
      return null;
    }
    const rest = this.views[seat].slots.filter((slot) => !picked.includes(slot));
    return `team ${[...picked, ...rest].map((slot) => slot + 1).join(",")}`;
  }

  /** How many Pokémon a team preview asks for: the lead alone, unless the format has teams picked. @param {number} seat */
  picks(seat) {
    const size = this.battle.ruleTable.pickedTeamSize;
    return size ? Math.min(size, this.views[seat].team.length) : 1;
  }

  /**
   * A choice was refused because it would have revealed a hidden trap or disabling: decide again.
   *
   * @param {number} seat
   * @param {string} choice
   */
  redecide(seat, choice) {
    const side = this.battle.sides[seat];
    if (!side.activeRequest.update) {
      throw new Error(`Showdown refused "${choice}" of seat p${seat + 1}: ${side.choice.error}`);
    }
    side.activeRequest.update = false;
    this.views[seat].receiveRequest(side.activeRequest);
    this.refresh(seat);
  }

  /** Let the views read on, and find who acts next; choices that are no choice are made here. */
  advance() {
    for (;;) {
      this.readLog();
      const { battle } = this;
      if (battle.ended) {
        this.status = TERMINATED;
      } else if (battle.turn > this.shared.turnLimit) {
        this.status = TRUNCATED;
      }
      for (const seat of [0, 1]) {
        this.views[seat].ended = battle.ended;
        const request = battle.sides[seat].activeRequest;
        if (request) this.views[seat].receiveRequest(request);
        else this.views[seat].findOpposing();
        if (this.status === RUNNING) this.refresh(seat);
        else this.stop(seat);
      }
      if (this.status !== RUNNING || this.acting[0] || this.acting[1]) return;
      battle.makeChoices();
    }
  }

  /** @param {number} seat */
  refresh(seat) {
    const view = this.views[seat];
    this.acting[seat] = fillChoices(view.request, view.slots, this.picked[seat], this.choices[seat]);
  }

  /** @param {number} seat */
  stop(seat) {
    this.acting[seat] = false;
    this.choices[seat].fill(null);
  }

  /** Give each seat the new lines of its own channel (sim/SIM-PROTOCOL.md, `|split|`). */
  readLog() {
    const { log } = this.battle;
    const { Protocol } = this.shared.simulator;
    for (let index = this.logPosition; index < log.length; index++) {
      const line = log[index];
      if (line.startsWith("|split|p")) {
        const owner = line.charCodeAt(8) - 49;
        this.deliver(owner, Protocol.parseBattleLine(log[index + 1]));
        if (log[index + 2]) this.deliver(1 - owner, Protocol.parseBattleLine(log[index + 2]));
        index += 2;
      } else if (line !== "|" && !line.startsWith("|t:|") && !line.startsWith("|raw|")) {
        const message = Protocol.parseBattleLine(line);
        this.deliver(0, message);
        this.deliver(1, message);
      }
    }
    this.logPosition = log.length;
  }

  /**
   * @param {number} seat
   * @param {{args: any, kwArgs: any}} message
   */
  deliver(seat, { args, kwArgs }) {
    this.views[seat].receive(args, kwArgs);
  }

  /** +1 when the seat has won, -1 when it has lost, 0 for a tie or no end. @param {number} seat */
  outcome(seat) {
    if (this.status !== TERMINATED || !this.battle.winner) return 0;
    return this.battle.winner === NAMES[seat] ? 1 : -1;
  }

  /**
   * What rewards are made from, in the order of SIGNALS in pokeenv/rewards.py.
   *
   * @param {number} seat
   * @returns {number[]}
   */
  signals(seat) {
    const view = this.views[seat];
    const { own, opposing } = teamHealth(view);
    return [
      own.hp,
      opposing.hp,
      own.fainted,
      opposing.fainted,
      this.battle.turn,
      view.failures,
      this.switches[seat],
      this.status === TERMINATED ? 1 : 0,
      this.outcome(seat),
      own.size,
      opposing.size,
    ];
  }
}

/** @param {import("./view.mjs").SeatView} view */
function teamHealth(view) {
  const own = { hp: 0, fainted: view.fainted(0), size: view.slots.length };
  for (const slot of view.slots) {
    const [hp, maxhp] = view.health(slot);
    own.hp += hp / maxhp;
  }
  const size = Math.min(TEAM_SIZE, view.foe.totalPokemon);
  const opposing = { hp: size, fainted: view.fainted(1), size };
  for (const pokemon of view.opposing) {
    if (pokemon.fainted) opposing.hp -= 1;
    else if (pokemon.maxhp) opposing.hp -= 1 - pokemon.hp / pokemon.maxhp;
  }
  opposing.hp = Math.max(0, opposing.hp);
  return { own, opposing };
}
