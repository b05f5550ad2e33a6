// Speeds up teams and formats: makes each format and its team generator only once.

import { replace } from "./replace.mjs";

/** Replace the methods that make generators and formats. @param {import("./index.mjs").Classes} classes */
export function accelerateTeams({ Dex, Teams }) {
  replace(Teams, "getGenerator", "20200bffd4dea8f9", (original) => makeGetGenerator(original, Dex));
  replace(Object.getPrototypeOf(Dex.formats), "get", "91416640cd68aae9", makeGetFormat);
}

/** @import { SimDex, SimFormat } from "../showdown/types.mjs" */
/** @typedef {any} TeamGenerator a generator of random teams, of the simulator */

// Constant properties of a generator, which its own functions may read.
const CONSTANT = ["priorityPokemon"];

/**
 * `Teams.getGenerator` that constructs a format's generator once and copies it afterwards, since its constructor reads
 * all moves, once per class that it inherits from. Every copy has its own state, like a stock generator.
 *
 * @param {import("./replace.mjs").Method} original
 * @param {SimDex} Dex
 */
function makeGetGenerator(original, Dex) {
  /** Unused generators by format; null if copies would not work. @type {WeakMap<object, TeamGenerator>} */
  const templates = new WeakMap();
  return /** @this {any} */ function getGenerator(
    /** @type {SimFormat} */ format,
    /** @type {unknown} */ seed = null,
  ) {
    format = Dex.formats.get(format);
    let template = templates.get(format);
    if (template === undefined) {
      template = original.call(this, format, seed);
      if (!isCopyable(template)) template = null;
      templates.set(format, template);
    }
    if (template === null) return original.call(this, format, seed);
    const generator = Object.assign(Object.create(Object.getPrototypeOf(template)), template);
    generator.setSeed(seed);
    return generator;
  };
}

/**
 * True if a copy works like the generator itself: its functions stay bound to the original, and read only constant
 * properties of it.
 *
 * @param {TeamGenerator} generator
 */
function isCopyable(generator) {
  const functions = [...Object.values(generator), ...Object.values(generator.moveEnforcementCheckers ?? {})];
  const sources = functions.filter((value) => typeof value === "function").map(String);
  const read = sources.flatMap((source) =>
    [...source.matchAll(/\bthis\b(?:\.(\w+))?/g)].map((match) => match[1]),
  );
  return typeof generator.setSeed === "function" && read.every((name) => CONSTANT.includes(name));
}

/**
 * `DexFormats.get` that makes a rule once per dex; in the stock simulator, only the base dex keeps its formats.
 *
 * @param {import("./replace.mjs").Method} original
 */
function makeGetFormat(original) {
  /** @type {WeakMap<object, Map<string, SimFormat>>} */
  const byDex = new WeakMap();
  return /** @this {any} */ function get(
    /** @type {unknown} */ name,
    /** @type {boolean} */ isTrusted = false,
  ) {
    if (typeof name !== "string" || name.includes("@@@")) return original.call(this, name, isTrusted);
    let known = byDex.get(this);
    if (known === undefined) byDex.set(this, (known = new Map()));
    let format = known.get(name);
    if (format === undefined) {
      format = original.call(this, name, isTrusted);
      if (format.exists) known.set(name, format);
    }
    return format;
  };
}
