// Messages about sides and the whole field: screens, hazards, weather, terrain, rooms, and their durations.

import { find } from "./roster.mjs";
import { effectOf, learnCause } from "./effects.mjs";

/** @typedef {import("./state.mjs").State} State */
/** @typedef {import("./state.mjs").Pokemon} Pokemon */
/** @typedef {import("./effects.mjs").KwArgs} KwArgs */

/** Minimum duration of side conditions in turns; 0 if they last until they are removed. @type {Record<string, number>} */
const DURATIONS = {
  reflect: 5,
  lightscreen: 5,
  auroraveil: 5,
  safeguard: 5,
  mist: 5,
  luckychant: 5,
  tailwind: 4,
  gmaxcannonade: 4,
  gmaxvinelash: 4,
  gmaxvolcalith: 4,
  gmaxwildfire: 4,
  grasspledge: 4,
  waterpledge: 4,
  firepledge: 4,
  stealthrock: 0,
  spikes: 0,
  toxicspikes: 0,
  stickyweb: 0,
  gmaxsteelsurge: 0,
};
const EXTENDABLE = new Set(["reflect", "lightscreen", "auroraveil"]);
/** @type {Record<string, string>} */
const WEATHER_ROCKS = {
  sunnyday: "heatrock",
  raindance: "damprock",
  sandstorm: "smoothrock",
  hail: "icyrock",
  snowscape: "icyrock",
};
const LASTING_WEATHERS = new Set(["desolateland", "primordialsea", "deltastream"]);
const ROOMS = new Set(
  "trickroom gravity magicroom wonderroom mudsport watersport iondeluge fairylock".split(" "),
);

/**
 * Minimum and maximum duration of an effect that an item extends from 5 to 8 turns.
 *
 * @param {Pokemon | null} source the Pokémon that made it
 * @param {string} item that extends it
 * @returns {[number, number]}
 */
function extended(source, item) {
  if (!source || (!source.item && !source.noItem)) return [5, 8];
  const turns = source.item === item ? 8 : 5;
  return [turns, turns];
}

/** `|-sidestart|SIDE|CONDITION` @param {State} state @param {string[]} args @param {KwArgs} kwArgs */
export function sideStart(state, args, kwArgs) {
  const side = state.sides[args[1].charCodeAt(1) - 49];
  const { id } = effectOf(args[2]);
  let duration = DURATIONS[id];
  if (duration === undefined) return state.tables.unknown(`unknown side condition "${args[2]}"`);
  const present = side.sideConditions[id];
  if (present) {
    present.level += 1;
    return;
  }
  if (id === "tailwind" && state.gen === 4) duration = 3;
  if (kwArgs.persistent) duration += 2;
  let most = duration;
  if (EXTENDABLE.has(id) && state.gen >= 4) [duration, most] = extended(state.mover, "lightclay");
  side.sideConditions[id] = { level: 1, minDuration: duration, maxDuration: most };
}

/** `|-sideend|SIDE|CONDITION` @param {State} state @param {string[]} args */
export function sideEnd(state, args) {
  const { id } = effectOf(args[2]);
  if (!(id in DURATIONS)) state.tables.unknown(`unknown side condition "${args[2]}"`);
  delete state.sides[args[1].charCodeAt(1) - 49].sideConditions[id];
}

/** `|-swapsideconditions|` @param {State} state */
export function swapSideConditions(state) {
  const [one, two] = state.sides;
  [one.sideConditions, two.sideConditions] = [two.sideConditions, one.sideConditions];
}

/** `|-weather|WEATHER` @param {State} state @param {string[]} args @param {KwArgs} kwArgs */
export function weather(state, args, kwArgs) {
  const current = state.field.weatherState;
  const { id } = effectOf(args[1]);
  if (kwArgs.upkeep) {
    tick(current);
    return;
  }
  const source = find(state, kwArgs.of) ?? state.mover;
  const cause = learnCause(state, source, kwArgs);
  if (id === "none") {
    state.field.weatherState = { id: "", minDuration: 0, maxDuration: 0 };
    return;
  }
  if (!(id in WEATHER_ROCKS) && !LASTING_WEATHERS.has(id)) {
    state.tables.unknown(`unknown weather "${args[1]}"`);
  }
  const lasts = LASTING_WEATHERS.has(id) || (state.gen <= 5 && cause.kind === "ability");
  let range = lasts ? [0, 0] : [5, 5];
  if (!lasts && state.gen >= 4) range = extended(source, WEATHER_ROCKS[id]);
  state.field.weatherState = { id, minDuration: range[0], maxDuration: range[1] };
}

/** `|-fieldstart|CONDITION` @param {State} state @param {string[]} args @param {KwArgs} kwArgs */
export function fieldStart(state, args, kwArgs) {
  const { id } = effectOf(args[1]);
  const source = find(state, kwArgs.of) ?? state.mover;
  learnCause(state, source, kwArgs);
  if (id.endsWith("terrain")) {
    const range = state.gen >= 7 ? extended(source, "terrainextender") : [5, 5];
    state.field.terrainState = { id, minDuration: range[0], maxDuration: range[1] };
    return;
  }
  if (!ROOMS.has(id)) return state.tables.unknown(`unknown field condition "${args[1]}"`);
  const duration = id === "iondeluge" ? 1 : id === "fairylock" ? 2 : kwArgs.persistent ? 7 : 5;
  state.field.pseudoWeather[id] = { id, minDuration: duration, maxDuration: duration };
  if (id === "gravity") {
    for (const side of state.sides) {
      for (const pokemon of side.active) {
        for (const lifted of ["magnetrise", "telekinesis"]) delete pokemon?.volatiles[lifted];
      }
    }
  }
}

/** `|-fieldend|CONDITION` @param {State} state @param {string[]} args */
export function fieldEnd(state, args) {
  const { id } = effectOf(args[1]);
  if (id.endsWith("terrain")) state.field.terrainState = { id: "", minDuration: 0, maxDuration: 0 };
  else if (ROOMS.has(id)) delete state.field.pseudoWeather[id];
  else state.tables.unknown(`unknown field condition "${args[1]}"`);
}

/** Subtract one turn. @param {{minDuration: number, maxDuration: number}} timed */
function tick(timed) {
  if (timed.maxDuration === 0) return;
  timed.maxDuration = Math.max(1, timed.maxDuration - 1);
  timed.minDuration = Math.max(1, timed.minDuration - 1);
}

/** End a turn for all but the weather, which announces its own end. @param {State} state */
export function upkeepOfField(state) {
  const { pseudoWeather, terrainState } = state.field;
  for (const id in pseudoWeather) {
    tick(pseudoWeather[id]);
    if (id === "iondeluge" || id === "fairylock") delete pseudoWeather[id];
  }
  tick(terrainState);
  for (const side of state.sides) {
    for (const id in side.sideConditions) tick(side.sideConditions[id]);
    side.dynamaxTurns = Math.max(0, side.dynamaxTurns - 1);
    for (const place of side.places) {
      place.wishTurns = Math.max(0, place.wishTurns - 1);
      place.futureMoveTurns = Math.max(0, place.futureMoveTurns - 1);
    }
  }
}
