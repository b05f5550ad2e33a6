// Messages about moves: use, PP, repetition, failure, and reasons why a Pokémon did not move.

import { countPressure, countPressureOfTarget, possiblePressure, pressure } from "./pressure.mjs";
import { find, foeOf, placeNumber, requireKnown } from "./roster.mjs";
import {
  abilityOf,
  currentMoves,
  isItemSuspended,
  isSuppressed,
  makeSlot,
  placeOf,
  refreshTypes,
  rememberMove,
} from "./state.mjs";
import { effectOf, learnCause, showAbility, showItem, toId } from "./effects.mjs";

/** @typedef {import("./state.mjs").State} State */
/** @typedef {import("./state.mjs").Pokemon} Pokemon */
/** @typedef {import("./effects.mjs").KwArgs} KwArgs */

export const PARTIAL_TRAPS = new Set(
  (
    "bind clamp firespin gmaxcentiferno gmaxsandblast infestation magmastorm sandtomb snaptrap " +
    "thundercage whirlpool wrap"
  ).split(" "),
);
const RAMPAGES = new Set("outrage thrash petaldance ragingfury rollout iceball".split(" "));
const LONG_RAMPAGES = new Set(["rollout", "iceball"]);
/** Effects that the Pokémon's next attempt to move ends. */
const UNTIL_NEXT_MOVE = new Set("destinybond glaiverush grudge rage twoturnmove mustrecharge".split(" "));
/** Moves whose effect has no line. */
const SILENT_VOLATILES = new Set(["defensecurl", "minimize"]);
/** Moves that two Pokémon combine; the second one is said to be called by the first, and costs its PP all the same. */
const PLEDGES = new Set(["firepledge", "grasspledge", "waterpledge"]);
const COLON = 0x3a; // after a place, as in "p1a: Pikachu"
const MOVES = 4;
/** Reasons that keep a Pokémon from moving and are checked before Truant. */
const BEFORE_TRUANT = new Set(["slp", "frz"]);
/** Moves of a sleeper whose turns generation 3 gives back at its next entry. */
const USED_ASLEEP = new Set(["sleeptalk", "snore"]);

/** @param {string} id @returns {id is "healingwish" | "lunardance"} */
function isHealingWish(id) {
  return id === "healingwish" || id === "lunardance";
}

/** True if a move repeats for some turns without a choice. @param {string} id */
export function isRampage(id) {
  return RAMPAGES.has(id);
}

/** Note an attempt to move. @param {State} state @param {Pokemon} pokemon */
function startsToMove(state, pokemon) {
  state.mover = pokemon;
  pokemon.acted = true;
  pokemon.movedThisTurn = true;
  const { volatiles } = pokemon;
  for (const id in volatiles) {
    if (UNTIL_NEXT_MOVE.has(id) && (id !== "rage" || state.gen > 1)) delete volatiles[id];
  }
}

/**
 * Let Truant prevent the next move after an attempt; up to generation 4 it counts turns instead.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 */
function loafNext(state, pokemon) {
  if (pokemon.ability === "truant" && state.gen > 4 && !isSuppressed(state, pokemon)) {
    addVolatile(pokemon, "truant");
  }
}

/**
 * `|move|POKEMON|MOVE|TARGET`
 *
 * @param {State} state
 * @param {string[]} args
 * @param {KwArgs} kwArgs
 */
export function move(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  state.hitsSome = kwArgs.spread !== undefined && kwArgs.spread !== true;
  takeAim(state, args[3]);
  const cause = learnCause(state, pokemon, kwArgs);
  const id = state.tables.moveId(args[2]);
  const data = state.tables.move(id);
  if (id === "struggle") {
    startsToMove(state, pokemon);
    pokemon.lastMove = id;
    return;
  }
  // An item that lets it move earlier (Quick Claw up to generation 4) calls no move.
  const combined = PLEDGES.has(id) && PLEDGES.has(cause.id);
  const called =
    cause.id !== "" && cause.id !== id && cause.id !== "lockedmove" && cause.kind !== "item" && !combined;
  state.caller = called ? cause.id : "";
  if (called) {
    calledMove(state, pokemon, id, cause, args[3]);
  } else {
    const repeats = cause.id === "lockedmove" || costsNothing(state, pokemon, id, kwArgs);
    const { acted } = pokemon;
    const { twoturnmove } = pokemon.volatiles;
    const caller = twoturnmove?.caller;
    if (twoturnmove) countPressureOfTarget(state, pokemon, args[3]);
    startsToMove(state, pokemon);
    // Up to generation 4 a Pursuit against a Pokémon that switches out is no action of the user's turn.
    if (cause.id === "pursuit" && state.gen <= 4) pokemon.acted = acted;
    const side = state.sides[pokemon.side];
    // In some formats Pokémon know them as ordinary moves.
    const gimmick = data.isGimmick && (side.zPower || "dynamax" in pokemon.volatiles);
    side.zPower = false;
    const base = gimmick ? gimmickBase(state, pokemon, id) : caller || id;
    if (base && !repeats) {
      const slot = rememberMove(pokemon, base);
      const pressing = cause.kind === "item" || combined ? [] : pressure(state, pokemon, id, args[3]);
      slot.ppUsed += 1;
      for (const foe of pressing) countPressure(foe, pokemon, slot);
      if (!pokemon.chosenMove && !gimmick && !isFree(state, pokemon)) pokemon.chosenMove = base;
    }
    pokemon.lastMove = id;
    if (state.gen === 3 && USED_ASLEEP.has(id)) pokemon.sleepTurnsBack = pokemon.sleepTurnsKept + 1;
    loafNext(state, pokemon);
  }
  if (id === "allyswitch" && state.gen > 8) {
    pokemon.allySwitches += 1;
    pokemon.allySwitchedThisTurn = true;
  }
  const failed = kwArgs.notarget || kwArgs.still || kwArgs.miss;
  if (!failed || (continuesAfterMiss(state, id) && !called)) moveEffects(state, pokemon, id, called, args[3]);
}

/** Note the place at which a move is aimed. @param {State} state @param {string | undefined} target ident */
function takeAim(state, target) {
  if (!target) return;
  const { aim, sides } = state;
  const side = target.charCodeAt(1) - 49;
  const placed = target.charCodeAt(3) === COLON;
  // One that has fainted in this turn is named without its place.
  const fallen = !placed && state.actives > 1 ? find(state, target) : null;
  const place = fallen ? sides[side].places.findIndex((each) => each.fallen === fallen) : -1;
  if (!placed && place < 0) return;
  aim.side = side;
  aim.place = placed ? placeNumber(target) : place;
}

/** True if a Choice item, if held, does not lock the Pokémon into its move. @param {State} state @param {Pokemon} pokemon */
function isFree(state, pokemon) {
  return pokemon.ability !== "gorillatactics" && isItemSuspended(state, pokemon);
}

/**
 * True if the repetition of a move costs no PP. From generation 3 on the line itself marks repetitions.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} id
 * @param {KwArgs} kwArgs
 */
function costsNothing(state, pokemon, id, kwArgs) {
  if (state.gen > 2) return false;
  const { twoturnmove, lockedmove } = pokemon.volatiles;
  if (state.gen === 2) return twoturnmove?.move === id || (!!lockedmove && pokemon.lastMove === id);
  // Generation 1 deducts the PP of a two-turn move in its second turn, and names the repeated move as its own cause.
  if (state.tables.dex.moves.get(id).flags.charge) return !twoturnmove;
  return effectOf(kwArgs.from).id === id;
}

/**
 * Note a move called by another effect (Sleep Talk, Copycat, Dancer, Magic Bounce, ...), which costs no PP of its own.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} id
 * @param {import("./effects.mjs").Effect} cause
 * @param {string} target
 */
function calledMove(state, pokemon, id, cause, target) {
  state.mover = pokemon;
  if (state.gen === 1) {
    pokemon.lastMove = id;
    // The PP is given back, and deducted when the move hits.
    const caller = state.tables.dex.moves.get(id).flags.charge && rememberMove(pokemon, cause.id);
    if (caller) caller.ppUsed -= 1;
  }
  if (cause.kind !== "move") return;
  if (cause.id === "sleeptalk") rememberMove(pokemon, id);
  const extra = pressure(state, pokemon, id, target).length;
  const slot = extra > 0 && pokemon.moveSlots.find((known) => known.id === cause.id);
  if (slot) slot.ppUsed += extra;
}

/**
 * The base move of a Z-Move or Max Move; "" if several known moves are possible.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} id
 */
function gimmickBase(state, pokemon, id) {
  const { tables } = state;
  const data = tables.dex.moves.get(id);
  const crystal = data.isZ ? tables.dex.items.get(data.isZ) : null;
  if (crystal?.exists) showItem(state, pokemon, crystal.id);
  if (crystal?.zMoveFrom) return toId(crystal.zMoveFrom);
  const known = currentMoves(pokemon);
  if (known.length < MOVES) return ""; // it may be an unseen move
  const status = data.category === "Status";
  const fitting = known.filter((slot) => {
    const { category, type } = tables.dex.moves.get(slot.id);
    return status ? category === "Status" : category !== "Status" && type === data.type;
  });
  return fitting.length === 1 ? fitting[0].id : "";
}

/**
 * Note the effects of a move that have no line.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} id
 * @param {boolean} called
 * @param {string} target
 */
function moveEffects(state, pokemon, id, called, target) {
  const side = state.sides[pokemon.side];
  const place = placeOf(state, pokemon);
  if (id === "wish") place.wishTurns ||= 2;
  else if (isHealingWish(id)) place.healingWishes[id] = true;
  else if (SILENT_VOLATILES.has(id)) addVolatile(pokemon, id);
  else if (RAMPAGES.has(id) && !called) rampage(pokemon, id);
  else if (state.gen === 1 && id === "rage") addVolatile(pokemon, id);
  else if (state.gen === 1 && PARTIAL_TRAPS.has(id)) {
    const victim = find(state, target);
    if (victim && victim !== pokemon)
      victim.volatiles.partiallytrapped = { id: "partiallytrapped", turns: 0 };
    return;
  }
  if (state.gen === 1) delete foeOf(state, pokemon)?.volatiles.partiallytrapped;
}

/** Begin, continue or end a rampage. @param {Pokemon} pokemon @param {string} id of its move */
function rampage(pokemon, id) {
  pokemon.rampagedThisTurn = true;
  const current = pokemon.volatiles.lockedmove;
  if (!current) addVolatile(pokemon, "lockedmove");
  else if (current.turns >= (LONG_RAMPAGES.has(id) ? 4 : 2)) delete pokemon.volatiles.lockedmove;
}

/** True if a move is a rampage that begins and continues although it hits nothing. @param {State} state @param {string} id */
function continuesAfterMiss(state, id) {
  return state.gen === 2 && RAMPAGES.has(id) && !LONG_RAMPAGES.has(id);
}

/** True if sleep ends the rampage of a Pokémon; it ends all but Rollout. @param {State} state @param {Pokemon} pokemon */
export function sleepsOver(state, pokemon) {
  return state.gen > 1 && pokemon.status === "slp" && !LONG_RAMPAGES.has(pokemon.lastMove);
}

/** End a rampage that hit nothing this turn. @param {State} state @param {Pokemon} pokemon the user */
export function breakOff(state, pokemon) {
  if (pokemon.rampagedThisTurn && !continuesAfterMiss(state, pokemon.lastMove))
    delete pokemon.volatiles.lockedmove;
}

/** Undo the assumed effects of the running move, which has failed. @param {State} state */
export function moveFails(state) {
  const { mover } = state;
  if (!mover || state.hitsSome) return;
  breakOff(state, mover);
  if (state.gen === 1 && PARTIAL_TRAPS.has(mover.lastMove))
    delete foeOf(state, mover)?.volatiles.partiallytrapped;
  // An effect of an earlier turn continues.
  const silent = SILENT_VOLATILES.has(mover.lastMove) && mover.volatiles[mover.lastMove];
  if (silent && silent.turns === 0) delete mover.volatiles[mover.lastMove];
  const place = placeOf(state, mover);
  // From generation 8 on one that waits may be the one that an earlier user left.
  if (state.gen < 8 && isHealingWish(mover.lastMove)) place.healingWishes[mover.lastMove] = false;
  if (mover.lastMove === "wish" && place.wishTurns === 2) place.wishTurns = 0; // else it is that of the turn before
  state.mover = null;
}

/**
 * `|cant|POKEMON|REASON|MOVE`
 *
 * @param {State} state
 * @param {string[]} args
 */
export function cant(state, args) {
  const pokemon = requireKnown(state, args[1]);
  const reason = effectOf(args[2]);
  const { volatiles } = pokemon;
  const { twoturnmove } = volatiles;
  startsToMove(state, pokemon);
  state.mover = null;
  if (reason.kind === "ability") showAbility(state, pokemon, reason.name);
  if (args[3] && reason.id !== "flinch") rememberMove(pokemon, state.tables.moveId(args[3]));
  if (reason.id === "recharge") {
    if (state.gen !== 3) delete volatiles.truant; // there Truant counts every turn
  } else if (reason.id === "truant") {
    if (state.gen > 4) delete volatiles.truant;
    else addVolatile(pokemon, "truant");
  } else if (!BEFORE_TRUANT.has(reason.id)) loafNext(state, pokemon);
  // In generation 1 only paralysis and confusion end a repeated move.
  if (state.gen === 1 && reason.id !== "par") {
    if (twoturnmove) volatiles.twoturnmove = twoturnmove;
    pokemon.rampagedThisTurn = volatiles.lockedmove !== undefined;
  }
  if (reason.id === "slp") {
    pokemon.sleepTurnsKept = pokemon.sleepTurnsBack;
    pokemon.sleepTurnsBack = 0;
    pokemon.sleepTurns += pokemon.ability === "earlybird" ? 2 : 1;
  }
  if ((reason.id === "slp" || reason.id === "frz") && state.gen === 1) pokemon.lastMove = "";
  if (state.gen === 1) delete foeOf(state, pokemon)?.volatiles.partiallytrapped;
}

/** Note that a confused Pokémon has hurt itself instead of moving. @param {State} state @param {Pokemon} pokemon */
export function hurtsItself(state, pokemon) {
  startsToMove(state, pokemon);
  loafNext(state, pokemon);
  state.mover = null;
}

/** `|-prepare|POKEMON|MOVE`: a two-turn move begins. @param {State} state @param {string[]} args @param {KwArgs} kwArgs */
export function prepare(state, args, kwArgs) {
  if (kwArgs.premajor) return;
  const pokemon = requireKnown(state, args[1]);
  const volatile = addVolatile(pokemon, "twoturnmove");
  volatile.move = state.tables.moveId(args[2]);
  volatile.caller = state.caller;
  volatile.pressing = possiblePressure(state, pokemon, volatile.move);
}

/** `|-anim|POKEMON|MOVE`: a two-turn move that needs no charging turn. @param {State} state @param {string[]} args */
export function anim(state, args) {
  const pokemon = find(state, args[1]);
  if (!pokemon) return;
  if (pokemon.volatiles.twoturnmove) countPressureOfTarget(state, pokemon, args[3]);
  delete pokemon.volatiles.twoturnmove;
}

/**
 * `|-transform|POKEMON|TARGET`
 *
 * @param {State} state
 * @param {string[]} args
 * @param {KwArgs} kwArgs
 */
export function transform(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  const target = requireKnown(state, args[2]);
  learnCause(state, pokemon, kwArgs);
  pokemon.boosts = { ...target.boosts };
  pokemon.volatiles.transform = { id: "transform", turns: 0, target: target.originalIdent };
  pokemon.speciesForme = target.speciesForme;
  const tera = target.terastallized;
  const types = tera
    ? (target.volatiles.typechange?.types ?? state.tables.species(target.speciesForme).typeNames)
    : target.types;
  pokemon.volatiles.typechange = { id: "typechange", turns: 0, types, copied: true };
  pokemon.addedType = target.addedType;
  pokemon.timesAttacked = target.timesAttacked;
  pokemon.chosenMove = "";
  if (state.gen > 2) {
    pokemon.ability = abilityOf(state, target);
    pokemon.abilityChanged = true;
  }
  pokemon.moveSlots = pokemon.moveSlots.filter((slot) => !slot.virtual);
  for (const { id } of currentMoves(target)) pokemon.moveSlots.push(makeSlot(id, true));
  refreshTypes(state, pokemon);
}

/** Add a volatile effect, if absent. @param {Pokemon} pokemon @param {string} id @returns {import("./state.mjs").Volatile} */
export function addVolatile(pokemon, id) {
  return (pokemon.volatiles[id] ??= { id, turns: 0 });
}

/**
 * Note that a Pokémon's new item holds no move yet. Up to generation 4 it holds the move that has brought it.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 */
export function releaseMove(state, pokemon) {
  const brought = state.gen <= 4 && pokemon === state.mover && !state.caller;
  pokemon.chosenMove = brought ? pokemon.lastMove : "";
}
