// Encodes a seat's view as the numbers of its observation.
//
// Every offset comes from the table in pokeenv/observation/; this folder contains only the names of fields.

import { placeIn } from "../view/state.mjs";
import { TEAM_SIZE } from "../view/view.mjs";
import { Block, targetOf } from "./cached_block.mjs";
import { encodeField, fieldPlaces } from "./field.mjs";
import { PokemonEncoder } from "./pokemon.mjs";

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../showdown/dex_tables.mjs").DexTables} DexTables */

/** The sources of a row's last encoding. A block is kept while its source has not changed. */
class RowState {
  constructor() {
    /** @type {SeatView | null} */
    this.view = null;
    /** The request for which the extra block was encoded: it is the same for both decisions of doubles. @type {object | null} */
    this.told = null;
    this.numOwn = 0;
    this.numOpposing = 0;
    this.blocks = Array.from({ length: 2 * TEAM_SIZE }, () => new Block());
  }
}

/** Shared by all encoders, since a row may hold battles of several formats one after the other. @type {WeakMap<Float32Array, RowState>} */
const rowStates = new WeakMap();

/** Encodes observations of one format. */
export class Encoder {
  /**
   * @param {import("../showdown/types.mjs").ObservationLayout} layout
   * @param {DexTables} tables
   * @param {import("../damage/block.mjs").DamageBlock | null} [extra] the encoder of the extra block, if the layout has one
   */
  constructor(layout, tables, extra = null) {
    this.tables = tables;
    this.fieldSize = layout.fieldSize;
    this.pokemonSize = layout.pokemonSize;
    this.fieldPlaces = fieldPlaces(layout);
    this.pokemon = new PokemonEncoder(layout, tables);
    /** Numbers of the types of the own and the opposing active Pokémon, by place. @type {number[][][]} */
    this.types = [0, 1].map(() => Array.from({ length: layout.actives }, () => []));
    /** The same, null where nobody is. @type {(number[] | null)[][]} */
    this.met = this.types.map((lists) => lists.map(() => null));
    /** The same, as one number each; see `targetOf`. @type {number[][]} */
    this.targets = this.types.map((lists) => lists.map(() => targetOf(null)));
    this.extra = extra;
  }

  /**
   * Encode a view.
   *
   * @param {SeatView} view
   * @param {(string | null)[]} choices legal choices by action
   * @param {Float32Array} row the observation; only encoders may write into it
   * @param {number[]} decided actions chosen so far in answer to the request; see `encodeField`
   */
  encode(view, choices, row, decided) {
    const state = this.stateOf(view, row);
    const { blocks } = state;
    const { fieldSize, pokemonSize, pokemon } = this;
    row.fill(0, 0, fieldSize);
    encodeField(this.fieldPlaces, view, choices, decided, row);
    this.readTypes(0, view.own.active);
    this.readTypes(1, view.foe.active);
    const [ownTypes, foeTypes] = this.met;
    const [ownTargets, foeTargets] = this.targets;
    const { slots, opposing } = view;
    for (let position = 0; position < slots.length; position++) {
      const slot = slots[position];
      const block = blocks[slot];
      const base = fieldSize + slot * pokemonSize;
      if (!block.isOfOwn(view, slot)) {
        row.fill(0, base, base + pokemonSize);
        pokemon.encodeOwn(view, slot, choices, block.moves, row, base);
        block.keepOwn(view, slot);
      }
      for (let place = 0; place < foeTypes.length; place++) {
        if (block.isAgainst(place, foeTargets[place]))
          pokemon.encodeEffectiveness(block.moves, place, foeTypes[place], row, base);
      }
    }
    for (let slot = 0; slot < opposing.length; slot++) {
      const block = blocks[TEAM_SIZE + slot];
      const base = fieldSize + (TEAM_SIZE + slot) * pokemonSize;
      const foe = opposing[slot];
      const place = placeIn(view.foe.active, foe);
      if (!block.isOfOpposing(foe, place >= 0)) {
        row.fill(0, base, base + pokemonSize);
        pokemon.encodeOpposing(view, foe, place, block.moves, row, base);
        block.keepOpposing(foe, place >= 0);
      }
      for (let facing = 0; facing < ownTypes.length; facing++) {
        if (block.isAgainst(facing, ownTargets[facing]))
          pokemon.encodeEffectiveness(block.moves, facing, ownTypes[facing], row, base);
      }
    }
    if (this.extra && (decided.length === 0 || state.told !== view.request)) {
      row.fill(0, fieldSize + 2 * TEAM_SIZE * pokemonSize);
      this.extra.encode(view, row);
      state.told = view.request;
    }
  }

  /**
   * The state of a row. The row is cleared if it holds another view, or Pokémon that are gone.
   *
   * @param {SeatView} view
   * @param {Float32Array} row
   */
  stateOf(view, row) {
    let state = rowStates.get(row);
    if (!state) {
      state = new RowState();
      rowStates.set(row, state);
    }
    const { slots, opposing } = view;
    if (state.view !== view || slots.length < state.numOwn || opposing.length < state.numOpposing) {
      row.fill(0);
      for (const block of state.blocks) block.forget();
      state.told = null;
    }
    state.view = view;
    state.numOwn = slots.length;
    state.numOpposing = opposing.length;
    return state;
  }

  /**
   * Take the numbers of the types of a side's active Pokémon, the added ones included.
   *
   * @param {number} which 0 own, 1 opposing
   * @param {(Pokemon | null)[]} active
   */
  readTypes(which, active) {
    for (let place = 0; place < active.length; place++) {
      const pokemon = active[place];
      const numbers = this.types[which][place];
      this.met[which][place] = pokemon && numbers;
      if (!pokemon) {
        this.targets[which][place] = targetOf(null);
        continue;
      }
      const { types, addedType } = pokemon;
      const count = types.length + (addedType ? 1 : 0);
      while (numbers.length > count) numbers.pop(); // a new length of 0 would free the memory
      for (let index = 0; index < types.length; index++)
        numbers[index] = this.tables.typeNumber(types[index]);
      if (addedType) numbers[types.length] = this.tables.typeNumber(addedType);
      this.targets[which][place] = targetOf(numbers);
    }
  }
}
