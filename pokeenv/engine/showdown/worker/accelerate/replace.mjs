// Replaces methods of the simulator, if their source is the expected one.

import { createHash } from "node:crypto";

/** @typedef {(this: any, ...args: any[]) => any} Method a method of the simulator */

/**
 * Replace a method.
 *
 * @param {Record<string, any>} owner a prototype, or the one object that has the method
 * @param {string} name of the method
 * @param {string} digest of the source that the replacement was written for: the start of its SHA-256
 * @param {(original: Method) => Method} make returns the replacement
 */
export function replace(owner, name, digest, make) {
  const original = owner[name];
  expectSource(name, original, digest);
  owner[name] = make(original);
}

/**
 * Fail if a function's source is not the expected one.
 *
 * @param {string} name
 * @param {Function} found
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
 * Replace fragments of a method's source, so that every change is visible and the rest of a long method stays stock.
 *
 * @param {Record<string, any>} owner a prototype
 * @param {string} name of a method
 * @param {string} digest of the source that the edits were written for
 * @param {[string, string][]} edits fragments, each of which occurs exactly once, and their replacements
 * @param {Record<string, any>} scope variables that the source may use
 */
export function rewrite(owner, name, digest, edits, scope = {}) {
  replace(owner, name, digest, (original) => edited(original, edits, scope));
}

/**
 * A method with fragments of its source replaced; see `rewrite`.
 *
 * @param {Method} original
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
