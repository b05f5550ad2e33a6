// One seat: reads lines and requests, keeps the view and the legal choices, and turns an action into a choice.
//
// A seat's knowledge is a function of its client's messages, in their order. A hosted battle and a live server's
// stream deliver the same messages.

import { fillChoices, NUM_ACTIONS } from "./choices.mjs";
import { parseLine } from "./lines.mjs";
import { forbidPicks } from "./team_preview.mjs";

/** @typedef {import("./lines.mjs").Message} Message */
/** @typedef {{simulator: import("../showdown/simulator.mjs").Simulator, views: import("../view/view.mjs").ViewFactory}} SeatContext */

/** One seat of a battle. */
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
    /** Showdown's choice of every legal action. @type {(string | null)[]} */
    this.choices = new Array(NUM_ACTIONS).fill(null);
    this.acting = false;
    /** Team slots picked so far in team preview. @type {number[]} */
    this.picked = [];
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
    if (request) this.view.receiveRequest(request);
    else this.view.findOpposing();
  }

  /** Find the legal choices of the last request. @returns {boolean} true if this seat must act */
  decide() {
    this.acting = fillChoices(this.view.request, this.view.slots, this.picked, this.choices);
    if (this.#judge && this.view.request?.teamPreview) {
      forbidPicks(this.#judge, this.picks(), this.picked, this.choices);
    }
    return this.acting;
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
   * @returns {string | null} the choice for Showdown; null while Team Preview still needs picks
   */
  act(action) {
    const choice = this.choices[action];
    if (choice === null || choice === undefined) {
      throw new Error(`action ${action} of seat ${this.view.prefix} is illegal`);
    }
    this.acting = false;
    if (choice !== "pick") return choice;
    this.picked.push(action);
    if (this.picked.length < this.picks()) {
      this.decide();
      return null;
    }
    const rest = this.view.slots.filter((slot) => !this.picked.includes(slot));
    return `team ${[...this.picked, ...rest].map((slot) => slot + 1).join(",")}`;
  }

  /** Number of Pokémon to pick in Team Preview: only the lead, unless the format limits the picked team. */
  picks() {
    const size = this.view.request.maxChosenTeamSize;
    return size ? Math.min(size, this.view.team.length) : 1;
  }
}
