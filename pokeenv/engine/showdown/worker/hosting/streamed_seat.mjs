// One seat of a battle that is played elsewhere, fed with a server's lines and requests.

import { Seat } from "../seat/seat.mjs";
import { UnknownError } from "../showdown/unknown.mjs";
import { readNothing } from "../view/nothing.mjs";

/** @import { SeatRequest } from "../showdown/types.mjs" */

const REQUEST = "|request|";
const UNAVAILABLE = "|error|[Unavailable choice]";
const INVALID = "|error|[Invalid choice]";

/** A seat that reads a server's messages. */
export class StreamedSeat {
  /**
   * @param {import("../seat/seat.mjs").SeatContext} context
   * @param {number} index 0 or 1
   * @param {boolean} requestFirst true if a request arrives before its lines, as from old servers
   * @param {import("../showdown/unknown.mjs").OnUnknown} unknown called with lines that are unknown
   */
  constructor(context, index, requestFirst, unknown) {
    this.unknown = unknown;
    this.seat = new Seat(context, index);
    this.requestFirst = requestFirst;
    /** A request whose lines have not arrived yet. @type {SeatRequest | null} */
    this.pending = null;
    /** The server's message if it refused the last choice. @type {string | null} */
    this.refusal = null;
    this.started = false;
  }

  /**
   * Read the lines of one server message. A decision is due once a request and its lines have arrived.
   *
   * @param {string[]} lines
   */
  receive(lines) {
    this.refusal = null;
    let readOn = false;
    for (const text of lines) {
      const line = text.endsWith("\r") ? text.slice(0, -1) : text;
      if (line.startsWith(REQUEST)) {
        this.receiveRequest(line.slice(REQUEST.length));
        readOn = false;
      } else if (line.startsWith(INVALID)) {
        this.refuse(line.slice("|error|".length));
      } else if (!line.startsWith("|error|") && this.read(line)) {
        this.started ||= line.startsWith("|start") || line.startsWith("|teampreview");
        readOn = true;
      } else if (line.startsWith(UNAVAILABLE)) {
        this.seat.rest(); // the request that follows has the remaining choices
      }
    }
    if (this.pending && readOn) this.apply(this.pending);
    if (this.seat.view.ended) {
      this.seat.receiveRequest(null);
      this.seat.rest();
    }
  }

  /**
   * Read a line. A newer server may have lines that are unknown, or known ones in another shape: they are left out.
   *
   * @param {string} line
   * @returns {boolean} true if it is about the battle, as far as known
   */
  read(line) {
    if (line.startsWith("|split|")) throw new Error(`the line is of the log of all seats: ${line}`);
    try {
      return this.seat.receiveLine(line);
    } catch (error) {
      if (error instanceof UnknownError) this.unknown(error.what, ` in the line: ${line}`);
      else if (error instanceof TypeError)
        this.unknown(`another form of "|${line.split("|")[1]}|"`, `: ${line}`);
      else throw error;
      return false;
    }
  }

  /** @param {string} text JSON, or "" */
  receiveRequest(text) {
    const request = text ? JSON.parse(text) : null;
    if (!request) return;
    const side = request.side?.id;
    if (side !== this.seat.view.prefix) {
      throw new Error(`a request for ${side} reached the stream of seat ${this.seat.view.prefix}`);
    }
    readNothing(request);
    if (this.requestFirst && !request.update) {
      this.pending = request;
      this.seat.rest();
    } else if (!this.started) {
      throw new Error(
        "a request came before the battle's first lines: observe this server with request_first=True",
      );
    } else {
      this.apply(request);
    }
  }

  /** @param {SeatRequest} request whose lines have arrived */
  apply(request) {
    this.pending = null;
    this.seat.receiveRequest(request);
    if (!this.seat.decide() && !request.wait) {
      throw new Error(`a request allows no action: ${JSON.stringify(request)}`);
    }
  }

  /** The decision is due again. @param {string} words the server's */
  refuse(words) {
    this.refusal = words;
    this.seat.forgetAnswer();
    if (!this.pending && this.seat.view.request) this.seat.decide();
  }
}
