// The field block: the request, the field, both sides and their active Pokémon.

import { isItemSuspended, isSuppressed } from "../view/state.mjs";
import { family, mark, put } from "./places.mjs";

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").State} State */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("./places.mjs").Place} Place */
/** @typedef {ReturnType<typeof fieldPlaces>} FieldPlaces */
/** @typedef {ReturnType<typeof sidePlaces>} SidePlaces */

/** @import { ObservationLayout, SeatRequest } from "../showdown/types.mjs" */

const NUM_SWITCHES = 6;
const NUM_MOVES = 4;

/** The fields of the block by their use. @param {ObservationLayout} layout */
export function fieldPlaces(layout) {
  const { field, weathers, terrains, rooms, gimmicks } = layout;
  return {
    field: /** @type {import("./places.mjs").Places} */ (field),
    can: [...family(field, gimmicks, (id) => `can_${id}`).values()],
    weathers: family(field, weathers, (id) => `weather_${id}`),
    terrains: family(field, terrains, (id) => `terrain_${id}`),
    rooms: family(field, rooms, (id) => id),
    sides: [sidePlaces(layout, layout.own), sidePlaces(layout, layout.opposing)],
  };
}

/**
 * The fields of one side by their use.
 *
 * @param {ObservationLayout} layout
 * @param {import("./places.mjs").Places} side the fields of one side
 */
function sidePlaces(layout, side) {
  const entries = (/** @type {Map<string, Place>} */ places) =>
    [...places].map(([id, place]) => ({ id, place })); // lists of pairs would be slower
  return {
    // A copy, since V8 keeps the 135 properties of a parsed object in a dictionary.
    side: { ...side },
    hazards: family(side, layout.hazards, (id) => id),
    screens: family(side, layout.screens, (id) => id),
    screenTurns: family(side, layout.screens, (id) => `${id}_turns`),
    screenTurnsMost: family(side, layout.extendedScreens, (id) => `${id}_turns_most`),
    gmaxDamage: family(side, layout.gmaxDamage, (id) => id),
    used: entries(family(side, layout.gimmicks, (id) => `used_${id}`)),
    boosts: entries(family(side, layout.boosts, (id) => `boost_${id}`)),
    volatiles: family(side, layout.volatiles, (id) => `volatile_${id}`),
    timed: family(side, layout.timedVolatiles, (id) => `${id}_turns`),
    paradox: family(side, layout.stats.slice(1), (id) => `paradox_${id}`),
  };
}

/**
 * Encode the field block.
 *
 * @param {FieldPlaces} places
 * @param {SeatView} view
 * @param {(string | null)[]} choices
 * @param {Float32Array} row
 */
export function encodeField(places, view, choices, row) {
  const { state } = view;
  const at = places.field;
  put(row, 0, at.turn, state.turn);
  put(row, 0, at.generation, state.gen);
  if (!view.ended) encodeRequest(places, view.request, choices, row);
  const { weatherState, terrainState, pseudoWeather } = state.field;
  const weather = places.weathers.get(weatherState.id);
  if (weather) {
    mark(row, 0, weather);
    put(row, 0, at.weather_turns, weatherState.minDuration);
    put(row, 0, at.weather_turns_most, weatherState.maxDuration);
  }
  const terrain = places.terrains.get(terrainState.id);
  if (terrain) {
    mark(row, 0, terrain);
    put(row, 0, at.terrain_turns, terrainState.minDuration);
    put(row, 0, at.terrain_turns_most, terrainState.maxDuration);
  }
  for (const id in pseudoWeather) {
    const room = places.rooms.get(id);
    if (room) put(row, 0, room, pseudoWeather[id].minDuration);
  }
  encodeSide(places.sides[0], view, 0, row);
  encodeSide(places.sides[1], view, 1, row);
}

/**
 * Encode the request.
 *
 * @param {FieldPlaces} places
 * @param {SeatRequest} request
 * @param {(string | null)[]} choices
 * @param {Float32Array} row
 */
function encodeRequest({ field: at, can }, request, choices, row) {
  if (request.forceSwitch) {
    mark(row, 0, at.force_switch);
    if (request.side.pokemon[0].reviving) mark(row, 0, at.reviving);
  }
  if (request.teamPreview) mark(row, 0, at.team_preview);
  const active = request.active?.[0];
  if (!active) return;
  if (active.trapped) mark(row, 0, at.trapped);
  if (active.maybeTrapped) mark(row, 0, at.maybe_trapped);
  if (active.maybeDisabled) mark(row, 0, at.maybe_disabled);
  if (active.maybeLocked) mark(row, 0, at.maybe_locked);
  for (let gimmick = 0; gimmick < can.length; gimmick++) {
    const first = NUM_SWITCHES + NUM_MOVES * (gimmick + 1);
    for (let action = first; action < first + NUM_MOVES; action++) {
      if (choices[action] !== null) mark(row, 0, can[gimmick]);
    }
  }
}

/**
 * Encode a side.
 *
 * @param {SidePlaces} places
 * @param {SeatView} view
 * @param {number} which 0 own, 1 opposing
 * @param {Float32Array} row
 */
function encodeSide(places, view, which, row) {
  const at = places.side;
  const side = which === 0 ? view.own : view.foe;
  for (const id in side.sideConditions) {
    const { level, minDuration, maxDuration } = side.sideConditions[id];
    const hazard = places.hazards.get(id);
    const screen = places.screens.get(id);
    if (hazard) put(row, 0, hazard, level);
    else if (screen) {
      mark(row, 0, screen);
      put(row, 0, /** @type {Place} */ (places.screenTurns.get(id)), minDuration);
      const most = places.screenTurnsMost.get(id);
      if (most) put(row, 0, most, maxDuration);
    } else {
      const gmax = places.gmaxDamage.get(id);
      if (gmax) put(row, 0, gmax, minDuration);
    }
  }
  if (side.futureMoveTurns > 0) {
    mark(row, 0, at.future_move);
    put(row, 0, at.future_move_turns, side.futureMoveTurns);
  }
  if (side.wishTurns > 0) mark(row, 0, at.wish);
  if (side.healingWishes.healingwish || side.healingWishes.lunardance) mark(row, 0, at.healing_wish);
  put(row, 0, at.team_size, side.totalPokemon);
  put(row, 0, at.fainted, view.fainted(which));
  let revealed = 0;
  for (const pokemon of side.team) if (pokemon.revealed) revealed += 1;
  put(row, 0, at.revealed, revealed);
  for (const { id, place } of places.used) {
    if (side.used[/** @type {"mega"} */ (id)]) mark(row, 0, place);
  }
  put(row, 0, at.dynamax_turns, side.dynamaxTurns);
  const active = side.active[0];
  if (active) encodeActive(places, view.state, active, row);
}

const CHOICE_ITEMS = new Set(["choiceband", "choicescarf", "choicespecs"]);

/**
 * The move to which a Choice item or Gorilla Tactics locks a Pokémon; "" if no lock is known.
 *
 * @param {State} state
 * @param {Pokemon} pokemon on the field
 */
export function choiceLock(state, pokemon) {
  const { chosenMove, item, ability, volatiles } = pokemon;
  if (!chosenMove || volatiles.dynamax) return "";
  const bound =
    (CHOICE_ITEMS.has(item) && !isItemSuspended(state, pokemon)) ||
    (ability === "gorillatactics" && !isSuppressed(state, pokemon));
  return bound ? chosenMove : "";
}

/**
 * Encode an active Pokémon's part of the field block.
 *
 * @param {SidePlaces} places
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {Float32Array} row
 */
function encodeActive(places, state, pokemon, row) {
  const at = places.side;
  const { boosts, volatiles } = pokemon;
  for (const { id, place } of places.boosts) put(row, 0, place, boosts[/** @type {"atk"} */ (id)]);
  for (const id in volatiles) {
    const volatile = volatiles[id];
    const flag = places.volatiles.get(id);
    if (flag) mark(row, 0, flag);
    const timed = places.timed.get(id);
    if (timed) put(row, 0, timed, volatile.turns);
    if (volatile.stat) mark(row, 0, /** @type {Place} */ (places.paradox.get(volatile.stat)));
  }
  if (choiceLock(state, pokemon)) mark(row, 0, at.volatile_choicelock);
  if (pokemon.lostItem && !pokemon.item && pokemon.ability === "unburden") mark(row, 0, at.volatile_unburden);
  if (volatiles.perishsong) put(row, 0, at.perish, volatiles.perishsong.level ?? 3);
  if (volatiles.stockpile) put(row, 0, at.stockpile, volatiles.stockpile.level);
  if (volatiles.fallen) put(row, 0, at.fallen, volatiles.fallen.level);
  put(row, 0, at.protect_count, pokemon.protectCount);
  put(row, 0, at.active_turns, pokemon.activeTurns);
  if (!pokemon.acted) mark(row, 0, at.first_turn);
  if (pokemon.movedThisTurn) mark(row, 0, at.moved);
}
