// One seat: reads lines and requests, keeps the view and the legal choices, and turns an action into a choice.
//
// A seat's knowledge is a function of its client's messages, in their order. A hosted battle and a live server's
// stream deliver the same messages.

import { fillChoices, NUM_ACTIONS } from "./choices.mjs";
import * as doubles from "./choices_doubles.mjs";
import { parseLine } from "./lines.mjs";
import { forbidPicks } from "./team_preview.mjs";

/** @typedef {import("./lines.mjs").Message} Message */
/** @typedef {{simulator: import("../showdown/simulator.mjs").Simulator, views: import("../view/view.mjs").ViewFactory}} SeatContext */

const PICK = "pick";
/** Choices of a Pokémon that leave all others to the next one. */
const FREE = ["pass", "switch"];

/** Actions of a decision. @param {number} actives active Pokémon of a side */
export function numActions(actives) {
  return actives > 1 ? doubles.NUM_ACTIONS : NUM_ACTIONS;
}

export class Seat {
  /**
   * Judges selections in Team Preview, if a rule does. Private, so that snapshots leave it out.
   *
   * @type {ReturnType<typeof import("./team_preview.mjs").pickJudge>}
   */
  #judge = null;

  /**
   * @param {SeatContext} context
   * @param {number} index 0 or 1
   */
  constructor({ simulator, views }, index) {
    this.protocol = simulator.Protocol;
    this.view = views.make(index);
    this.actives = views.actives;
    /** Showdown's choice of every legal action. @type {(string | null)[]} */
    this.choices = new Array(numActions(views.actives)).fill(null);
    this.acting = false;
    /** Team slots picked so far in team preview. @type {number[]} */
    this.picked = [];
    /** Choices made so far of a request that asks for one for each active Pokémon. @type {string[]} */
    this.made = [];
    /** The actions of these choices. @type {number[]} */
    this.decided = [];
  }

  /**
   * Read a line.
   *
   * @param {string} line of this seat's own channel
   * @returns {boolean} true if it is about the battle
   */
  receiveLine(line) {
    const message = parseLine(this.protocol, line);
    if (message) this.receive(message);
    return message !== null;
  }

  /** Read a parsed line: a line for both seats is parsed once. @param {Message} message */
  receive({ args, kwArgs }) {
    this.view.receive(args, kwArgs);
    if (args[0] === "win" || args[0] === "tie") this.view.ended = true;
  }

  /**
   * Read the request that belongs to the lines so far.
   *
   * @param {import("../showdown/types.mjs").SeatRequest | null} request as Showdown sent it; null if the battle has ended
   */
  receiveRequest(request) {
    this.forgetChoices();
    if (request) this.view.receiveRequest(request);
    else this.view.findOpposing();
  }

  /** Find the legal choices of the last request. @returns {boolean} true if this seat must act */
  decide() {
    const { request, slots } = this.view;
    this.acting =
      this.actives > 1 ? this.decideOne() : fillChoices(request, slots, this.picked, this.choices);
    if (this.#judge && request?.teamPreview) {
      const first = this.actives > 1 ? doubles.FIRST_SWITCH : 0;
      forbidPicks(this.#judge, this.picks(), this.picked, this.choices, first);
    }
    return this.acting;
  }

  /** Find the next active Pokémon that has a choice, and what it allows. @returns {boolean} whether there is one */
  decideOne() {
    const { request, slots } = this.view;
    this.choices.fill(null);
    if (!request || request.wait) return false;
    if (request.teamPreview) {
      for (const slot of slots) {
        if (!this.picked.includes(slot)) this.choices[doubles.FIRST_SWITCH + slot] = PICK;
      }
      return this.choices.includes(PICK);
    }
    while (this.decided.length < this.actives) {
      doubles.fillDoubleChoices(request, slots, this.made, this.choices);
      if (this.choices.some((choice, action) => choice !== null && action !== doubles.PASS)) return true;
      this.choose("pass", doubles.PASS);
    }
    this.choices.fill(null);
    return false;
  }

  /**
   * The legal actions of each active Pokémon, as if the others left it every choice. In a Team Preview only the first has any.
   *
   * @returns {number[][]} masks
   */
  slotMasks() {
    const { request, slots } = this.view;
    const mask = this.choices.map((choice) => (choice === null ? 0 : 1));
    if (this.actives === 1) return [mask];
    /** @type {(string | null)[]} */
    const choices = this.choices.map(() => null);
    return Array.from({ length: this.actives }, (_, place) => {
      const legal = new Array(choices.length).fill(0);
      if (request.teamPreview || request.wait) return place === 0 ? mask : legal;
      for (const before of FREE) {
        doubles.fillDoubleChoices(request, slots, new Array(place).fill(before), choices);
        choices.forEach((choice, action) => (legal[action] ||= choice === null ? 0 : 1));
      }
      return legal;
    });
  }

  /** @param {string} choice @param {number} action */
  choose(choice, action) {
    this.made.push(choice);
    this.decided.push(action);
  }

  /** The answer to the last request begins anew. */
  forgetAnswer() {
    this.picked = [];
    this.forgetChoices();
  }

  forgetChoices() {
    this.made = [];
    this.decided = [];
  }

  /** @param {ReturnType<typeof import("./team_preview.mjs").pickJudge>} judge */
  set judge(judge) {
    this.#judge = judge;
  }

  /** End the decision: this seat does not act. */
  rest() {
    this.acting = false;
    this.choices.fill(null);
  }

  /**
   * Take an action of the due decision.
   *
   * @param {number} action
   * @returns {string | null} what to say to Showdown; null while the answer to the request is not complete
   */
  act(action) {
    const choice = this.choices[action];
    if (choice === null || choice === undefined) {
      throw new Error(`action ${action} of seat ${this.view.prefix} is illegal`);
    }
    this.acting = false;
    if (choice !== PICK) {
      if (this.actives === 1) return choice;
      this.choose(choice, action);
      return this.decide() ? null : this.made.join(", ");
    }
    this.picked.push(this.actives > 1 ? action - doubles.FIRST_SWITCH : action);
    if (this.picked.length < this.picks()) {
      this.decide();
      return null;
    }
    const rest = this.view.slots.filter((slot) => !this.picked.includes(slot));
    return `team ${[...this.picked, ...rest].map((slot) => slot + 1).join(",")}`;
  }

  /** Number of Pokémon that a Team Preview asks for: only those that lead, unless the format has teams picked. */
  picks() {
    const size = this.view.request.maxChosenTeamSize;
    return Math.min(size || this.actives, this.view.team.length);
  }
}
