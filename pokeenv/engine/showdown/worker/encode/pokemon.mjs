// The Pokémon blocks with their moves.

import { isOffered } from "../seat/choices.mjs";
import { abilityOf, currentMoves, isItemSuspended, isSuppressed, knownForme } from "../view/state.mjs";
import { clip } from "../view/view.mjs";
import { choiceLock } from "./field.mjs";
import { moveOffsets, pokemonOffsets } from "./offsets.mjs";

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../showdown/dex_tables.mjs").DexTables} DexTables */
/** @typedef {import("../showdown/dex_tables.mjs").MoveNumbers} MoveNumbers */

const USABLE_MOVES = 6; // actions 6-9 are the moves of the active Pokémon
const USABLE = 1;
const DISABLED = 2;
const ENCORED = 4;
const LOCKED = 8;

export class PokemonEncoder {
  /**
   * @param {any} layout of Layout.to_json
   * @param {DexTables} tables
   */
  constructor(layout, tables) {
    this.tables = tables;
    this.at = pokemonOffsets(layout);
    this.moveAt = moveOffsets(layout);
    this.movesStart = layout.movesStart;
    this.moveSize = layout.moveSize;
    /** Numbers of a Pokémon's types, one list per block in turn. @type {number[]} */
    this.types = [];
  }

  /**
   * @param {SeatView} view
   * @param {number} slot
   * @param {(string | null)[]} choices
   * @param {MoveNumbers[]} moves becomes its moves in the order of their places
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
    row[base + at.active] = out ? 1 : 0;
    row[base + at.fainted] = hp === 0 ? 1 : 0;
    row[base + at.hp] = hp / maxhp;
    if (entry.teraType) row[base + at.teraType] = tables.typeNumber(entry.teraType);
    row[base + at.item] = tables.vocabulary.number("items", entry.item || "none");
    row[base + at.ability] = tables.vocabulary.number("abilities", entry.ability ?? member.ability);
    row[base + at.baseAbility] = tables.vocabulary.number("abilities", entry.baseAbility);
    for (const { stat, value: offset } of at.stats) {
      const value = stat === "hp" ? (hp === 0 ? 0 : maxhp) : entry.stats[stat];
      row[base + offset] = Math.min(2, value / 1000);
    }
    const active = out && !view.ended ? view.request.active?.[0] : null;
    const count = Math.min(4, entry.moves.length);
    const lock = active ? choiceLock(view.tracker, member) : "";
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
   * @param {SeatView} view
   * @param {Pokemon} pokemon
   * @param {Pokemon | null} active the opposing Pokémon on the field
   * @param {MoveNumbers[]} moves becomes its known moves in the order of their places
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeOpposing(view, pokemon, active, moves, row, base) {
    const { at, tables } = this;
    const { vocabulary } = tables;
    const out = pokemon === active;
    this.encodeCommon(view, pokemon, pokemon.status, row, base);
    row[base + at.active] = out ? 1 : 0;
    row[base + at.fainted] = pokemon.fainted ? 1 : 0;
    // One that only team preview has shown is unhurt.
    row[base + at.hp] = pokemon.fainted ? 0 : pokemon.maxhp ? pokemon.hp / pokemon.maxhp : 1;
    if (pokemon.terastallized) row[base + at.teraType] = tables.typeNumber(pokemon.terastallized);
    row[base + at.item] = vocabulary.number("items", pokemon.noItem ? "none" : pokemon.item);
    const { onlyAbility } = tables.species(knownForme(pokemon.baseForme));
    const baseAbility = pokemon.baseAbility || onlyAbility;
    row[base + at.ability] = vocabulary.number("abilities", abilityOf(view.tracker, pokemon));
    row[base + at.baseAbility] = vocabulary.number("abilities", baseAbility);
    const known = currentMoves(pokemon);
    const lock = out ? choiceLock(view.tracker, pokemon) || rampage(pokemon) : "";
    const { encore } = pokemon.volatiles;
    moves.length = Math.min(4, known.length);
    for (let index = 0; index < moves.length; index++) {
      const { id, ppUsed, virtual, maxPP: told } = known[index];
      const move = (moves[index] = tables.move(id));
      const maxPP = told ?? (virtual ? Math.min(5, tables.dex.moves.get(id).pp) : move.maxPP);
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
   * @param {SeatView} view
   * @param {Pokemon} pokemon
   * @param {string | undefined} status
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeCommon(view, pokemon, status, row, base) {
    const { at, tables } = this;
    const species = tables.species(knownForme(pokemon.speciesForme));
    row[base + at.known] = 1;
    if (pokemon.revealed) row[base + at.revealed] = 1;
    row[base + at.level] = pokemon.level / 100;
    if (pokemon.gender === "M") row[base + at.male] = 1;
    else if (pokemon.gender === "F") row[base + at.female] = 1;
    row[base + at.species] = species.number;
    row[base + at.baseSpecies] =
      pokemon.baseForme === pokemon.speciesForme
        ? species.number
        : tables.species(knownForme(pokemon.baseForme)).number;
    const { types } = pokemon;
    row[base + at.types[0]] = tables.typeNumber(types[0]);
    if (types.length > 1) row[base + at.types[1]] = tables.typeNumber(types[1]);
    if (pokemon.addedType) row[base + at.types[2]] = tables.typeNumber(pokemon.addedType);
    if (pokemon.terastallized) row[base + at.terastallized] = 1;
    if (pokemon.disguised) row[base + at.illusion] = 1;
    if (pokemon.revealed && isSuppressed(view.tracker, pokemon)) row[base + at.abilitySuppressed] = 1;
    if (pokemon.lastItem) row[base + at.lastItem] = tables.vocabulary.number("items", pokemon.lastItem);
    if (pokemon.lastMove) row[base + at.lastMove] = tables.move(pokemon.lastMove).number;
    row[base + at.timesAttacked] = clip(pokemon.timesAttacked / 6);
    if (status) {
      const statusAt = at.statuses.get(status);
      if (statusAt === undefined) throw new Error(`unknown status "${status}"`);
      row[base + statusAt] = 1;
      if (status === "slp") {
        row[base + at.sleepTurns] = clip(pokemon.sleepTurns / 7);
        if (pokemon.resting) row[base + at.resting] = 1;
      } else if (status === "tox") row[base + at.toxicTurns] = clip(pokemon.toxicTurns / 15);
    }
    for (const { stat, base: offset } of at.stats) row[base + offset] = species.baseStats[stat] / 255;
  }

  /**
   * @param {Float32Array} row
   * @param {number} base
   * @param {number} index
   * @param {MoveNumbers} move
   * @param {number} pp
   * @param {number} maxPP
   * @param {number} flags
   * @param {Pokemon} user
   */
  encodeMove(row, base, index, move, pp, maxPP, flags, user) {
    const at = this.moveAt;
    const { tables } = this;
    const start = base + this.movesStart + index * this.moveSize;
    const tera = move.id === "terablast" ? user.terastallized : undefined;
    const type = tera ? tables.typeNumber(tera) : move.type;
    row[start + at.known] = 1;
    if (flags & USABLE) row[start + at.usable] = 1;
    if (flags & DISABLED) row[start + at.disabled] = 1;
    if (flags & ENCORED) row[start + at.encored] = 1;
    if (flags & LOCKED) row[start + at.locked] = 1;
    row[start + at.id] = move.number;
    row[start + at.type] = type;
    row[start + at.power] = move.power;
    row[start + at.accuracy] = move.accuracy;
    row[start + at.pp] = clip(pp / maxPP);
    row[start + at.maxPP] = maxPP / 64;
    row[start + at.priority] = move.priority;
    if (move.category === "Status") {
      row[start + at.status] = 1;
      return;
    }
    row[start + (move.category === "Physical" ? at.physical : at.special)] = 1;
    const { types } = user;
    for (let place = 0; place < types.length; place++) {
      if (tables.typeNumber(types[place]) === type) row[start + at.stab] = 1;
    }
  }

  /**
   * Effectiveness of the moves of an encoded block.
   *
   * @param {MoveNumbers[]} moves
   * @param {number[] | null} targetTypes numbers of the types of the Pokémon that they would meet
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeEffectiveness(moves, targetTypes, row, base) {
    const at = this.moveAt;
    for (let index = 0; index < moves.length; index++) {
      const move = moves[index];
      if (move.category === "Status") continue;
      const start = base + this.movesStart + index * this.moveSize;
      const multiplier = targetTypes ? this.tables.effectiveness(move, row[start + at.type], targetTypes) : 0;
      row[start + at.effectiveness] = multiplier / 4;
    }
  }
}

/**
 * Whether something known keeps an active opponent from choosing a move.
 *
 * @param {SeatView} view
 * @param {Pokemon} pokemon
 * @param {MoveNumbers} move
 */
function isForbidden({ tracker, own }, pokemon, { id, category }) {
  const { volatiles, item, lastMove } = pokemon;
  const { gen, tables, field } = tracker;
  if (volatiles.disable?.move === id) return true;
  if (category === "Status" && (volatiles.taunt || item === "assaultvest")) {
    const excepted = id === "mefirst" && gen > 4;
    if (!excepted && (volatiles.taunt || !isItemSuspended(tracker, pokemon))) return true;
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

/** The move of a rampage or of a two-turn move, "" for none. @param {Pokemon} pokemon */
function rampage(pokemon) {
  const { lockedmove, twoturnmove } = pokemon.volatiles;
  return twoturnmove?.move ?? (lockedmove ? pokemon.lastMove : "");
}
