// The source of an encoded Pokémon block, to skip the encoding while it has not changed.
//
// Only blocks of Pokémon on the bench are skipped. Such a Pokémon changes only through a line that names it (which
// counts in `changes`) or, if it is an own one, through the request. The types of the opposing active Pokémon affect
// only the effectiveness of moves, in all blocks.

import { isOut } from "../view/state.mjs";

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
    /** Types that the moves would meet, by place, as one number. */
    this.targets = [NEVER, NEVER];
  }

  /** Have the block encoded again. */
  forget() {
    this.pokemon = null;
    this.targets.fill(NEVER);
  }

  /** True if encoding the block again would change nothing. @param {SeatView} view @param {number} slot */
  isOfOwn(view, slot) {
    const member = view.members[slot];
    return (
      this.pokemon === member &&
      this.changes === member.changes &&
      this.ended === view.ended &&
      !isOut(view.state, member) &&
      isSameEntry(/** @type {TeamEntry} */ (this.entry), view.team[slot])
    );
  }

  /** Note the source of an own Pokémon's block. @param {SeatView} view @param {number} slot */
  keepOwn(view, slot) {
    const member = view.members[slot];
    const entry = view.team[slot];
    const onBench = !isOut(view.state, member) && !entry.active;
    this.pokemon = onBench ? member : null;
    this.changes = member.changes;
    this.entry = entry;
    this.ended = view.ended;
    this.targets.fill(NEVER);
  }

  /** True if encoding the block again would change nothing. @param {Pokemon} pokemon @param {boolean} out */
  isOfOpposing(pokemon, out) {
    return this.pokemon === pokemon && this.changes === pokemon.changes && !out;
  }

  /** @param {Pokemon} pokemon @param {boolean} out true if it is on the field */
  keepOpposing(pokemon, out) {
    this.pokemon = out ? null : pokemon;
    this.changes = pokemon.changes;
    this.targets.fill(NEVER);
  }

  /**
   * Note the types of the Pokémon that the block's moves would hit.
   *
   * @param {number} place of the Pokémon that they would meet
   * @param {number} target its types as one number; see `targetOf`
   * @returns {boolean} true if they have changed
   */
  isAgainst(place, target) {
    if (target === this.targets[place]) return false;
    this.targets[place] = target;
    return true;
  }
}

/** Numbers of types as one number. @param {number[] | null} types null where nobody is */
export function targetOf(types) {
  if (!types) return NO_TARGET;
  let target = types.length;
  for (const type of types) target = 64 * target + type;
  return target;
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
