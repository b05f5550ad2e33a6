// One seat: lines and requests in, the view, the legal choices and the choice of an action out.
//
// What a seat knows is a function of what its client receives, in that order. A hosted battle and a
// live server's stream feed it alike.

import { fillChoices, NUM_ACTIONS } from "./choices.mjs";
import { parseLine } from "./lines.mjs";
import { forbidPicks } from "./team_preview.mjs";

/** @typedef {import("./lines.mjs").Message} Message */
/** @typedef {{simulator: import("../showdown/simulator.mjs").Simulator, views: import("../view/view.mjs").ViewFactory}} SeatContext */

export class Seat {
  /**
   * Whether a selection in team preview is allowed, where a rule says so. Private, since it is no part of what a
   * snapshot holds.
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
   * @param {string} line of this seat's own channel
   * @returns {boolean} whether it says something about the battle
   */
  receiveLine(line) {
    const message = parseLine(this.protocol, line);
    if (message) this.receive(message);
    return message !== null;
  }

  /** A parsed line: a line for both seats is parsed once. @param {Message} message */
  receive({ args, kwArgs }) {
    this.view.receive(args, kwArgs);
    if (args[0] === "win" || args[0] === "tie") this.view.ended = true;
  }

  /**
   * The request that belongs to the lines received so far.
   *
   * @param {any} request as Showdown sent it; null when the battle has ended
   */
  receiveRequest(request) {
    if (request) this.view.receiveRequest(request);
    else this.view.findOpposing();
  }

  /** Find what the last request allows. @returns {boolean} whether this seat must act */
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

  /** Nothing to decide any more. */
  rest() {
    this.acting = false;
    this.choices.fill(null);
  }

  /**
   * Take an action of the decision that is due.
   *
   * @param {number} action
   * @returns {string | null} what to say to Showdown; null while a team preview still lacks picks
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

  /** Number of Pokémon that a Team Preview asks for: only the lead, unless the format has teams picked. */
  picks() {
    const size = this.view.request.maxChosenTeamSize;
    return size ? Math.min(size, this.view.team.length) : 1;
  }
}
