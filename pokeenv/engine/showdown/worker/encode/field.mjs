// The field block: the request, the field, both sides and their active Pokémon.

import { MEGA, MOVES } from "../seat/choices_doubles.mjs";
import { isItemSuspended, isSuppressed } from "../view/state.mjs";
import { DoubleChoice } from "./double_choice.mjs";
import { family, mark, placeNames, put } from "./places.mjs";

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").State} State */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("./places.mjs").Place} Place */
/** @typedef {ReturnType<typeof fieldPlaces>} FieldPlaces */
/** @typedef {ReturnType<typeof sidePlaces>} SidePlaces */
/** @typedef {ReturnType<typeof activePlaces>} ActivePlaces */

/** @import { ObservationLayout, SeatRequest } from "../showdown/types.mjs" */

const NUM_SWITCHES = 6;
const NUM_MOVES = 4;

/** The fields of the block by their use. @param {ObservationLayout} layout */
export function fieldPlaces(layout) {
  const { field, weathers, terrains, rooms, gimmicks } = layout;
  const [first, size] = layout.actives > 1 ? [MEGA, MOVES] : [NUM_SWITCHES + NUM_MOVES, NUM_MOVES];
  return {
    /** The first action with a gimmick, and the number of actions of each gimmick. */
    gimmickActions: { first, size },
    choice: layout.actives > 1 ? new DoubleChoice(field, gimmicks) : null,
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
  return {
    // A copy, since V8 keeps the 135 properties of a parsed object in a dictionary.
    side: { ...side },
    hazards: family(side, layout.hazards, (id) => id),
    screens: family(side, layout.screens, (id) => id),
    screenTurns: family(side, layout.screens, (id) => `${id}_turns`),
    screenTurnsMost: family(side, layout.extendedScreens, (id) => `${id}_turns_most`),
    gmaxDamage: family(side, layout.gmaxDamage, (id) => id),
    used: entries(family(side, layout.gimmicks, (id) => `used_${id}`)),
    guards: family(side, layout.guards, (id) => id),
    actives: placeNames(layout.actives).map((name) => activePlaces(layout, fieldsOf(side, name))),
  };
}

/** @param {Map<string, Place>} places lists of pairs would be slower to go through */
function entries(places) {
  return [...places].map(([id, place]) => ({ id, place }));
}

/**
 * @param {import("./places.mjs").Places} side
 * @param {string} name of a place, "" where a side has only one
 * @returns {import("./places.mjs").Places} the fields that belong to it, by the rest of their names
 */
function fieldsOf(side, name) {
  if (!name) return side;
  const own = Object.entries(side).filter(([field]) => field.startsWith(`${name}_`));
  return Object.fromEntries(own.map(([field, place]) => [field.slice(name.length + 1), place]));
}

/**
 * @param {any} layout of Layout.to_json
 * @param {import("./places.mjs").Places} fields of one place
 */
function activePlaces(layout, fields) {
  return {
    // A copy, since V8 keeps the 135 properties of a parsed object in a dictionary.
    at: { ...fields },
    boosts: entries(family(fields, layout.boosts, (id) => `boost_${id}`)),
    volatiles: family(fields, layout.volatiles, (id) => `volatile_${id}`),
    timed: family(fields, layout.timedVolatiles, (id) => `${id}_turns`),
    paradox: family(fields, layout.stats.slice(1), (id) => `paradox_${id}`),
  };
}

/**
 * Encode the field block.
 *
 * @param {FieldPlaces} places
 * @param {SeatView} view
 * @param {(string | null)[]} choices
 * @param {number[]} decided actions chosen so far in answer to the request, one for each Pokémon before this one
 * @param {Float32Array} row
 */
export function encodeField(places, view, choices, decided, row) {
  const { state } = view;
  const at = places.field;
  put(row, 0, at.turn, state.turn);
  put(row, 0, at.generation, state.gen);
  if (!view.ended) encodeRequest(places, view.request, choices, decided, row);
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
 * @param {number[]} decided
 * @param {Float32Array} row
 */
function encodeRequest({ field: at, can, choice, gimmickActions }, request, choices, decided, row) {
  const position = decided.length;
  if (request.forceSwitch) {
    mark(row, 0, at.force_switch);
    if (request.side.pokemon[position]?.reviving) mark(row, 0, at.reviving);
  }
  if (request.teamPreview) mark(row, 0, at.team_preview);
  choice?.encode(request, choices, decided, row);
  const active = request.active?.[position];
  if (!active) return;
  if (active.trapped) mark(row, 0, at.trapped);
  if (active.maybeTrapped) mark(row, 0, at.maybe_trapped);
  if (active.maybeDisabled) mark(row, 0, at.maybe_disabled);
  if (active.maybeLocked) mark(row, 0, at.maybe_locked);
  for (let gimmick = 0; gimmick < can.length; gimmick++) {
    const first = gimmickActions.first + gimmickActions.size * gimmick;
    for (let action = first; action < first + gimmickActions.size; action++) {
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
  put(row, 0, at.team_size, side.totalPokemon);
  put(row, 0, at.fainted, view.fainted(which));
  let revealed = 0;
  for (const pokemon of side.team) if (pokemon.revealed) revealed += 1;
  put(row, 0, at.revealed, revealed);
  for (const { id, place } of places.used) {
    if (side.used[/** @type {"mega"} */ (id)]) mark(row, 0, place);
  }
  for (const id in side.guards) mark(row, 0, /** @type {Place} */ (places.guards.get(id)));
  for (let place = 0; place < places.actives.length; place++) {
    const fields = places.actives[place];
    encodePlace(fields, side.places[place], row);
    const active = side.active[place];
    // In singles the turns of a Pokémon that has fainted stay until another one comes.
    const dynamaxed = places.actives.length === 1 || active?.volatiles.dynamax;
    if (dynamaxed) put(row, 0, fields.at.dynamax_turns, side.dynamaxTurns);
    if (!active) continue;
    encodeActive(fields, view.state, active, row);
  }
}

/**
 * @param {ActivePlaces} places
 * @param {import("../view/state.mjs").Place} waiting
 * @param {Float32Array} row
 */
function encodePlace({ at }, { wishTurns, healingWishes, futureMoveTurns }, row) {
  if (futureMoveTurns > 0) {
    mark(row, 0, at.future_move);
    put(row, 0, at.future_move_turns, futureMoveTurns);
  }
  if (wishTurns > 0) mark(row, 0, at.wish);
  if (healingWishes.healingwish || healingWishes.lunardance) mark(row, 0, at.healing_wish);
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
 * @param {ActivePlaces} places
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {Float32Array} row
 */
function encodeActive(places, state, pokemon, row) {
  const { at } = places;
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
  if (at.ally_switches) put(row, 0, at.ally_switches, pokemon.allySwitches);
  if (!pokemon.acted) mark(row, 0, at.first_turn);
  if (pokemon.movedThisTurn) mark(row, 0, at.moved);
}
