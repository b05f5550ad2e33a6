// The simulator's own state of a battle, with which tests compare the observations.

/** @import { SimBattle, SimPokemon, SimSide } from "../showdown/types.mjs" */

/** The state of a battle as plain data, hidden facts included. @param {SimBattle} battle */
export function trueState(battle) {
  return {
    turn: battle.turn,
    weather: effect(battle.field.weather, battle.field.weatherState),
    terrain: effect(battle.field.terrain, battle.field.terrainState),
    pseudoWeather: effects(battle.field.pseudoWeather),
    sides: battle.sides.map(sideOf),
  };
}

/** @param {SimSide} side */
function sideOf(side) {
  return {
    conditions: effects(side.sideConditions),
    slotConditions: side.slotConditions.map(effects),
    pokemon: side.pokemon.map(pokemonOf),
  };
}

/** @param {SimPokemon} pokemon */
function pokemonOf(pokemon) {
  return {
    ident: pokemon.fullname,
    teamSlot: pokemon.side.team.indexOf(pokemon.set),
    active: pokemon.isActive && !pokemon.fainted,
    place: pokemon.position,
    level: pokemon.level,
    species: pokemon.species.id,
    baseSpecies: pokemon.baseSpecies.id,
    illusion: pokemon.illusion?.fullname ?? null,
    hp: pokemon.hp,
    maxhp: pokemon.maxhp,
    fainted: pokemon.fainted,
    status: pokemon.status,
    statusState: pokemon.status ? numbersOf(pokemon.statusState) : {},
    boosts: { ...pokemon.boosts },
    volatiles: effects(pokemon.volatiles),
    item: pokemon.item,
    ability: pokemon.ability,
    baseAbility: pokemon.baseAbility,
    abilityIgnored: pokemon.isActive && pokemon.ignoringAbility(),
    types: pokemon.getTypes(true),
    addedType: pokemon.addedType,
    moves: pokemon.moveSlots.map((/** @type {any} */ slot) => ({
      id: slot.id,
      pp: slot.pp,
      maxpp: slot.maxpp,
      virtual: !!slot.virtual,
    })),
    terastallized: pokemon.terastallized ?? "",
    lastMove: pokemon.lastMove?.id ?? "",
    transformed: pokemon.transformed,
    timesAttacked: pokemon.timesAttacked,
    activeTurns: pokemon.activeTurns,
    moveActions: pokemon.activeMoveActions,
  };
}

/** @param {Record<string, object> | null | undefined} states */
function effects(states) {
  return Object.fromEntries(Object.entries(states ?? {}).map(([id, state]) => [id, effect(id, state)]));
}

/** @param {string} id @param {object | null | undefined} state */
function effect(id, state) {
  return { id, ...numbersOf(state) };
}

/** The numbers and strings of an effect's state. @param {object | null | undefined} state */
function numbersOf(state) {
  const plain = Object.entries(state ?? {}).filter(([, value]) =>
    ["number", "string"].includes(typeof value),
  );
  return Object.fromEntries(plain);
}
