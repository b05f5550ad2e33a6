// The field block: the request, the field, both sides and their active Pokémon.

import { isItemSuspended, isSuppressed } from "../view/state.mjs";
import { clip } from "../view/view.mjs";

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").State} State */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("./offsets.mjs").FieldOffsets} FieldOffsets */
/** @typedef {import("./offsets.mjs").SideOffsets} SideOffsets */

const NUM_SWITCHES = 6;
const NUM_MOVES = 4;

/**
 * @param {FieldOffsets} at
 * @param {SeatView} view
 * @param {(string | null)[]} choices
 * @param {Float32Array} row
 */
export function encodeField(at, view, choices, row) {
  const { tracker } = view;
  row[at.turn] = Math.min(10, tracker.turn / 100);
  row[at.generation] = tracker.gen / 9;
  if (!view.ended) encodeRequest(at, view.request, choices, row);
  const { weatherState, terrainState, pseudoWeather } = tracker.field;
  const weather = at.weathers.get(weatherState.id);
  if (weather !== undefined) {
    row[weather] = 1;
    row[at.weatherTurns] = weatherState.minDuration / 8;
    row[at.weatherTurnsMost] = weatherState.maxDuration / 8;
  }
  const terrain = at.terrains.get(terrainState.id);
  if (terrain !== undefined) {
    row[terrain] = 1;
    row[at.terrainTurns] = terrainState.minDuration / 8;
    row[at.terrainTurnsMost] = terrainState.maxDuration / 8;
  }
  for (const id in pseudoWeather) {
    const room = at.rooms.get(id);
    if (room !== undefined) row[room] = pseudoWeather[id].minDuration / 8;
  }
  encodeSide(at.sides[0], view, 0, row);
  encodeSide(at.sides[1], view, 1, row);
}

/**
 * @param {FieldOffsets} at
 * @param {any} request
 * @param {(string | null)[]} choices
 * @param {Float32Array} row
 */
function encodeRequest(at, request, choices, row) {
  if (request.forceSwitch) {
    row[at.forceSwitch] = 1;
    if (request.side.pokemon[0].reviving) row[at.reviving] = 1;
  }
  if (request.teamPreview) row[at.teamPreview] = 1;
  const active = request.active?.[0];
  if (!active) return;
  if (active.trapped) row[at.trapped] = 1;
  if (active.maybeTrapped) row[at.maybeTrapped] = 1;
  if (active.maybeDisabled) row[at.maybeDisabled] = 1;
  if (active.maybeLocked) row[at.maybeLocked] = 1;
  for (let gimmick = 0; gimmick < at.can.length; gimmick++) {
    const first = NUM_SWITCHES + NUM_MOVES * (gimmick + 1);
    for (let action = first; action < first + NUM_MOVES; action++) {
      if (choices[action] !== null) row[at.can[gimmick]] = 1;
    }
  }
}

/**
 * @param {SideOffsets} at
 * @param {SeatView} view
 * @param {number} which 0 own, 1 opposing
 * @param {Float32Array} row
 */
function encodeSide(at, view, which, row) {
  const side = which === 0 ? view.own : view.foe;
  for (const id in side.sideConditions) {
    const { level, minDuration, maxDuration } = side.sideConditions[id];
    const hazard = at.hazards.get(id);
    const screen = at.screens.get(id);
    if (hazard) row[hazard[0]] = Math.min(1, level / hazard[1]);
    else if (screen) {
      row[screen[0]] = 1;
      row[screen[1]] = minDuration / 8;
      if (screen[2] >= 0) row[screen[2]] = maxDuration / 8;
    } else {
      const gmax = at.gmaxDamage.get(id);
      if (gmax !== undefined) row[gmax] = minDuration / 4;
    }
  }
  if (side.futureMoveTurns > 0) {
    row[at.futureMove] = 1;
    row[at.futureMoveTurns] = side.futureMoveTurns / 3;
  }
  if (side.wishTurns > 0) row[at.wish] = 1;
  if (side.healingWishes.healingwish || side.healingWishes.lunardance) row[at.healingWish] = 1;
  row[at.teamSize] = Math.min(1, side.totalPokemon / 6);
  row[at.fainted] = view.fainted(which) / 6;
  let revealed = 0;
  for (const pokemon of side.team) if (pokemon.revealed) revealed += 1;
  row[at.revealed] = Math.min(1, revealed / 6);
  for (const { id, offset } of at.used) {
    if (side.used[/** @type {"mega"} */ (id)]) row[offset] = 1;
  }
  row[at.dynamaxTurns] = side.dynamaxTurns / 3;
  const active = side.active[0];
  if (active) encodeActive(at, view.tracker, active, row);
}

const CHOICE_ITEMS = new Set(["choiceband", "choicescarf", "choicespecs"]);

/**
 * The move that a Choice item or Gorilla Tactics holds, "" for none known.
 *
 * @param {State} state
 * @param {Pokemon} pokemon an active one
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
 * @param {SideOffsets} at
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {Float32Array} row
 */
function encodeActive(at, state, pokemon, row) {
  const { boosts, volatiles } = pokemon;
  for (const { id, offset } of at.boosts) row[offset] = boosts[/** @type {"atk"} */ (id)] / 6;
  for (const id in volatiles) {
    const volatile = volatiles[id];
    const flag = at.volatiles.get(id);
    if (flag !== undefined) row[flag] = 1;
    const timed = at.timed.get(id);
    if (timed !== undefined) row[timed] = clip(volatile.turns / 8);
    if (volatile.stat) row[/** @type {number} */ (at.paradox.get(volatile.stat))] = 1;
  }
  if (choiceLock(state, pokemon)) row[/** @type {number} */ (at.volatiles.get("choicelock"))] = 1;
  if (pokemon.lostItem && !pokemon.item && pokemon.ability === "unburden") {
    row[/** @type {number} */ (at.volatiles.get("unburden"))] = 1;
  }
  if (volatiles.perishsong) row[at.perish] = clip((volatiles.perishsong.level ?? 3) / 3);
  if (volatiles.stockpile) row[at.stockpile] = clip(volatiles.stockpile.level / 3);
  if (volatiles.fallen) row[at.fallen] = clip(volatiles.fallen.level / 5);
  row[at.protectCount] = pokemon.protectCount / 6;
  row[at.activeTurns] = clip(pokemon.activeTurns / 16);
  if (!pokemon.acted) row[at.firstTurn] = 1;
  if (pokemon.movedThisTurn) row[at.moved] = 1;
}
