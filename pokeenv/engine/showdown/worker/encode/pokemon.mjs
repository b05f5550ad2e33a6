// Encodes the Pokémon blocks with their moves.

import { isOffered } from "../seat/choices.mjs";
import { isUsable } from "../seat/choices_doubles.mjs";
import { AT_ALLY, SPREAD } from "../showdown/targets.mjs";
import { abilityOf, currentMoves, isItemSuspended, isSuppressed } from "../view/state.mjs";
import { choiceLock } from "./field.mjs";
import { family, mark, placeNames, put } from "./places.mjs";

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../showdown/dex_tables.mjs").DexTables} DexTables */
/** @typedef {import("../showdown/dex_tables.mjs").MoveNumbers} MoveNumbers */
/** @typedef {import("./places.mjs").Place} Place */

/** @import { ActiveRequest, ObservationLayout } from "../showdown/types.mjs" */

const USABLE_MOVES = 6; // actions 6-9 are the moves of the active Pokémon
const AIMED = new Set("normal any adjacentFoe adjacentAlly adjacentAllyOrSelf".split(" "));
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
    /** Places of the flags that say where it is on the field; none where there is one place. */
    this.places = placeNames(layout.actives)
      .filter(Boolean)
      .map((name) => this.at[name]);
    /** Places of a move's effectiveness, by the place of the Pokémon that it meets. */
    this.effectiveness = placeNames(layout.actives).map(
      (name) => this.moveAt[name ? `effectiveness_${name}` : "effectiveness"],
    );
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
    const place = this.places.length ? view.own.active.indexOf(member) : entry.active ? 0 : -1;
    const out = place >= 0 && hp > 0 && !view.request.teamPreview;
    this.encodeCommon(view, member, status, row, base);
    if (out) this.encodePlace(place, row, base);
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
    const active = out && !view.ended ? view.request.active?.[place] : null;
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
        flags = offered && this.canUse(active, index, choices) ? USABLE : 0;
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
   * @param {number} place its place on the field, -1 if it is not there
   * @param {MoveNumbers[]} moves becomes its known moves in the order of their places
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeOpposing(view, pokemon, place, moves, row, base) {
    const { at, tables } = this;
    const { vocabulary } = tables;
    const out = place >= 0;
    this.encodeCommon(view, pokemon, pokemon.status, row, base);
    if (out) this.encodePlace(place, row, base);
    if (pokemon.fainted) mark(row, base, at.fainted);
    // A Pokémon that only Team Preview has shown has full HP.
    put(row, base, at.hp, pokemon.fainted ? 0 : pokemon.maxhp ? pokemon.hp / pokemon.maxhp : 1);
    const tera = pokemon.terastallized || pokemon.teraType;
    if (tera) put(row, base, at.tera_type, tables.typeNumber(tera));
    put(row, base, at.item, vocabulary.number("items", pokemon.noItem ? "none" : pokemon.item));
    const { onlyAbility } = tables.species(pokemon.baseForme);
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
   * Whether an active Pokémon can choose a move now; in doubles, as far as it does not depend on the other one's choice.
   *
   * @param {ActiveRequest} active of request.active
   * @param {number} index
   * @param {(string | null)[]} choices
   */
  canUse(active, index, choices) {
    if (this.places.length === 0) return choices[USABLE_MOVES + index] !== null;
    return isUsable(active, active.moves.length > 1 ? index : 0);
  }

  /** @param {number} place @param {Float32Array} row @param {number} base */
  encodePlace(place, row, base) {
    mark(row, base, this.at.active);
    if (this.places.length) mark(row, base, this.places[place]);
  }

  /**
   * @param {SeatView} view
   * @param {Pokemon} pokemon
   * @param {string | undefined} status
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeCommon(view, pokemon, status, row, base) {
    const { at, tables } = this;
    const species = tables.species(pokemon.speciesForme);
    mark(row, base, at.known);
    if (pokemon.revealed) mark(row, base, at.revealed);
    put(row, base, at.level, pokemon.level);
    if (pokemon.gender === "M") mark(row, base, at.male);
    else if (pokemon.gender === "F") mark(row, base, at.female);
    put(row, base, at.species, species.number);
    const back = pokemon.baseForme === pokemon.speciesForme ? species : tables.species(pokemon.baseForme);
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
      if (!place) tables.unknown(`unknown status "${status}"`);
      else mark(row, base, place);
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
    if (at.aimed) this.encodeAim(row, start, tables.dex.moves.get(move.id).target);
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

  /** @param {Float32Array} row @param {number} start @param {string} target of the move, by Showdown's dex */
  encodeAim(row, start, target) {
    const at = this.moveAt;
    if (AIMED.has(target)) mark(row, start, at.aimed);
    if (AT_ALLY.has(target)) mark(row, start, at.aims_at_ally);
    if (SPREAD.has(target)) mark(row, start, at.spread);
  }

  /**
   * Encode the effectiveness of the moves of a block.
   *
   * @param {MoveNumbers[]} moves
   * @param {number} place of the Pokémon that they would meet
   * @param {number[] | null} targetTypes numbers of the types of the Pokémon that they would meet
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeEffectiveness(moves, place, targetTypes, row, base) {
    const at = this.moveAt;
    const effectiveness = this.effectiveness[place];
    for (let index = 0; index < moves.length; index++) {
      const move = moves[index];
      if (move.category === "Status") continue;
      const start = base + this.movesStart + index * this.moveSize;
      const multiplier = targetTypes
        ? this.tables.effectiveness(move, row[start + at.type.offset], targetTypes)
        : 0;
      put(row, start, effectiveness, multiplier);
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
  return own.active.some(
    (foe) => foe?.volatiles.imprison && currentMoves(foe).some((slot) => slot.id === id),
  );
}

/** The move of a rampage or a two-turn move; "" for none. @param {Pokemon} pokemon */
function rampage(pokemon) {
  const { lockedmove, twoturnmove } = pokemon.volatiles;
  return twoturnmove?.move ?? (lockedmove ? pokemon.lastMove : "");
}
