// Teams and formats: what is the same for every battle of a format is made once.

import { replace } from "./replace.mjs";

/** @param {import("./index.mjs").Classes} classes */
export function accelerateTeams({ Dex, Teams }) {
  replace(Teams, "getGenerator", "20200bffd4dea8f9", (original) => makeGetGenerator(original, Dex));
  replace(Object.getPrototypeOf(Dex.formats), "get", "91416640cd68aae9", makeGetFormat);
}

// What a generator's own functions may read of the generator that they were made for: it never changes.
const CONSTANT = ["priorityPokemon"];

/**
 * `Teams.getGenerator` that constructs a format's generator once and copies it from then on: its constructor
 * reads all moves, once per class that it inherits from. Every generator has a state of its own, as upstream's.
 *
 * @param {any} original
 * @param {any} Dex
 */
function makeGetGenerator(original, Dex) {
  /** Never asked for a team; null where copies would not do. @type {WeakMap<object, any>} */
  const templates = new WeakMap();
  return /** @this {any} */ function getGenerator(/** @type {any} */ format, /** @type {any} */ seed = null) {
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
 * Whether a copy works like the generator itself: its functions, which keep to the original, read nothing of it
 * that a team could have changed.
 *
 * @param {any} generator
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
 * `DexFormats.get` that makes a rule once per dex; upstream, only the base dex keeps its formats.
 *
 * @param {any} original
 */
function makeGetFormat(original) {
  /** @type {WeakMap<object, Map<string, any>>} */
  const byDex = new WeakMap();
  return /** @this {any} */ function get(/** @type {any} */ name, /** @type {boolean} */ isTrusted = false) {
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
