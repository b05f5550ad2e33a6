// What a Pokémon block of a row was encoded from, so that it need not be encoded again.
//
// Only Pokémon on the bench are left as they are: nothing happens to them but through a line that names
// them (which counts in `changes`) or, to own ones, through the request. The types of the opposing active
// Pokémon concern all blocks, but only the effectiveness of their moves.

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../showdown/dex_tables.mjs").MoveNumbers} MoveNumbers */

const NEVER = -2;
const NO_TARGET = -1;

export class Block {
  constructor() {
    /** The Pokémon of the block; null: encode it in any case. @type {Pokemon | null} */
    this.pokemon = null;
    this.changes = 0;
    /** @type {any} */
    this.entry = null;
    this.ended = false;
    /** Moves in the order of their places. @type {MoveNumbers[]} */
    this.moves = [];
    this.target = NEVER;
  }

  forget() {
    this.pokemon = null;
    this.target = NEVER;
  }

  /** True if encoding the block again would change nothing. @param {SeatView} view @param {number} slot */
  isOfOwn(view, slot) {
    const member = view.members[slot];
    return (
      this.pokemon === member &&
      this.changes === member.changes &&
      this.ended === view.ended &&
      member !== view.own.active[0] &&
      isSameEntry(this.entry, view.team[slot])
    );
  }

  /** @param {SeatView} view @param {number} slot */
  keepOwn(view, slot) {
    const member = view.members[slot];
    const entry = view.team[slot];
    const onBench = member !== view.own.active[0] && !entry.active;
    this.pokemon = onBench ? member : null;
    this.changes = member.changes;
    this.entry = entry;
    this.ended = view.ended;
    this.target = NEVER;
  }

  /** True if encoding the block again would change nothing. @param {Pokemon} pokemon @param {Pokemon | null} active */
  isOfOpposing(pokemon, active) {
    return this.pokemon === pokemon && this.changes === pokemon.changes && pokemon !== active;
  }

  /** @param {Pokemon} pokemon @param {Pokemon | null} active */
  keepOpposing(pokemon, active) {
    this.pokemon = pokemon === active ? null : pokemon;
    this.changes = pokemon.changes;
    this.target = NEVER;
  }

  /**
   * Take the types that the block's moves would meet.
   *
   * @param {number[] | null} types numbers of types
   * @returns {boolean} whether they are others than before
   */
  isAgainst(types) {
    let target = NO_TARGET;
    if (types) {
      target = types.length;
      for (const type of types) target = 64 * target + type;
    }
    if (target === this.target) return false;
    this.target = target;
    return true;
  }
}

/**
 * Whether two entries of request.side.pokemon of one bench Pokémon say the same: all else in them changes only
 * when it comes or goes.
 *
 * @param {any} old
 * @param {any} entry
 */
function isSameEntry(old, entry) {
  return (
    old === entry ||
    (!entry.active &&
      old.condition === entry.condition &&
      old.item === entry.item &&
      old.ability === entry.ability &&
      old.baseAbility === entry.baseAbility &&
      old.details === entry.details)
  );
}
