// Teams and formats: what is the same for every battle of a format is made once.

import { replace } from "./replace.mjs";

/** @param {import("./index.mjs").Classes} classes */
export function accelerateTeams({ Dex, Teams }) {
  replace(Teams, "generate", "b08d21051a2852a1", makeGenerate);
  replace(Object.getPrototypeOf(Dex.formats), "get", "91416640cd68aae9", makeGetFormat);
}

/**
 * `Teams.generate` that makes a format's generator once. Its constructor reads all moves, once per class that
 * it inherits from; afterwards a generator is put back to how it was made before every team.
 *
 * @param {any} original
 */
function makeGenerate(original) {
  /** @type {WeakMap<object, {generator: any, fresh: Map<string, any>}>} */
  const made = new WeakMap();
  return /** @this {any} */ function generate(/** @type {any} */ format, /** @type {any} */ options = null) {
    if (typeof format !== "object") return original.call(this, format, options);
    let known = made.get(format);
    if (known === undefined) {
      const generator = this.getGenerator(format, options?.seed);
      known = { generator, fresh: new Map(Object.entries(generator)) };
      made.set(format, known);
    } else {
      restore(known.generator, known.fresh);
      known.generator.setSeed(options?.seed ?? null);
    }
    return known.generator.getTeam(options);
  };
}

/**
 * @param {any} object
 * @param {Map<string, any>} properties
 */
function restore(object, properties) {
  for (const key of Object.keys(object)) {
    if (!properties.has(key)) delete object[key];
  }
  for (const [key, value] of properties) object[key] = value;
}

/**
 * `DexFormats.get` that makes a rule once per dex; only the base dex keeps its formats by itself.
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
