// Communication with the parent process: pipes for wake-ups and messages, a shared file for numbers.
//
// Everything is synchronous: between two steps the worker sleeps in a blocking read. The pipe ends when the parent
// has ended, in any way.

import { readSync, writeSync } from "node:fs";

export const STEP = 0x53; // "S": the control block is filled, step every battle
export const MESSAGE = 0x4a; // "J": a JSON message follows, preceded by its length
const DONE = 0x44; // "D": the step is done, the results are in the shared file
export const ERROR = 0x45; // "E": a JSON error follows, preceded by its length

/** The pipes from and to the parent process. */
export class Channel {
  /**
   * @param {number} input file descriptor of the pipe from the parent
   * @param {number} output file descriptor of the pipe to the parent
   */
  constructor(input, output) {
    this.input = input;
    this.output = output;
    this.byte = Buffer.alloc(1);
  }

  /** Wait for the next command byte, STEP or MESSAGE; 0 if the parent has ended. */
  readCommand() {
    return readSync(this.input, this.byte, 0, 1, null) === 1 ? this.byte[0] : 0;
  }

  /** Read the JSON message that follows a MESSAGE byte. @returns {any} */
  readMessage() {
    const length = this.readExactly(4).readUInt32LE(0);
    return JSON.parse(this.readExactly(length).toString("utf8"));
  }

  /** @param {number} length in bytes */
  readExactly(length) {
    const buffer = Buffer.alloc(length);
    for (let offset = 0; offset < length;) {
      const count = readSync(this.input, buffer, offset, length - offset, null);
      if (count === 0) process.exit(0);
      offset += count;
    }
    return buffer;
  }

  writeDone() {
    this.byte[0] = DONE;
    writeSync(this.output, this.byte);
  }

  /**
   * @param {number} kind MESSAGE or ERROR
   * @param {unknown} content
   */
  writeMessage(kind, content) {
    const body = Buffer.from(JSON.stringify(content), "utf8");
    const head = Buffer.alloc(5);
    head[0] = kind;
    head.writeUInt32LE(body.length, 1);
    const packet = Buffer.concat([head, body]);
    for (let offset = 0; offset < packet.length;) {
      offset += writeSync(this.output, packet, offset);
    }
  }
}

/**
 * This worker's part of one array of the shared file.
 *
 * @template {Float32Array | Int32Array | Int8Array} T
 */
export class SharedArray {
  /**
   * @param {number} fd shared file
   * @param {number} position of this worker's part in the file, in bytes
   * @param {T} array this worker's part in memory
   */
  constructor(fd, position, array) {
    this.fd = fd;
    this.position = position;
    this.array = array;
    this.bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  }

  /** Read the part from the file into memory. */
  pull() {
    readSync(this.fd, this.bytes, 0, this.bytes.length, this.position);
  }

  /** Write the part from memory into the file. */
  push() {
    writeSync(this.fd, this.bytes, 0, this.bytes.length, this.position);
  }

  /**
   * Write a share of the part from memory into the file.
   *
   * @param {number} first where it begins, as a share of the whole
   * @param {number} end where it ends
   */
  pushPart(first, end) {
    const size = this.bytes.length;
    const [start, stop] = [Math.round(first * size), Math.round(end * size)];
    writeSync(this.fd, this.bytes, start, stop - start, this.position + start);
  }
}
