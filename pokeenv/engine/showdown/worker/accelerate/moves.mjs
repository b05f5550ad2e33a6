// Copies of moves: a move in use is a deep copy of a frozen one, and most of it is plain.

import { replace } from "./replace.mjs";

/** @param {import("./index.mjs").Classes} classes */
export function accelerateMoves({ Dex }) {
  replace(Object.getPrototypeOf(Dex), "getActiveMove", "d75c255b5adb1022", makeGetActiveMove);
}

/**
 * `ModdedDex.getActiveMove` that copies a move's plain properties at once and only its nested ones one by
 * one. Frozen moves differ in which properties they have, so whatever reads them is slow. Copies have all
 * properties that a move of the generation has (nobody enumerates a move's), and V8 reads and makes objects
 * of one shape fast. (A shape and a constructor per move are slower: docs/log/2026-11.md.)
 *
 * @param {any} original
 */
function makeGetActiveMove(original) {
  /** Templates of the copies; null where upstream must copy. @type {WeakMap<object, Template | null>} */
  const templates = new WeakMap();
  /** Makers of copies by dex. @type {WeakMap<object, Shape>} */
  const shapes = new WeakMap();

  /** @param {any} dex @param {any} move */
  function templateOf(dex, move) {
    if (!Object.isFrozen(move)) return null;
    let shape = shapes.get(dex);
    if (shape === undefined) shapes.set(dex, (shape = makeShape(dex)));
    const template = Object.keys(move).every((key) => shape.names.has(key))
      ? makeTemplate(shape, move)
      : null;
    templates.set(move, template);
    return template;
  }

  return /** @this {any} */ function getActiveMove(/** @type {any} */ move) {
    if (move && typeof move.hit === "number") return move;
    move = this.moves.get(move);
    let template = templates.get(move);
    if (template === undefined) template = templateOf(this, move);
    if (template === null) return original.call(this, move);
    const copy = new template.Copy(template.move);
    for (const key of template.nested) copy[key] = this.deepClone(copy[key]);
    return copy;
  };
}

/**
 * @typedef {object} Shape
 * @property {Set<string>} names of all properties
 * @property {new (move: any) => any} Copy
 */

/**
 * @typedef {object} Template
 * @property {any} move the original in the shape of its copies
 * @property {string[]} nested properties that are objects
 * @property {new (move: any) => any} Copy
 */

/** @param {any} dex @returns {Shape} */
function makeShape(dex) {
  /** @type {any[]} */
  const moves = dex.moves.all().filter((/** @type {any} */ move) => move.gen <= dex.gen);
  const names = new Set(moves.flatMap((move) => Object.keys(move)));
  const fields = [...names].map((name) => `this.${name} = move.${name};`);
  const Copy = new Function(`return function Copy(move) { ${fields.join(" ")} this.hit = 0; };`)();
  Copy.prototype = Object.getPrototypeOf(moves[0]);
  return { names, Copy };
}

/** @param {Shape} shape @param {any} move @returns {Template} */
function makeTemplate({ Copy }, move) {
  const nested = Object.keys(move).filter((key) => move[key] !== null && typeof move[key] === "object");
  return { move: new Copy(move), nested, Copy };
}
