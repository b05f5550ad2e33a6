// Types of the simulator's objects, its requests and the layout, for the type checker only.
//
// The simulator's own classes are not typed further: the worker reads private properties of theirs, and the packages
// are there at run time only.

/** @typedef {any} SimBattle a `Battle` of the simulator */
/** @typedef {any} SimSide a `Side` of a battle */
/** @typedef {any} SimPokemon a `Pokemon` of a side */
/** @typedef {any} SimField the `Field` of a battle */
/** @typedef {any} SimFormat a `Format` of the simulator */
/** @typedef {any} SimDex a `ModdedDex` of the simulator */
/** @typedef {any} SimMove a `Move` or `ActiveMove` of a dex */
/** @typedef {any} SimSpecies a `Species` of a dex */
/** @typedef {any} SimEffect a condition, ability, item, move, species or format, with its callbacks */
/** @typedef {any} SimSet a `PokemonSet` of a team */
/** @typedef {any} Calc the package @smogon/calc */
/** @typedef {any} CalcGeneration a `Generation` of @smogon/calc */
/** @typedef {any} CalcField a `Field` of @smogon/calc */
/** @typedef {any} CalcMove a `Move` of @smogon/calc */
/** @typedef {any} CalcPokemon a `Pokemon` of @smogon/calc */

/**
 * @typedef {object} RequestedMove a move of an `ActiveRequest`
 * @property {string} id
 * @property {number} pp PP left; absent if `maxpp` is
 * @property {number} [maxpp] absent if the Pokémon can only repeat the move
 * @property {boolean | string} [disabled]
 * @property {string} [target] absent if the Pokémon can only repeat the move
 */

/**
 * @typedef {object} ActiveRequest the actions of an active Pokémon, an entry of `request.active`
 * @property {RequestedMove[]} moves
 * @property {boolean} [trapped]
 * @property {boolean} [maybeTrapped]
 * @property {boolean} [maybeDisabled]
 * @property {boolean} [maybeLocked]
 * @property {boolean} [canMegaEvo]
 * @property {boolean} [canMegaEvoX]
 * @property {boolean} [canMegaEvoY]
 * @property {boolean} [canUltraBurst]
 * @property {string} [canTerastallize] the Tera type
 * @property {({target: string} | null)[]} [canZMove] by move
 * @property {boolean} [canDynamax]
 * @property {{maxMoves: {disabled?: boolean, target: string}[]}} [maxMoves]
 */

/**
 * @typedef {object} TeamEntry a member of the own team, an entry of `request.side.pokemon`
 * @property {string} ident such as "p1: Pikachu"
 * @property {string} details such as "Pikachu, L84, F"
 * @property {string} condition such as "123/300 par" or "0 fnt"
 * @property {boolean} active
 * @property {Record<string, number>} stats without HP
 * @property {string[]} moves ids, some with a type or a power
 * @property {string} baseAbility
 * @property {string} [ability] from generation 7 on
 * @property {string} item
 * @property {string} [teraType]
 * @property {string} [terastallized] its Tera type once it has terastallized, "" before
 * @property {boolean} [reviving]
 * @property {boolean} [commanding]
 */

/**
 * @typedef {object} SeatRequest a request as Showdown sends it to a seat (sim/SIM-PROTOCOL.md)
 * @property {{id: string, pokemon: TeamEntry[]}} side
 * @property {ActiveRequest[]} active absent unless the seat chooses a move or a switch
 * @property {boolean[]} [forceSwitch]
 * @property {boolean} [teamPreview]
 * @property {number} [maxChosenTeamSize] number of Pokémon to pick in Team Preview, if not only the lead
 * @property {boolean} [wait] true if only the other seat must choose
 * @property {boolean} [update] true if it replaces a request whose choice was refused
 */

/** @typedef {import("../encode/places.mjs").Places} Places */

/**
 * @typedef {object} ObservationLayout the table of the observation's fields, made by `Layout.to_json` in Python
 * @property {number} size numbers of an observation
 * @property {number} actives active Pokémon of a side
 * @property {number} fieldSize
 * @property {number} pokemonSize
 * @property {number} movesStart offset of the first move in a Pokémon block
 * @property {number} moveSize
 * @property {number} extraStart offset of the extra block
 * @property {Places} field
 * @property {Places} own the fields of the own side, in the field block
 * @property {Places} opposing the fields of the opposing side, in the field block
 * @property {Places} pokemon
 * @property {Places} move
 * @property {Places} extra empty if the layout has no extra block
 * @property {string[]} weathers
 * @property {string[]} terrains
 * @property {string[]} rooms
 * @property {string[]} gimmicks
 * @property {string[]} hazards
 * @property {string[]} screens
 * @property {string[]} extendedScreens
 * @property {string[]} gmaxDamage
 * @property {string[]} guards moves that protect a side for one turn, where the layout has them
 * @property {string[]} boosts
 * @property {string[]} volatiles
 * @property {string[]} timedVolatiles
 * @property {string[]} stats
 * @property {string[]} statuses
 */

export {};
