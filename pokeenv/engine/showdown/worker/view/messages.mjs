// The handler of every protocol message (sim/SIM-PROTOCOL.md). A message without a handler is an error.

import { UnknownError } from "../showdown/unknown.mjs";
import * as boosts from "./boosts.mjs";
import * as conditions from "./conditions.mjs";
import { changeAbility, effectOf, learnCause, loseItem, showAbility, showItem, toId } from "./effects.mjs";
import * as field from "./field.mjs";
import * as moves from "./moves.mjs";
import { typeName } from "./nothing.mjs";
import * as roster from "./roster.mjs";
import { showTeam } from "./team_sheet.mjs";
import {
  isSuppressed,
  makePokemon,
  parseDetails,
  placeOf,
  refreshTypes,
  setCondition,
  wholeNumber,
} from "./state.mjs";

/** @typedef {import("./state.mjs").State} State */
/** @typedef {import("./state.mjs").Pokemon} Pokemon */
/** @typedef {import("./effects.mjs").KwArgs} KwArgs */
/** @typedef {(state: State, args: string[], kwArgs: KwArgs) => void} Handler */

const { find, requireKnown } = roster;
const PASSING = new Map(
  Object.entries({ batonpass: "batonpass", zbatonpass: "batonpass", shedtail: "shedtail" }),
);
/** Abilities and moves that copy the ability of `[of]`. */
const COPIES_ABILITY = new Set("trace roleplay receiver powerofalchemy entrainment doodle".split(" "));
const TAKES_ITEM = new Set("thief covet magician pickpocket".split(" "));

/** `|switch|` and `|drag|` @type {Handler} */
function switchIn(state, args, kwArgs) {
  const details = parseDetails(args[2], state.tables);
  const place = roster.placeNumber(args[1]);
  const pokemon = roster.arrive(state, args[1], details);
  const passing = args[0] === "switch" ? PASSING.get(effectOf(kwArgs.from).id) : undefined;
  roster.enter(state, pokemon, place, passing ?? "");
  if (pokemon.ability === "truant" && state.gen === 3 && state.turn > 0) moves.addVolatile(pokemon, "truant");
  pokemon.baseForme = pokemon.speciesForme = details.species;
  pokemon.terastallized = details.tera;
  setCondition(pokemon, args[3]);
  refreshTypes(state, pokemon);
  state.mover = null;
  if (state.gen < 8) {
    const { healingWishes } = placeOf(state, pokemon);
    healingWishes.healingwish = healingWishes.lunardance = false;
  }
}

/** `|replace|POKEMON|DETAILS`: an Illusion ends. @type {Handler} */
function replace(state, args) {
  const details = parseDetails(args[2], state.tables);
  const pokemon = roster.recognise(state, args[1], details);
  roster.unmask(state, pokemon, roster.placeNumber(args[1]));
  pokemon.disguised = false;
  pokemon.baseForme = pokemon.speciesForme = details.species;
  refreshTypes(state, pokemon);
}

/** @type {Handler} */
function faint(state, args) {
  const pokemon = requireKnown(state, args[1]);
  pokemon.fainted = true;
  pokemon.hp = 0;
  pokemon.status = undefined;
  const { saved } = pokemon;
  roster.leave(state, pokemon);
  pokemon.saved = saved; // in case it was an Illusion
  pokemon.terastallized = undefined;
  refreshTypes(state, pokemon);
  roster.empty(state, pokemon);
}

/** `|detailschange|POKEMON|DETAILS`: a permanent change of forme. @type {Handler} */
function detailsChange(state, args) {
  const pokemon = requireKnown(state, args[1]);
  const details = parseDetails(args[2], state.tables);
  pokemon.baseForme = details.species;
  pokemon.level = details.level;
  delete pokemon.volatiles.typechange;
  pokemon.addedType = undefined;
  changeForme(state, pokemon, details.species);
  const { formeAbility } = state.tables.species(details.species);
  if (!formeAbility) return;
  pokemon.ability = pokemon.baseAbility = formeAbility;
  pokemon.abilityChanged = false;
}

/** @type {Handler} */
function formeChange(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  learnCause(state, pokemon, kwArgs);
  delete pokemon.volatiles.typechange;
  pokemon.addedType = undefined;
  if (state.gen >= 6) delete pokemon.volatiles.autotomize;
  changeForme(state, pokemon, args[2]);
}

/** @param {State} state @param {Pokemon} pokemon @param {string} species */
function changeForme(state, pokemon, species) {
  pokemon.speciesForme = parseDetails(species, state.tables).species;
  refreshTypes(state, pokemon);
}

/** @type {Handler} */
function mega(state, args) {
  const pokemon = requireKnown(state, args[1]);
  state.sides[pokemon.side].used.mega = true;
  if (args[3]) showItem(state, pokemon, toId(args[3]));
}

/** @type {Handler} */
function zPower(state, args) {
  const side = state.sides[requireKnown(state, args[1]).side];
  side.used.zmove = side.zPower = true;
}

/** @type {Handler} */
function terastallize(state, args) {
  const pokemon = requireKnown(state, args[1]);
  state.sides[pokemon.side].used.terastallize = true;
  pokemon.terastallized = typeName(args[2]);
  pokemon.addedType = undefined;
  refreshTypes(state, pokemon);
}

/** @type {Handler} */
function damage(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  setCondition(pokemon, args[2]);
  const cause = learnCause(state, pokemon, kwArgs);
  if (cause.id === "confusion") moves.hurtsItself(state, pokemon);
  if (!cause.id && state.mover !== pokemon) pokemon.timesAttacked += 1;
}

/** @type {Handler} */
function heal(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  setCondition(pokemon, args[2]);
  const cause = learnCause(state, pokemon, cleared(kwArgs));
  if (cause.id === "revivalblessing") pokemon.fainted = false;
  if (cause.id === "healingwish" || cause.id === "lunardance") {
    placeOf(state, pokemon).healingWishes[cause.id] = false;
    pokemon.sleepTurns = 0;
    if (cause.id === "lunardance") for (const slot of pokemon.moveSlots) slot.ppUsed = 0;
  }
}

/** Leave out `[of]` for a healing item, whose holder is the healed Pokémon. @param {KwArgs} kwArgs */
function cleared(kwArgs) {
  return effectOf(kwArgs.from).kind === "item" ? { from: kwArgs.from } : kwArgs;
}

/** @type {Handler} */
function status(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  const cause = learnCause(state, pokemon, kwArgs);
  pokemon.status = args[2];
  pokemon.sleepTurns = pokemon.sleepTurnsBack = 0;
  pokemon.resting = args[2] === "slp" && cause.id === "rest";
  // The orb acts at the end of a turn, after Toxic's damage, so this turn does not count.
  if (args[2] === "tox") pokemon.toxicTurns = cause.id === "toxicorb" ? -1 : 0;
  if (args[2] === "slp") delete pokemon.volatiles.yawn;
}

/** @type {Handler} */
function cureStatus(state, args, kwArgs) {
  const pokemon = find(state, args[1]);
  if (!pokemon) return;
  learnCause(state, pokemon, kwArgs);
  if (args[2] === "confusion") {
    delete pokemon.volatiles.confusion;
    return;
  }
  pokemon.status = undefined;
  pokemon.sleepTurns = 0;
  pokemon.toxicTurns = 0;
  pokemon.resting = false;
}

/** @type {Handler} */
function cureTeam(state, args) {
  for (const pokemon of state.sides[requireKnown(state, args[1]).side].team) {
    pokemon.status = undefined;
    pokemon.changes += 1;
  }
}

/** `|-item|POKEMON|ITEM` @type {Handler} */
function item(state, args, kwArgs) {
  const cause = effectOf(kwArgs.from);
  const other = find(state, kwArgs.of);
  const pokemon = find(state, args[1]) ?? (other && roster.foeOf(state, other));
  if (cause.id === "frisk") {
    if (other) showAbility(state, other, "Frisk");
    // Up to generation 5 the line does not say whose item it is.
    if (pokemon) showItem(state, pokemon, toId(args[2]));
    return;
  }
  if (!pokemon) throw new UnknownError(`|-item| names no Pokémon: ${args.join("|")}`);
  showItem(state, pokemon, toId(args[2]));
  if (cause.id) moves.releaseMove(state, pokemon);
  if (cause.kind === "ability") showAbility(state, pokemon, cause.name);
  if (TAKES_ITEM.has(cause.id) && other) loseItem(state, other, toId(args[2]));
  if (cause.id === "bestow" && other) loseItem(state, other, toId(args[2]));
}

/** `|-enditem|POKEMON|ITEM` @type {Handler} */
function endItem(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  loseItem(state, pokemon, toId(args[2]));
  if (effectOf(kwArgs.from).kind === "ability") {
    // Pickpocket's line names its victim twice; the next line names its holder.
    const holder = find(state, kwArgs.of);
    if (holder && holder !== pokemon) showAbility(state, holder, effectOf(kwArgs.from).name);
  }
}

/** `|-ability|POKEMON|ABILITY|OLD` @type {Handler} */
function ability(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  const cause = effectOf(kwArgs.from);
  if (!cause.id || kwArgs.fail) {
    showAbility(state, pokemon, args[2]);
    return;
  }
  const old = args[3] ? toId(args[3]) : cause.kind === "ability" ? cause.id : "";
  if (!pokemon.baseAbility && !pokemon.abilityChanged) pokemon.baseAbility = old;
  changeAbility(state, pokemon, args[2]);
  const model = find(state, kwArgs.of);
  if (model && model !== pokemon && COPIES_ABILITY.has(cause.id)) showAbility(state, model, args[2]);
}

/** `|-endability|POKEMON` @type {Handler} */
function endAbility(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  if (args[2] && !pokemon.baseAbility) showAbility(state, pokemon, args[2]);
  if (!kwArgs.from) moves.addVolatile(pokemon, "gastroacid");
}

/** `|poke|SIDE|DETAILS|ITEM`: team preview. @type {Handler} */
function poke(state, args) {
  const side = state.sides[args[1].charCodeAt(1) - 49];
  const details = parseDetails(args[2], state.tables);
  const pokemon = makePokemon("", details);
  pokemon.side = side.n;
  refreshTypes(state, pokemon);
  side.team.push(pokemon);
}

/** @type {Handler} */
function clearPoke(state) {
  for (const side of state.sides) side.team = [];
}

/** @type {Handler} */
function turn(state, args) {
  state.turn = wholeNumber(args[1]);
  for (const { active } of state.sides) {
    for (const pokemon of active) {
      if (!pokemon) continue;
      pokemon.movedThisTurn = false;
      pokemon.activeTurns += 1;
    }
  }
}

/** `|upkeep`: the end of a turn. @type {Handler} */
function upkeep(state) {
  state.mover = null;
  field.upkeepOfField(state);
  for (const side of state.sides) {
    for (const pokemon of side.active) if (pokemon) upkeepOf(state, pokemon);
    side.guards = {};
  }
}

/** @param {State} state @param {Pokemon} pokemon */
function upkeepOf(state, pokemon) {
  const { volatiles } = pokemon;
  if (pokemon.status === "tox") pokemon.toxicTurns = Math.min(15, pokemon.toxicTurns + 1);
  for (const id in volatiles) {
    if (id !== "confusion") volatiles[id].turns += 1;
  }
  if (volatiles.lockedmove && (!pokemon.rampagedThisTurn || moves.sleepsOver(state, pokemon))) {
    delete volatiles.lockedmove;
  }
  if (volatiles.lockon?.turns >= 2) delete volatiles.lockon;
  if (pokemon.ability === "truant" && state.gen <= 4 && !isSuppressed(state, pokemon)) {
    if (volatiles.truant) delete volatiles.truant;
    else moves.addVolatile(pokemon, "truant");
  }
  if (volatiles.roost) {
    delete volatiles.roost;
    refreshTypes(state, pokemon);
  }
  if (state.actives > 1) for (const id of conditions.TURN_VOLATILES) delete volatiles[id];
  if (!pokemon.allySwitchedThisTurn) pokemon.allySwitches = 0;
  pokemon.allySwitchedThisTurn = false;
  if (!pokemon.protectedThisTurn) pokemon.protectCount = 0;
  pokemon.protectedThisTurn = pokemon.rampagedThisTurn = false;
}

/** Lines that change nothing but what they teach about abilities and items. @type {Handler} */
const teaches = (state, args, kwArgs) => void learnCause(state, find(state, args[1]), kwArgs);
const nothing = () => {};

const SILENT =
  "player gametype gen tier rated rule teampreview start win tie message raw -hint -message -center -combine -waiting " +
  "-candynamax -primal -zbroken -fieldactivate -hitcount -supereffective -resisted -crit -ohko -nothing updatepoke";

/** @type {Map<string, Handler>} */
const HANDLERS = new Map(
  Object.entries({
    ...Object.fromEntries(SILENT.split(" ").map((type) => [type, nothing])),
    teamsize: (state, args) =>
      void (state.sides[args[1].charCodeAt(1) - 49].totalPokemon = wholeNumber(args[2])),
    poke,
    clearpoke: clearPoke,
    showteam: showTeam,
    turn,
    upkeep,
    switch: switchIn,
    drag: switchIn,
    replace,
    swap: roster.swap,
    faint,
    detailschange: detailsChange,
    "-formechange": formeChange,
    "-mega": mega,
    "-burst": mega,
    "-terastallize": terastallize,
    "-zpower": zPower,
    move: moves.move,
    cant: moves.cant,
    "-prepare": moves.prepare,
    "-anim": moves.anim,
    "-transform": moves.transform,
    "-damage": damage,
    "-heal": heal,
    "-sethp": (state, args, kwArgs) => {
      setCondition(requireKnown(state, args[1]), args[2]);
      teaches(state, args, kwArgs);
    },
    "-boost": boosts.boost,
    "-unboost": boosts.boost,
    "-setboost": boosts.setBoost,
    "-swapboost": boosts.swapBoost,
    "-copyboost": boosts.copyBoost,
    "-clearboost": (state, args) => boosts.mapBoosts(requireKnown(state, args[1]), () => 0),
    "-clearallboost": boosts.clearAllBoosts,
    "-clearpositiveboost": (state, args) =>
      boosts.mapBoosts(requireKnown(state, args[1]), (stage) => Math.min(0, stage)),
    "-clearnegativeboost": (state, args) =>
      boosts.mapBoosts(requireKnown(state, args[1]), (stage) => Math.max(0, stage)),
    "-invertboost": (state, args) => boosts.mapBoosts(requireKnown(state, args[1]), (stage) => 0 - stage),
    "-status": status,
    "-curestatus": cureStatus,
    "-cureteam": cureTeam,
    "-item": item,
    "-enditem": endItem,
    "-ability": ability,
    "-endability": endAbility,
    "-start": conditions.start,
    "-singlemove": conditions.start,
    "-end": conditions.end,
    "-singleturn": conditions.singleTurn,
    "-activate": conditions.activate,
    "-block": conditions.block,
    "-fail": conditions.fails,
    "-immune": conditions.fails,
    "-miss": conditions.misses,
    "-notarget": conditions.fails,
    "-mustrecharge": conditions.mustRecharge,
    "-sidestart": field.sideStart,
    "-sideend": field.sideEnd,
    "-swapsideconditions": field.swapSideConditions,
    "-weather": field.weather,
    "-fieldstart": field.fieldStart,
    "-fieldend": field.fieldEnd,
  }),
);

/**
 * Apply a line to the state.
 *
 * @param {State} state
 * @param {string[]} args as parsed by @pkmn/protocol
 * @param {KwArgs} kwArgs
 */
export function receive(state, args, kwArgs) {
  const handle = HANDLERS.get(args[0]);
  if (!handle) throw new Error(`unknown protocol message: |${args.join("|")}`);
  handle(state, args, kwArgs);
}
