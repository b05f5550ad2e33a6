// The source of an encoded Pokémon block, to skip the encoding while it has not changed.
//
// Only blocks of Pokémon on the bench are skipped. Such a Pokémon changes only through a line that names it (which
// counts in `changes`) or, if it is an own one, through the request. The types of the opposing active Pokémon affect
// only the effectiveness of moves, in all blocks.

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../showdown/dex_tables.mjs").MoveNumbers} MoveNumbers */

/** @import { TeamEntry } from "../showdown/types.mjs" */

const NEVER = -2;
const NO_TARGET = -1;

/** The source of one block's last encoding. */
export class Block {
  constructor() {
    /** The Pokémon of the block; null if it must be encoded again. @type {Pokemon | null} */
    this.pokemon = null;
    this.changes = 0;
    /** The request's entry of an own Pokémon. @type {TeamEntry | null} */
    this.entry = null;
    this.ended = false;
    /** Moves in the order of their places. @type {MoveNumbers[]} */
    this.moves = [];
    this.target = NEVER;
  }

  /** Have the block encoded again. */
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
      isSameEntry(/** @type {TeamEntry} */ (this.entry), view.team[slot])
    );
  }

  /** Note the source of an own Pokémon's block. @param {SeatView} view @param {number} slot */
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

  /** Note the source of an opposing Pokémon's block. @param {Pokemon} pokemon @param {Pokemon | null} active */
  keepOpposing(pokemon, active) {
    this.pokemon = pokemon === active ? null : pokemon;
    this.changes = pokemon.changes;
    this.target = NEVER;
  }

  /**
   * Note the types of the Pokémon that the block's moves would hit.
   *
   * @param {number[] | null} types numbers of types
   * @returns {boolean} true if they have changed
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
 * True if two entries of one bench Pokémon are equal. Properties that are not compared change only on the field.
 *
 * @param {TeamEntry} old
 * @param {TeamEntry} entry
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
