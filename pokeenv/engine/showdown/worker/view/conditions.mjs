// Messages about effects on Pokémon: their start, their end, their activation.

import { find, foeOf, placeNumber, requireKnown } from "./roster.mjs";
import { abilityOf, makeSlot, refreshTypes, rememberMove } from "./state.mjs";
import { changeAbility, effectOf, learnCause, loseItem, showAbility, showItem, toId } from "./effects.mjs";
import { addVolatile, breakOff, moveFails, PARTIAL_TRAPS } from "./moves.mjs";
import { abilityId, isNothing, typeName } from "./nothing.mjs";

/** @typedef {import("./state.mjs").State} State */
/** @typedef {import("./state.mjs").Pokemon} Pokemon */
/** @typedef {import("./effects.mjs").KwArgs} KwArgs */

/** Effects that `|-start|` and `|-singlemove|` give to a Pokémon, by Showdown's id. */
const VOLATILES = new Set(
  (
    "aquaring attract autotomize bide charge confusion curse destinybond disable dragoncheer dynamax embargo encore " +
    "flashfire focusenergy foresight glaiverush gmaxchistrike grudge healblock imprison ingrain laserfocus " +
    "leechseed lightscreen magnetrise miracleeye mist mudsport nightmare noretreat octolock perishsong " +
    "powershift powertrick protosynthesis quarkdrive rage reflect saltcure slowstart smackdown stockpile " +
    "substitute syrupbomb tarshot taunt telekinesis throatchop torment trapped uproar watersport yawn"
  ).split(" "),
);
/** Effects of one turn, which have ended before the next decision; only some leave a trace in the state. */
const TURN_EFFECTS = new Set(
  (
    "allyswitch beakblast craftyshield electrify endure focuspunch followme helpinghand instruct magiccoat matblock " +
    "maxguard powder protect quickguard ragepowder roost shelltrap snatch spotlight wideguard"
  ).split(" "),
);
/** Those of one turn that are seen where a side has two Pokémon: they count while a switch interrupts the turn. */
export const TURN_VOLATILES = ["followme", "helpinghand", "protect", "ragepowder"];
const TURN_GUARDS = new Set("craftyshield matblock quickguard wideguard".split(" "));
const PROTECTING = new Set("protect endure maxguard quickguard wideguard".split(" "));
// The simulator ends "fallenundefined" if no ally had fainted.
const NUMBERED = /^(stockpile|perish|fallen)(\d|undefined)$/;
const PARADOX = /^(protosynthesis|quarkdrive)(atk|def|spa|spd|spe)$/;

/**
 * `|-start|POKEMON|EFFECT` and `|-singlemove|POKEMON|EFFECT`
 *
 * @param {State} state
 * @param {string[]} args
 * @param {KwArgs} kwArgs
 */
export function start(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  const effect = effectOf(args[2]);
  learnCause(state, pokemon, kwArgs);
  if (effect.kind === "ability") showAbility(state, pokemon, effect.name);
  const special = STARTS[effect.id];
  if (special) return special(state, pokemon, args, kwArgs);
  const [, counted, number] = NUMBERED.exec(effect.id) ?? [];
  if (counted) {
    addVolatile(pokemon, counted === "perish" ? "perishsong" : counted).level = Number(number);
    return;
  }
  const [, paradox, stat] = PARADOX.exec(effect.id) ?? [];
  if (paradox) {
    pokemon.volatiles[paradox] = { id: paradox, turns: 0, stat };
    return;
  }
  if (PARTIAL_TRAPS.has(effect.id)) {
    pokemon.volatiles.partiallytrapped = { id: "partiallytrapped", turns: 0 };
    return;
  }
  if (!VOLATILES.has(effect.id)) {
    return state.tables.unknown(`unknown effect "${args[2]}" starts`, ` on ${args[1]}`);
  }
  pokemon.volatiles[effect.id] = { id: effect.id, turns: 0 };
  // Up to generation 2 the confusion that ends a rampage is silent.
  if (effect.id === "confusion" && (kwArgs.fatigue || kwArgs.silent)) delete pokemon.volatiles.lockedmove;
}

/** @type {Record<string, (state: State, pokemon: Pokemon, args: string[], kwArgs: KwArgs) => void>} */
const STARTS = {
  typechange(state, pokemon, args, kwArgs) {
    const model = find(state, kwArgs.of);
    if (pokemon.terastallized) return;
    // At the end of a turn the simulator shows the types of the imitated Pokémon.
    if (kwArgs.silent && pokemon.disguised && pokemon.side === state.seat) return;
    if (args[3]) pokemon.addedType = undefined;
    else if (model) pokemon.addedType = model.addedType;
    const types = args[3] ? args[3].split("/").map(typeName) : (model?.types.slice() ?? []);
    pokemon.volatiles.typechange = { id: "typechange", turns: 0, types };
    refreshTypes(state, pokemon);
  },
  typeadd(state, pokemon, args) {
    pokemon.addedType = isNothing(args[3]) ? undefined : args[3];
  },
  disable(state, pokemon, args) {
    pokemon.volatiles.disable = { id: "disable", turns: 0, move: state.tables.moveId(args[3]) };
    rememberMove(pokemon, state.tables.moveId(args[3]));
  },
  encore(state, pokemon) {
    pokemon.volatiles.encore = { id: "encore", turns: 0, move: pokemon.lastMove };
  },
  mimic: (state, pokemon, args) => mimic(state, pokemon, args[3]),
  dynamax(state, pokemon) {
    addVolatile(pokemon, "dynamax");
    const side = state.sides[pokemon.side];
    side.used.dynamax = true;
    side.dynamaxTurns = 3;
    for (const id of ["substitute", "minimize", "torment"]) delete pokemon.volatiles[id];
  },
  autotomize(state, pokemon) {
    const volatile = addVolatile(pokemon, "autotomize");
    volatile.level = (volatile.level ?? 0) + 1;
  },
  smackdown(state, pokemon) {
    addVolatile(pokemon, "smackdown");
    bringDown(pokemon);
  },
  futuresight: futureMove,
  doomdesire: futureMove,
  trapped: trap,
};

/**
 * A copied move replaces Mimic; generation 1 keeps the PP of Mimic.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} name
 */
function mimic(state, pokemon, name) {
  const { tables } = state;
  const slot = rememberMove(pokemon, "mimic");
  slot.hidden = true;
  pokemon.chosenMove = ""; // a Choice item releases a move that is gone
  addVolatile(pokemon, "mimic");
  const id = tables.moveId(name);
  const copy = makeSlot(id, true);
  if (state.gen === 1) copy.ppUsed = slot.ppUsed;
  copy.maxPP = state.gen === 1 ? tables.maxPP("mimic") : state.gen < 5 ? 5 : tables.dex.moves.get(id).pp;
  pokemon.moveSlots.push(copy);
}

/**
 * The copied move replaces Sketch, without PP Ups.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} name
 */
function sketch(state, pokemon, name) {
  pokemon.moveSlots = pokemon.moveSlots.filter((slot) => slot.id !== "sketch");
  pokemon.chosenMove = "";
  const slot = rememberMove(pokemon, state.tables.moveId(name));
  slot.maxPP = state.tables.dex.moves.get(slot.id).pp;
}

const IN_THE_AIR = new Set(["fly", "bounce", "skydrop"]);

/** Bring a Pokémon to the ground. @param {Pokemon} pokemon */
function bringDown({ volatiles }) {
  delete volatiles.magnetrise;
  delete volatiles.telekinesis;
  if (IN_THE_AIR.has(volatiles.twoturnmove?.move)) delete volatiles.twoturnmove;
}

/** In doubles, the Pokémon that traps another one must be known: its leaving ends the trap. @param {State} state @param {Pokemon} pokemon */
function trap(state, pokemon) {
  const trapped = addVolatile(pokemon, "trapped");
  if (state.actives > 1 && state.mover && state.mover !== pokemon) trapped.source = state.mover;
}

/** @param {State} state @param {Pokemon} pokemon the user */
function futureMove(state, pokemon) {
  const { side, place } = state.actives > 1 ? state.aim : { side: 1 - pokemon.side, place: 0 };
  state.sides[side].places[place].futureMoveTurns = 3;
}

/**
 * `|-end|POKEMON|EFFECT`
 *
 * @param {State} state
 * @param {string[]} args
 * @param {KwArgs} kwArgs
 */
export function end(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  const { id, kind, name } = effectOf(args[2]);
  if (kind === "ability") showAbility(state, pokemon, name);
  const [, counted] = NUMBERED.exec(id) ?? [];
  if (kwArgs.partiallytrapped || PARTIAL_TRAPS.has(id)) {
    delete pokemon.volatiles[id === "octolock" ? id : "partiallytrapped"];
  } else if (id === "futuresight" || id === "doomdesire") {
    state.sides[pokemon.side].places[placeNumber(args[1])].futureMoveTurns = 0; // names whom it hits
    state.mover = null;
  } else if (id === "illusion") {
    showAbility(state, pokemon, "Illusion");
    pokemon.disguised = false;
  } else if (id === "typechange") {
    delete pokemon.volatiles.typechange;
    refreshTypes(state, pokemon);
  } else if (id === "dynamax") {
    delete pokemon.volatiles.dynamax;
    state.sides[pokemon.side].dynamaxTurns = 0;
  } else if (counted) {
    delete pokemon.volatiles[counted];
  } else if (VOLATILES.has(id)) {
    delete pokemon.volatiles[id];
  } else if (!IGNORED_ENDS.has(id)) {
    state.tables.unknown(`unknown effect "${args[2]}" ends`, ` on ${args[1]}`);
  }
}

// "Toxic counter": generation 1 uses it for Leech Seed as well, and Haze ends it.
const IGNORED_ENDS = new Set(["skydrop", "neutralizinggas", "typeadd", "freefall", "toxiccounter"]);

/** `|-singleturn|POKEMON|EFFECT` @param {State} state @param {string[]} args */
export function singleTurn(state, args) {
  const pokemon = requireKnown(state, args[1]);
  const { id, name } = effectOf(args[2]);
  if (!TURN_EFFECTS.has(id))
    state.tables.unknown(`unknown effect "${args[2]}" of one turn`, ` on ${args[1]}`);
  if (state.actives > 1) showTurnEffect(state, pokemon, id);
  if (PROTECTING.has(id)) {
    pokemon.protectedThisTurn = true;
    pokemon.protectCount = Math.min(6, pokemon.protectCount + 1);
  } else if (id === "roost") {
    addVolatile(pokemon, "roost");
    refreshTypes(state, pokemon);
  } else if (id === "focuspunch" || id === "shelltrap" || id === "beakblast") {
    rememberMove(pokemon, state.tables.moveId(name));
  }
}

/** @param {State} state @param {Pokemon} pokemon @param {string} id */
function showTurnEffect(state, pokemon, id) {
  if (TURN_GUARDS.has(id)) state.sides[pokemon.side].guards[id] = true;
  else if (id === "spotlight") addVolatile(pokemon, "followme");
  else if (id === "maxguard") addVolatile(pokemon, "protect");
  else if (TURN_VOLATILES.includes(id)) addVolatile(pokemon, id);
}

/**
 * `|-activate|POKEMON|EFFECT|TARGET`
 *
 * @param {State} state
 * @param {string[]} args
 * @param {KwArgs} kwArgs
 */
export function activate(state, args, kwArgs) {
  const pokemon = find(state, args[1]);
  const effect = effectOf(args[2]);
  if (!pokemon) return;
  if (effect.kind === "ability") showAbility(state, pokemon, effect.name);
  if (PARTIAL_TRAPS.has(effect.id)) pokemon.volatiles.partiallytrapped = { id: "partiallytrapped", turns: 0 };
  const other = find(state, args[3]) ?? find(state, kwArgs.of);
  ACTIVATIONS[effect.id]?.(state, pokemon, kwArgs, other);
}

/** @type {Record<string, (state: State, pokemon: Pokemon, kwArgs: KwArgs, other: Pokemon | null) => void>} */
const ACTIVATIONS = {
  confusion(state, pokemon) {
    const confusion = pokemon.volatiles.confusion;
    if (confusion) confusion.turns += 1;
    pokemon.acted = pokemon.movedThisTurn = true;
  },
  // In generations 3 and 4 the line of Sketch names Mimic.
  mimic: (state, pokemon, kwArgs) =>
    (pokemon.lastMove === "sketch" ? sketch : mimic)(state, pokemon, kwArgs.move),
  poltergeist: (state, pokemon, kwArgs) => showItem(state, pokemon, toId(kwArgs.item)),
  focusband: (state, pokemon) => showItem(state, pokemon, "focusband"),
  quickclaw: (state, pokemon) => showItem(state, pokemon, "quickclaw"),
  safetygoggles: (state, pokemon) => showItem(state, pokemon, "safetygoggles"),
  protectivepads: (state, pokemon) => showItem(state, pokemon, "protectivepads"),
  custapberry: (state, pokemon) => loseItem(state, pokemon, "custapberry"),
  grudge(state, pokemon, kwArgs) {
    const id = state.tables.moveId(kwArgs.move);
    rememberMove(pokemon, id).ppUsed = state.tables.maxPP(id);
  },
  spite: losePP,
  eeriespell: losePP,
  gmaxdepletion: losePP,
  leppaberry: (state, pokemon, kwArgs) => gainPP(state, pokemon, kwArgs.move, 10),
  mysteryberry: (state, pokemon, kwArgs) => gainPP(state, pokemon, kwArgs.move, 5),
  sketch: (state, pokemon, kwArgs) => sketch(state, pokemon, kwArgs.move),
  forewarn(state, pokemon, kwArgs, other) {
    const warned = other ?? foeOf(state, pokemon);
    if (warned) rememberMove(warned, state.tables.moveId(kwArgs.move));
  },
  symbiosis(state, pokemon, kwArgs, other) {
    loseItem(state, pokemon, toId(kwArgs.item));
    if (other) showItem(state, other, toId(kwArgs.item));
  },
  skillswap(state, pokemon, kwArgs, other) {
    if (other) swapAbilities(state, pokemon, other, kwArgs);
  },
  wanderingspirit(state, pokemon, kwArgs, other) {
    if (other && kwArgs.ability) swapAbilities(state, pokemon, other, kwArgs);
  },
  mummy: spreadAbility,
  lingeringaroma: spreadAbility,
  commander(state, pokemon, kwArgs, other) {
    addVolatile(pokemon, "commanding");
    if (other) addVolatile(other, "commanded");
  },
  lockon: (state, pokemon) => void addVolatile(pokemon, "lockon"),
  mindreader: (state, pokemon) => void addVolatile(pokemon, "lockon"),
  electromorphosis: (state, pokemon) => void addVolatile(pokemon, "charge"),
  windpower: (state, pokemon) => void addVolatile(pokemon, "charge"),
  gravity: (state, pokemon) => bringDown(pokemon),
  protect: (state) => blocked(state),
  trapped: trap,
};

/** @param {State} state @param {Pokemon} pokemon @param {KwArgs} kwArgs */
function losePP(state, pokemon, kwArgs) {
  if (!kwArgs.move) return;
  const lost = Number(kwArgs.number);
  rememberMove(pokemon, state.tables.moveId(kwArgs.move)).ppUsed += Number.isNaN(lost) ? 4 : lost;
}

/** @param {State} state @param {Pokemon} pokemon @param {string} name @param {number} amount */
function gainPP(state, pokemon, name, amount) {
  const slot = rememberMove(pokemon, state.tables.moveId(name));
  slot.ppUsed = Math.max(0, Math.min(slot.ppUsed, state.tables.maxPP(slot.id)) - amount);
}

/** @param {State} state @param {Pokemon} pokemon @param {Pokemon} other @param {KwArgs} kwArgs */
function swapAbilities(state, pokemon, other, kwArgs) {
  // Up to generation 4 the line names no abilities.
  const now = abilityId(toId(kwArgs.ability ?? "")) || abilityOf(state, other);
  const then = abilityId(toId(kwArgs.ability2 ?? "")) || abilityOf(state, pokemon);
  if (!other.baseAbility && !other.abilityChanged) other.baseAbility = now;
  if (!pokemon.baseAbility && !pokemon.abilityChanged) pokemon.baseAbility = then;
  pokemon.ability = now;
  other.ability = then;
  pokemon.abilityChanged = other.abilityChanged = true;
}

/** @param {State} state @param {Pokemon} pokemon the holder @param {KwArgs} kwArgs @param {Pokemon | null} other */
function spreadAbility(state, pokemon, kwArgs, other) {
  if (!other || !kwArgs.ability) return;
  if (!other.baseAbility && !other.abilityChanged) other.baseAbility = toId(kwArgs.ability);
  changeAbility(state, other, pokemon.ability);
}

/** The target has blocked the running move. @param {State} state */
function blocked(state) {
  if (state.mover) breakOff(state, state.mover);
}

/**
 * `|-block|POKEMON|EFFECT`
 *
 * @param {State} state
 * @param {string[]} args
 * @param {KwArgs} kwArgs
 */
export function block(state, args, kwArgs) {
  const pokemon = find(state, args[1]);
  const effect = effectOf(args[2]);
  const holder = find(state, kwArgs.of) ?? pokemon;
  if (!holder) return;
  if (effect.kind === "ability") showAbility(state, holder, effect.name);
  else if (effect.kind === "item") showItem(state, holder, effect.id);
  blocked(state);
}

/** `|-fail|`, `|-immune|`, `|-notarget|` @param {State} state @param {string[]} args @param {KwArgs} kwArgs */
export function fails(state, args, kwArgs) {
  learnCause(state, find(state, args[1]), kwArgs);
  // Ally Switch that hits nobody counts as used; one that the dice refuse begins anew.
  if (state.mover?.lastMove === "allyswitch" && !args[2]) state.mover.allySwitches = 0;
  if (state.mover?.side === state.seat && !state.hitsSome) state.failures += 1;
  moveFails(state);
}

/** `|-miss|`: no failure of the player's, so it does not count. @param {State} state @param {string[]} args @param {KwArgs} kwArgs */
export function misses(state, args, kwArgs) {
  learnCause(state, find(state, args[1]), kwArgs);
  moveFails(state);
}

/** `|-mustrecharge|POKEMON` @param {State} state @param {string[]} args */
export function mustRecharge(state, args) {
  addVolatile(requireKnown(state, args[1]), "mustrecharge");
}
