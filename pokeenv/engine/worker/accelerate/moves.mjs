// Copies of moves: a move in use is a deep copy of a frozen one, and most of it is the same every time.

import { replace } from "./replace.mjs";

/** @param {import("./index.mjs").Classes} classes */
export function accelerateMoves({ Dex }) {
  replace(Object.getPrototypeOf(Dex), "getActiveMove", "d75c255b5adb1022", makeGetActiveMove);
}

/**
 * `ModdedDex.getActiveMove` with one compiled copier per move: same keys in the same order, same prototype,
 * nested objects copied as `deepClone` copies them.
 *
 * @param {any} original
 */
function makeGetActiveMove(original) {
  /** @type {WeakMap<object, new () => any>} */
  const copiers = new WeakMap();
  return /** @this {any} */ function getActiveMove(/** @type {any} */ move) {
    if (move && typeof move.hit === "number") return move;
    move = this.moves.get(move);
    let Copier = copiers.get(move);
    if (Copier === undefined) {
      if (!Object.isFrozen(move)) return original.call(this, move);
      Copier = compileCopier(move);
      copiers.set(move, Copier);
    }
    return new Copier();
  };
}

/**
 * @param {any} move frozen
 * @returns {new () => any} a constructor of copies
 */
function compileCopier(move) {
  /** Values that have no literal: functions. @type {any[]} */
  const values = [];
  const assignments = Object.keys(move).map(
    (key) => `this[${JSON.stringify(key)}] = ${literal(move[key], values)};`,
  );
  const source = `return function ActiveMove() { ${assignments.join(" ")} this.hit = 0; };`;
  const Copier = new Function("values", source)(values);
  Copier.prototype = Object.getPrototypeOf(move);
  return Copier;
}

/**
 * JavaScript that makes a copy of a value.
 *
 * @param {any} value
 * @param {any[]} values receives what has no literal
 * @returns {string}
 */
function literal(value, values) {
  if (value === undefined) return "undefined";
  if (value === null || typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((element) => literal(element, values)).join(", ")}]`;
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.keys(value).map((key) => `${JSON.stringify(key)}: ${literal(value[key], values)}`);
    return `{ ${entries.join(", ")} }`;
  }
  if (typeof value === "object")
    throw new Error(`a move holds a ${value.constructor?.name}, which has no literal`);
  values.push(value);
  return `values[${values.length - 1}]`;
}
