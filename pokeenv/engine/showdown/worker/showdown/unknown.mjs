// Names that the pinned simulator does not have: errors in the embedded engine, notes in battles of a newer server.

/** A message, an effect or a name that is unknown. */
export class UnknownError extends Error {
  /**
   * @param {string} what such as `unknown move "Pond"`
   * @param {string} [where] its place, such as the line; the same name elsewhere is no news
   */
  constructor(what, where = "") {
    super(what + where);
    this.what = what;
  }
}

/** @typedef {(what: string, where?: string) => void} OnUnknown called with the arguments of `UnknownError` */

/** @type {OnUnknown} */
export function refuse(what, where) {
  throw new UnknownError(what, where);
}

/** Collects the unknown, each name once. */
export class Notes {
  constructor() {
    /** @type {Set<string>} */
    this.known = new Set();
    /** @type {string[]} */
    this.fresh = [];
    /** @type {OnUnknown} */
    this.add = (what, where = "") => {
      if (this.known.has(what)) return;
      this.known.add(what);
      this.fresh.push(what + where);
    };
  }

  /** The notes since the last call. */
  take() {
    const notes = this.fresh;
    this.fresh = [];
    return notes;
  }
}
