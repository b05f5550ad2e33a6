// A seat's view, written as numbers into its row of the observation.
//
// Every offset comes from the table in pokeenv/observation/; this folder knows names, not places.

import { encodeField } from "./field.mjs";
import { fieldOffsets } from "./offsets.mjs";
import { PokemonEncoder } from "./pokemon.mjs";

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../dextables.mjs").DexTables} DexTables */

export class Encoder {
  /**
   * @param {any} layout of Layout.to_json
   * @param {DexTables} tables
   */
  constructor(layout, tables) {
    this.tables = tables;
    this.fieldSize = layout.fieldSize;
    this.pokemonSize = layout.pokemonSize;
    this.fieldAt = fieldOffsets(layout);
    this.pokemon = new PokemonEncoder(layout, tables);
    /** Numbers of the types of the own and the opposing active Pokémon. @type {number[][]} */
    this.types = [[], []];
    /** What writes the extra block, if there is one. @type {import("../damage/block.mjs").DamageBlock | null} */
    this.extra = null;
  }

  /**
   * @param {SeatView} view
   * @param {(string | null)[]} choices legal choices by action
   * @param {Float32Array} row the observation
   */
  encode(view, choices, row) {
    row.fill(0);
    const { fieldSize, pokemonSize } = this;
    const foe = view.foe.active[0];
    encodeField(this.fieldAt, view, choices, row);
    const ownTypes = this.typesOf(0, view.own.active[0]);
    const foeTypes = this.typesOf(1, foe);
    for (const slot of view.slots) {
      this.pokemon.encodeOwn(view, slot, choices, foeTypes, row, fieldSize + slot * pokemonSize);
    }
    for (let slot = 0; slot < view.opposing.length; slot++) {
      const base = fieldSize + (6 + slot) * pokemonSize;
      this.pokemon.encodeOpposing(view, view.opposing[slot], foe, ownTypes, row, base);
    }
    this.extra?.encode(view, row);
  }

  /**
   * @param {number} which 0 own, 1 opposing
   * @param {Pokemon | null} pokemon
   * @returns {number[] | null} numbers of its types, the added one included
   */
  typesOf(which, pokemon) {
    if (!pokemon) return null;
    const numbers = this.types[which];
    numbers.length = 0;
    for (const name of pokemon.types) numbers.push(this.tables.typeNumber(name));
    if (pokemon.addedType) numbers.push(this.tables.typeNumber(pokemon.addedType));
    return numbers;
  }
}
