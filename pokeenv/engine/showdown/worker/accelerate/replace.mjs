// Replacing a method of the simulator, only if it is the one that the replacement was written for.

import { createHash } from "node:crypto";

/**
 * @param {any} owner a prototype, or the one object that has the method
 * @param {string} name of a method
 * @param {string} digest of the source that the replacement was written for (the start of its SHA-256)
 * @param {(original: any) => any} make
 */
export function replace(owner, name, digest, make) {
  const original = owner[name];
  expectSource(name, original, digest);
  owner[name] = make(original);
}

/**
 * Refuse a function that is not the one that was copied or left out.
 *
 * @param {string} name
 * @param {any} found
 * @param {string} digest
 */
export function expectSource(name, found, digest) {
  const actual = createHash("sha256").update(String(found)).digest("hex").slice(0, digest.length);
  if (actual !== digest) {
    throw new Error(
      `the simulator's ${name} has changed (${actual}, not ${digest}): revise worker/accelerate, or start without it`,
    );
  }
}

/**
 * Replace fragments of a method's source. Every omission and exchange is visible here, and the rest
 * of a long method stays upstream's.
 *
 * @param {any} owner a prototype
 * @param {string} name of a method
 * @param {string} digest of the source that the edits were written for
 * @param {[string, string][]} edits fragments, each of which occurs exactly once, and their replacements
 * @param {Record<string, any>} scope what the source finds outside itself
 */
export function rewrite(owner, name, digest, edits, scope = {}) {
  replace(owner, name, digest, (original) => edited(original, edits, scope));
}

/**
 * A method with fragments of its source replaced; see `rewrite`.
 *
 * @param {any} original
 * @param {[string, string][]} edits
 * @param {Record<string, any>} scope
 */
export function edited(original, edits, scope = {}) {
  const { name } = original;
  let source = String(original);
  for (const [fragment, substitute] of edits) {
    const parts = source.split(fragment);
    if (parts.length !== 2) throw new Error(`${name} has ${parts.length - 1} times "${fragment}", not once`);
    source = parts.join(substitute);
  }
  const names = Object.keys(scope);
  return new Function(...names, `"use strict"; return ({ ${source} }).${name};`)(
    ...names.map((key) => scope[key]),
  );
}
