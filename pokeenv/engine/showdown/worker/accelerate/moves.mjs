// Speeds up the copies of moves: an active move is a deep copy of a frozen one, and most of its properties are plain.

import { replace } from "./replace.mjs";

/** @import { SimDex, SimMove } from "../showdown/types.mjs" */

/** Replace the method that copies moves. @param {import("./index.mjs").Classes} classes */
export function accelerateMoves({ Dex }) {
  replace(Object.getPrototypeOf(Dex), "getActiveMove", "d75c255b5adb1022", makeGetActiveMove);
}

/**
 * `ModdedDex.getActiveMove` that copies plain properties with one constructor and clones only nested ones.
 *
 * Frozen moves have different sets of properties, so reading them is slow. Copies have the properties of all moves of
 * the generation, since V8 makes and reads objects of one shape fast, and no code enumerates a move's properties. (A
 * shape and a constructor per move are slower: docs/log/2026-11.md.)
 *
 * @param {import("./replace.mjs").Method} original
 */
function makeGetActiveMove(original) {
  /** Templates of the copies by move; null if the stock method must copy. @type {WeakMap<object, Template | null>} */
  const templates = new WeakMap();
  /** Shapes by dex. @type {WeakMap<object, Shape>} */
  const shapes = new WeakMap();

  /** @param {SimDex} dex @param {SimMove} move */
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

  return /** @this {SimDex} */ function getActiveMove(/** @type {SimMove} */ move) {
    if (move && typeof move.hit === "number") return move;
    move = this.moves.get(move);
    let template = templates.get(move);
    if (template === undefined) template = templateOf(this, move);
    if (template === null) return original.call(this, move);
    const copy = new template.Copy(template.move);
    for (const { key, make } of template.nested) copy[key] = make();
    return copy;
  };
}

/**
 * @typedef {object} Shape the properties of all moves of a generation
 * @property {Set<string>} names of all properties
 * @property {new (move: SimMove) => SimMove} Copy constructor of copies
 */

/**
 * @typedef {object} Template a move, ready to be copied
 * @property {SimMove} move the original in the shape of its copies
 * @property {{key: string, make: () => object}[]} nested properties that are objects, and how to copy each
 * @property {new (move: SimMove) => SimMove} Copy constructor of copies
 */

/** @param {SimDex} dex @returns {Shape} */
function makeShape(dex) {
  /** @type {SimMove[]} */
  const moves = dex.moves.all().filter((/** @type {SimMove} */ move) => move.gen <= dex.gen);
  const names = new Set(moves.flatMap((move) => Object.keys(move)));
  const fields = [...names].map((name) => `this.${name} = move.${name};`);
  const Copy = new Function(`return function Copy(move) { ${fields.join(" ")} this.hit = 0; };`)();
  Copy.prototype = Object.getPrototypeOf(moves[0]);
  return { names, Copy };
}

/** @param {Shape} shape @param {SimMove} move @returns {Template} */
function makeTemplate({ Copy }, move) {
  const nested = Object.keys(move)
    .filter((key) => move[key] !== null && typeof move[key] === "object")
    .map((key) => ({ key, make: makeCloner(move[key]) }));
  return { move: new Copy(move), nested, Copy };
}

/**
 * A function that makes deep copies of a plain value. It is written as a literal, which V8 makes much faster than it
 * sets properties one by one.
 *
 * @param {object} value of a frozen move: objects, lists, functions and primitive values
 * @returns {() => object}
 */
function makeCloner(value) {
  /** @type {unknown[]} */
  const constants = [];
  const literal = literalOf(value, constants);
  return new Function("constants", `return () => (${literal});`)(constants);
}

/** @param {unknown} value @param {unknown[]} constants gets the values that have no literal @returns {string} */
function literalOf(value, constants) {
  if (Array.isArray(value)) return `[${value.map((item) => literalOf(item, constants)).join(", ")}]`;
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const properties = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}: ${literalOf(item, constants)}`,
    );
    return `{ ${properties.join(", ")} }`;
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null)
    return JSON.stringify(value);
  if (typeof value === "object") throw new Error(`a move has an object of another kind: ${value}`);
  constants.push(value);
  return `constants[${constants.length - 1}]`;
}
