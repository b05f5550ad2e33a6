// Encodes the Pokémon blocks with their moves.

import { isOffered } from "../seat/choices.mjs";
import { abilityOf, currentMoves, isItemSuspended, isSuppressed, knownForme } from "../view/state.mjs";
import { choiceLock } from "./field.mjs";
import { family, mark, put } from "./places.mjs";

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../showdown/dex_tables.mjs").DexTables} DexTables */
/** @typedef {import("../showdown/dex_tables.mjs").MoveNumbers} MoveNumbers */
/** @typedef {import("./places.mjs").Place} Place */

const USABLE_MOVES = 6; // actions 6-9 are the moves of the active Pokémon
/** Flags of a move. */
const USABLE = 1;
const DISABLED = 2;
const ENCORED = 4;
const LOCKED = 8;

/** Encodes the Pokémon blocks of one format. */
export class PokemonEncoder {
  /**
   * @param {import("../showdown/types.mjs").ObservationLayout} layout
   * @param {DexTables} tables
   */
  constructor(layout, tables) {
    this.tables = tables;
    const { pokemon, move, statuses, stats } = layout;
    /** @type {import("./places.mjs").Places} */
    this.at = pokemon;
    /** @type {import("./places.mjs").Places} */
    this.moveAt = move;
    this.statuses = family(pokemon, statuses, (id) => `status_${id}`);
    const baseStats = family(pokemon, stats, (id) => `base_${id}`);
    /** Places of base stat and stat. @type {{stat: string, base: Place, value: Place}[]} */
    this.stats = [...family(pokemon, stats, (id) => `stat_${id}`)].map(([stat, value]) => ({
      stat,
      base: /** @type {Place} */ (baseStats.get(stat)),
      value,
    }));
    this.movesStart = layout.movesStart;
    this.moveSize = layout.moveSize;
  }

  /**
   * Encode an own Pokémon.
   *
   * @param {SeatView} view
   * @param {number} slot
   * @param {(string | null)[]} choices
   * @param {MoveNumbers[]} moves gets its moves in the order of their places
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeOwn(view, slot, choices, moves, row, base) {
    const { at, tables } = this;
    const entry = view.team[slot];
    const member = view.members[slot];
    const { hp, maxhp, status } = view.health(slot);
    const out = entry.active && hp > 0 && !view.request.teamPreview;
    this.encodeCommon(view, member, status, row, base);
    if (out) mark(row, base, at.active);
    if (hp === 0) mark(row, base, at.fainted);
    put(row, base, at.hp, hp / maxhp);
    if (entry.teraType) put(row, base, at.tera_type, tables.typeNumber(entry.teraType));
    put(row, base, at.item, tables.vocabulary.number("items", entry.item || "none"));
    put(row, base, at.ability, tables.vocabulary.number("abilities", entry.ability ?? member.ability));
    put(row, base, at.base_ability, tables.vocabulary.number("abilities", entry.baseAbility));
    for (const { stat, value: place } of this.stats) {
      const value = stat === "hp" ? (hp === 0 ? 0 : maxhp) : entry.stats[stat];
      put(row, base, place, value);
    }
    const active = out && !view.ended ? view.request.active?.[0] : null;
    const count = Math.min(4, entry.moves.length);
    const lock = active ? choiceLock(view.state, member) : "";
    moves.length = count;
    for (let index = 0; index < count; index++) {
      const id = entry.moves[index];
      const slotId = tables.moveId(id);
      const { pp, maxPP } = view.ownPP(slot, slotId);
      let flags = pp > 0 ? USABLE : 0;
      if (active) {
        const offered = isOffered(active, id);
        flags = choices[USABLE_MOVES + index] !== null && offered ? USABLE : 0;
        if (active.moves.length === count && active.moves[index].disabled) flags |= DISABLED;
        if (member.volatiles.encore?.move === slotId) flags |= ENCORED;
        if (lock === slotId || (active.moves.length === 1 && count > 1 && offered)) flags |= LOCKED;
      }
      moves[index] = tables.move(id);
      this.encodeMove(row, base, index, moves[index], pp, maxPP, flags, member);
    }
  }

  /**
   * Encode an opposing Pokémon.
   *
   * @param {SeatView} view
   * @param {Pokemon} pokemon
   * @param {Pokemon | null} active the opposing Pokémon on the field
   * @param {MoveNumbers[]} moves gets its known moves in the order of their places
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeOpposing(view, pokemon, active, moves, row, base) {
    const { at, tables } = this;
    const { vocabulary } = tables;
    const out = pokemon === active;
    this.encodeCommon(view, pokemon, pokemon.status, row, base);
    if (out) mark(row, base, at.active);
    if (pokemon.fainted) mark(row, base, at.fainted);
    // A Pokémon that only Team Preview has shown has full HP.
    put(row, base, at.hp, pokemon.fainted ? 0 : pokemon.maxhp ? pokemon.hp / pokemon.maxhp : 1);
    if (pokemon.terastallized) put(row, base, at.tera_type, tables.typeNumber(pokemon.terastallized));
    put(row, base, at.item, vocabulary.number("items", pokemon.noItem ? "none" : pokemon.item));
    const { onlyAbility } = tables.species(knownForme(pokemon.baseForme));
    const baseAbility = pokemon.baseAbility || onlyAbility;
    put(row, base, at.ability, vocabulary.number("abilities", abilityOf(view.state, pokemon)));
    put(row, base, at.base_ability, vocabulary.number("abilities", baseAbility));
    const known = currentMoves(pokemon);
    const lock = out ? choiceLock(view.state, pokemon) || rampage(pokemon) : "";
    const { encore } = pokemon.volatiles;
    moves.length = Math.min(4, known.length);
    for (let index = 0; index < moves.length; index++) {
      const { id, ppUsed, virtual, maxPP: shown } = known[index];
      const move = (moves[index] = tables.move(id));
      const maxPP = shown ?? (virtual ? Math.min(5, tables.dex.moves.get(id).pp) : move.maxPP);
      const pp = Math.max(0, maxPP - ppUsed);
      const disabled = out && isForbidden(view, pokemon, move);
      const excluded = (lock && lock !== id) || (encore?.move && encore.move !== id);
      const flags =
        (pp > 0 && !disabled && !excluded ? USABLE : 0) |
        (disabled ? DISABLED : 0) |
        (encore?.move === id ? ENCORED : 0) |
        (lock === id ? LOCKED : 0);
      this.encodeMove(row, base, index, move, pp, maxPP, flags, pokemon);
    }
  }

  /**
   * Encode the fields that own and opposing Pokémon share.
   *
   * @param {SeatView} view
   * @param {Pokemon} pokemon
   * @param {string | undefined} status
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeCommon(view, pokemon, status, row, base) {
    const { at, tables } = this;
    const species = tables.species(knownForme(pokemon.speciesForme));
    mark(row, base, at.known);
    if (pokemon.revealed) mark(row, base, at.revealed);
    put(row, base, at.level, pokemon.level);
    if (pokemon.gender === "M") mark(row, base, at.male);
    else if (pokemon.gender === "F") mark(row, base, at.female);
    put(row, base, at.species, species.number);
    const back =
      pokemon.baseForme === pokemon.speciesForme ? species : tables.species(knownForme(pokemon.baseForme));
    put(row, base, at.base_species, back.number);
    const { types } = pokemon;
    put(row, base, at.type_1, tables.typeNumber(types[0]));
    if (types.length > 1) put(row, base, at.type_2, tables.typeNumber(types[1]));
    if (pokemon.addedType) put(row, base, at.type_3, tables.typeNumber(pokemon.addedType));
    if (pokemon.terastallized) mark(row, base, at.terastallized);
    if (pokemon.disguised) mark(row, base, at.illusion);
    if (pokemon.revealed && isSuppressed(view.state, pokemon)) mark(row, base, at.ability_suppressed);
    if (pokemon.lastItem) put(row, base, at.last_item, tables.vocabulary.number("items", pokemon.lastItem));
    if (pokemon.lastMove) put(row, base, at.last_move, tables.move(pokemon.lastMove).number);
    put(row, base, at.times_attacked, pokemon.timesAttacked);
    if (status) {
      const place = this.statuses.get(status);
      if (!place) throw new Error(`unknown status "${status}"`);
      mark(row, base, place);
      if (status === "slp") {
        put(row, base, at.sleep_turns, pokemon.sleepTurns);
        if (pokemon.resting) mark(row, base, at.resting);
      } else if (status === "tox") put(row, base, at.toxic_turns, pokemon.toxicTurns);
    }
    for (const { stat, base: place } of this.stats) put(row, base, place, species.baseStats[stat]);
  }

  /**
   * Encode a move.
   *
   * @param {Float32Array} row
   * @param {number} base start of the Pokémon block
   * @param {number} index of the move
   * @param {MoveNumbers} move
   * @param {number} pp
   * @param {number} maxPP
   * @param {number} flags USABLE, DISABLED, ENCORED, LOCKED
   * @param {Pokemon} user
   */
  encodeMove(row, base, index, move, pp, maxPP, flags, user) {
    const at = this.moveAt;
    const { tables } = this;
    const start = base + this.movesStart + index * this.moveSize;
    const tera = move.id === "terablast" ? user.terastallized : undefined;
    const type = tera ? tables.typeNumber(tera) : move.type;
    mark(row, start, at.known);
    if (flags & USABLE) mark(row, start, at.usable);
    if (flags & DISABLED) mark(row, start, at.disabled);
    if (flags & ENCORED) mark(row, start, at.encored);
    if (flags & LOCKED) mark(row, start, at.locked);
    put(row, start, at.id, move.number);
    put(row, start, at.type, type);
    put(row, start, at.power, move.power);
    put(row, start, at.accuracy, move.accuracy);
    put(row, start, at.pp, pp / maxPP);
    put(row, start, at.max_pp, maxPP);
    put(row, start, at.priority, move.priority);
    if (move.category === "Status") {
      mark(row, start, at.status);
      return;
    }
    mark(row, start, move.category === "Physical" ? at.physical : at.special);
    const { types } = user;
    for (let place = 0; place < types.length; place++) {
      if (tables.typeNumber(types[place]) === type) mark(row, start, at.stab);
    }
  }

  /**
   * Encode the effectiveness of the moves of a block.
   *
   * @param {MoveNumbers[]} moves
   * @param {number[] | null} targetTypes numbers of the types of the Pokémon that they would hit
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeEffectiveness(moves, targetTypes, row, base) {
    const at = this.moveAt;
    for (let index = 0; index < moves.length; index++) {
      const move = moves[index];
      if (move.category === "Status") continue;
      const start = base + this.movesStart + index * this.moveSize;
      const multiplier = targetTypes
        ? this.tables.effectiveness(move, row[start + at.type.offset], targetTypes)
        : 0;
      put(row, start, at.effectiveness, multiplier);
    }
  }
}

/**
 * True if a known effect prevents the opposing active Pokémon from choosing a move.
 *
 * @param {SeatView} view
 * @param {Pokemon} pokemon
 * @param {MoveNumbers} move
 */
function isForbidden({ state, own }, pokemon, { id, category }) {
  const { volatiles, item, lastMove } = pokemon;
  const { gen, tables, field } = state;
  if (volatiles.disable?.move === id) return true;
  if (category === "Status" && (volatiles.taunt || item === "assaultvest")) {
    const excepted = id === "mefirst" && gen > 4;
    if (!excepted && (volatiles.taunt || !isItemSuspended(state, pokemon))) return true;
  }
  const { throatchop, healblock, torment } = volatiles;
  const { gravity } = field.pseudoWeather;
  if (lastMove === id || throatchop || healblock || gravity) {
    const { flags } = tables.dex.moves.get(id);
    if (lastMove === id && (torment || flags.cantusetwice)) return true;
    if ((throatchop && flags.sound) || (healblock && flags.heal) || (gravity && flags.gravity)) return true;
  }
  const foe = own.active[0];
  return !!foe?.volatiles.imprison && currentMoves(foe).some((slot) => slot.id === id);
}

/** The move of a rampage or a two-turn move; "" for none. @param {Pokemon} pokemon */
function rampage(pokemon) {
  const { lockedmove, twoturnmove } = pokemon.volatiles;
  return twoturnmove?.move ?? (lockedmove ? pokemon.lastMove : "");
}
