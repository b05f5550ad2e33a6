// One seat of a battle that is played elsewhere: its lines and requests arrive as a server sends them.

import { Seat } from "../seat/seat.mjs";

const REQUEST = "|request|";
const UNAVAILABLE = "|error|[Unavailable choice]";
const INVALID = "|error|[Invalid choice]";

export class StreamedSeat {
  /**
   * @param {import("../seat/seat.mjs").SeatContext} context
   * @param {number} index 0 or 1
   * @param {boolean} requestFirst whether a request comes before its lines, as old servers send it
   */
  constructor(context, index, requestFirst) {
    this.seat = new Seat(context, index);
    this.requestFirst = requestFirst;
    /** A request that waits for its lines. @type {any} */
    this.pending = null;
    /** The server's words about the last choice, if it was refused. @type {string | null} */
    this.refusal = null;
    this.started = false;
  }

  /**
   * Read what the server sent at once. A decision is due when a request and its lines were read.
   *
   * @param {string[]} lines
   */
  receive(lines) {
    this.refusal = null;
    let readOn = false;
    for (const line of lines) {
      if (line.startsWith(REQUEST)) {
        this.receiveRequest(line.slice(REQUEST.length));
        readOn = false;
      } else if (line.startsWith(INVALID)) {
        this.refuse(line.slice("|error|".length));
      } else if (!line.startsWith("|error|") && this.seat.receiveLine(line)) {
        this.started ||= line.startsWith("|start") || line.startsWith("|teampreview");
        readOn = true;
      } else if (line.startsWith(UNAVAILABLE)) {
        this.seat.rest(); // the request that follows says what is left
      }
    }
    if (this.pending && readOn) this.apply(this.pending);
    if (this.seat.view.ended) {
      this.seat.receiveRequest(null);
      this.seat.rest();
    }
  }

  /** @param {string} text JSON, or nothing */
  receiveRequest(text) {
    const request = text ? JSON.parse(text) : null;
    if (!request) return;
    const side = request.side?.id;
    if (side !== this.seat.view.prefix) {
      throw new Error(`a request for ${side} reached the stream of seat ${this.seat.view.prefix}`);
    }
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

  /** @param {any} request whose lines were read */
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
    this.seat.picked = [];
    if (!this.pending && this.seat.view.request) this.seat.decide();
  }
}
