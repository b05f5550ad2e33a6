// Speeds up all reads of Pokémon: gives them one shape, since V8 reads objects of a few shapes much faster than of many.
//
// The stock simulator adds some properties later, in an order that differs between Pokémon, and deletes one: after a few
// turns there are dozens of shapes. Here every Pokémon has these properties from the beginning, undefined until they are
// set. No code of the simulator asks whether they exist.

import { UNION } from "./listeners.mjs";
import { expectSource, replace, rewrite } from "./replace.mjs";
import { LAST } from "./requests.mjs";

/** @import { SimPokemon } from "../showdown/types.mjs" */

/** Give all Pokémon one shape. @param {import("./index.mjs").Classes} classes */
export function accelerateShapes({ Battle, Pokemon, Side, toID }) {
  expectSource("Pokemon", Pokemon, "0739da3ffe48813c"); // its constructor sets the other properties
  replace(
    Side.prototype,
    "addPokemon",
    "fdf81144de9b8310",
    (original) =>
      /** @this {any} */ function addPokemon(/** @type {object} */ set) {
        const pokemon = original.call(this, set);
        if (pokemon !== null) complete(pokemon);
        return pokemon;
      },
  );
  rewrite(
    Battle.prototype,
    "faintMessages",
    "8f933159565c5e07",
    [["delete pokemon.terastallized;", "pokemon.terastallized = void 0;"]],
    { import_dex: { toID } },
  );
}

/** Add the properties that the constructor does not set. @param {SimPokemon} pokemon */
function complete(pokemon) {
  pokemon.lastMoveTargetLoc = undefined;
  pokemon.pendingStaleness = undefined;
  pokemon.staleness = undefined;
  pokemon.terastallized = undefined;
  pokemon[UNION] = undefined;
  pokemon[LAST] = undefined;
}
