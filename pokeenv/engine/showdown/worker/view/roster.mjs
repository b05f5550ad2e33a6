// The Pokémon of both teams: how lines identify them, entry and exit, and Illusion.

import { UnknownError } from "../showdown/unknown.mjs";
import { OUT_NAMES, clearOut, isOut, makePokemon, refreshTypes } from "./state.mjs";

/** @typedef {import("./state.mjs").State} State */
/** @typedef {import("./state.mjs").Side} Side */
/** @typedef {import("./state.mjs").Pokemon} Pokemon */
/** @typedef {import("./state.mjs").Details} Details */

/**
 * Find the Pokémon that a line names: the one in that position, or the team member of that name.
 *
 * @param {State} state
 * @param {string | undefined} ident such as "p1a: Pikachu" or "p1: Pikachu"
 * @returns {Pokemon | null}
 */
export function find(state, ident) {
  const pokemon = ident ? named(state, ident) : null;
  if (pokemon) pokemon.changes += 1; // the caller may change it
  return pokemon;
}

/**
 * @param {State} state
 * @param {string} ident
 * @returns {Pokemon | null}
 */
function named(state, ident) {
  const side = state.sides[ident.charCodeAt(1) - 49];
  if (!side || ident.charCodeAt(0) !== 112) return null;
  const placed = ident.charCodeAt(3) === 58; // "p1a:"
  const there = placed ? side.active[placeNumber(ident)] : null;
  if (there) return there;
  const name = ident.slice(placed ? 5 : 4);
  for (const pokemon of side.team) {
    if (pokemon.originalIdent.slice(4) === name && (placed || !isOut(state, pokemon))) return pokemon;
  }
  for (const pokemon of side.active) if (pokemon?.originalIdent.slice(4) === name) return pokemon;
  return null;
}

/** @param {string} ident such as "p1b: Pikachu" */
export function placeNumber(ident) {
  return ident.charCodeAt(2) - 97;
}

/**
 * Find the Pokémon that a line names, or fail if it is unknown.
 *
 * @param {State} state
 * @param {string} ident
 */
export function requireKnown(state, ident) {
  const pokemon = find(state, ident);
  if (!pokemon) throw new UnknownError(`a line names "${ident}", which has not been seen`);
  return pokemon;
}

/** @param {State} state @param {Pokemon} pokemon @returns {Pokemon | null} the Pokémon beside it */
export function allyOf(state, pokemon) {
  return state.sides[pokemon.side].active.find((other) => other !== pokemon) ?? null;
}

/**
 * @param {State} state
 * @param {Pokemon} pokemon
 * @returns {Pokemon | null} the only Pokémon opposite; null where there are none or two
 */
export function foeOf(state, pokemon) {
  const { active } = state.sides[1 - pokemon.side];
  if (active.length === 1) return active[0];
  return active[0] && active[1] ? null : (active[0] ?? active[1]);
}

/**
 * Find the team member that enters the field; make it if it is new.
 *
 * @param {State} state
 * @param {string} ident such as "p1a: Pikachu"
 * @param {Details} details
 * @param {Pokemon[]} [taken] team members to leave out
 */
export function recognise(state, ident, details, taken = []) {
  const side = state.sides[ident.charCodeAt(1) - 49];
  const full = withoutPlace(ident);
  const base = state.tables.species(details.species).baseSpecies;
  /** @type {Pokemon | null} */
  let best = null;
  let bestScore = 0;
  for (const pokemon of side.team) {
    const score = taken.includes(pokemon) ? 0 : likeness(state, pokemon, full, base, details);
    if (score <= bestScore) continue;
    best = pokemon;
    bestScore = score;
  }
  if (!best) {
    best = makePokemon(full, details);
    side.team.push(best);
  } else if (best.fainted) {
    unfaint(state, side, best);
  }
  best.originalIdent = full;
  best.side = side.n;
  best.changes += 1;
  return best;
}

/** One string per name, so that comparisons are fast. @type {Map<string, string>} */
const NAMES = new Map();

/** @param {string} ident such as "p1a: Pikachu" @returns {string} such as "p1: Pikachu" */
function withoutPlace(ident) {
  let name = NAMES.get(ident);
  if (name === undefined) {
    name = ident.slice(0, 2) + ident.slice(3);
    NAMES.set(ident, name);
  }
  return name;
}

/**
 * Score of a team member as the Pokémon that enters; 0 if it cannot be that Pokémon.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} ident
 * @param {string} base species without forme
 * @param {Details} details
 */
function likeness(state, pokemon, ident, base, details) {
  if (pokemon.originalIdent && pokemon.originalIdent !== ident) return 0;
  if (pokemon.level !== details.level || pokemon.gender !== details.gender) return 0;
  if (state.tables.species(pokemon.baseForme).baseSpecies !== base) return 0;
  return (
    1 +
    (pokemon.originalIdent ? 1 : 0) +
    (pokemon.baseForme === details.species ? 2 : 0) +
    (isOut(state, pokemon) ? 0 : 4) +
    (pokemon.fainted ? 0 : 8)
  );
}

/**
 * Undo a Pokémon's fainting: another Pokémon fainted that looked like it (Illusion).
 *
 * @param {State} state
 * @param {Side} side
 * @param {Pokemon} pokemon
 */
function unfaint(state, side, pokemon) {
  const culprit = side.team.find(
    (other) => other !== pokemon && !other.fainted && mayHaveIllusion(state, other) && !isOut(state, other),
  );
  if (culprit) {
    culprit.fainted = true;
    culprit.hp = 0;
    culprit.status = undefined;
    culprit.changes += 1;
  }
  restore(pokemon);
  pokemon.fainted = false;
}

/** @param {State} state @param {Pokemon} pokemon */
function mayHaveIllusion(state, pokemon) {
  if (pokemon.baseAbility) return pokemon.baseAbility === "illusion";
  return state.tables.species(pokemon.baseForme).abilities.includes("illusion");
}

/**
 * Let a Pokémon replace the active one.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {number} place
 * @param {string} passing "batonpass" or "shedtail" where something is handed on
 */
export function enter(state, pokemon, place, passing) {
  const side = state.sides[pokemon.side];
  const out = side.active[place];
  if (out) leave(state, out, passing, pokemon);
  // A Pokémon that seems to replace itself is an Illusion.
  pokemon.disguised = out === pokemon;
  pokemon.sleepTurns -= pokemon.sleepTurnsBack;
  pokemon.sleepTurnsBack = 0;
  side.active[place] = pokemon;
  if (!side.active.some((other) => other?.volatiles.dynamax)) side.dynamaxTurns = 0;
  pokemon.revealed = true;
  pokemon.saved = save(pokemon);
}

/**
 * Let a Pokémon leave the field.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} [passing]
 * @param {Pokemon} [successor] the Pokémon that receives passed effects
 */
export function leave(state, pokemon, passing, successor) {
  const { boosts, volatiles } = pokemon;
  pokemon.changes += 1;
  if (state.gen === 1 && volatiles.mimic && !volatiles.transform) settleMimic(state, pokemon);
  clearOut(pokemon);
  pokemon.speciesForme = pokemon.baseForme;
  pokemon.addedType = undefined;
  pokemon.ability = pokemon.baseAbility;
  pokemon.disguised = false;
  pokemon.saved = null;
  pokemon.toxicTurns = 0;
  if (state.gen === 5) pokemon.sleepTurns = 0;
  if (state.tables.forgetsHits) pokemon.timesAttacked = 0;
  if (pokemon.moveSlots.some((slot) => slot.virtual)) {
    pokemon.moveSlots = pokemon.moveSlots.filter((slot) => !slot.virtual);
  }
  for (const slot of pokemon.moveSlots) slot.hidden = false;
  refreshTypes(state, pokemon);
  for (const { n, active } of state.sides) {
    for (const other of active) {
      if (!other || other === pokemon) continue;
      // A trap ends without a line when its source leaves.
      const { trapped } = other.volatiles; // to delete a property that is not there would be slow
      if (trapped && (trapped.source ? trapped.source === pokemon : n !== pokemon.side))
        delete other.volatiles.trapped;
    }
  }
  if (!passing || !successor) return;
  if (passing === "shedtail") {
    if (volatiles.substitute) successor.volatiles.substitute = volatiles.substitute;
    return;
  }
  successor.boosts = boosts;
  for (const id in volatiles) {
    if (state.tables.isPassed(id)) successor.volatiles[id] = volatiles[id];
  }
}

/**
 * Deduct the PP of a copied move from Mimic's, as in generation 1.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 */
function settleMimic({ tables }, { moveSlots }) {
  const copy = moveSlots.find((slot) => slot.virtual);
  const mimic = moveSlots.find((slot) => slot.hidden);
  if (!copy || !mimic) return;
  const left = (copy.maxPP ?? tables.maxPP(copy.id)) - copy.ppUsed;
  mimic.ppUsed = (mimic.maxPP ?? tables.maxPP("mimic")) - left;
}

const OUT_FIELDS = /** @type {const} */ ([...OUT_NAMES, "hp", "maxhp", "status", "toxicTurns"]);

/**
 * The Pokémon that comes in. One that looks like the Pokémon in the other place (Illusion) counts as one more.
 *
 * @param {State} state
 * @param {string} ident such as "p1b: Pikachu"
 * @param {Details} details
 */
export function arrive(state, ident, details) {
  const pokemon = recognise(state, ident, details);
  const { active, team } = state.sides[pokemon.side];
  if (!isOut(state, pokemon) || active[placeNumber(ident)] === pokemon) return pokemon;
  const phantom = makePokemon(pokemon.originalIdent, details);
  phantom.phantom = true;
  team.push(phantom);
  return phantom;
}

/** Empty the place of a Pokémon that has fainted. @param {State} state @param {Pokemon} pokemon */
export function empty(state, pokemon) {
  const { active, places } = state.sides[pokemon.side];
  const place = active.indexOf(pokemon);
  if (place >= 0) {
    active[place] = null;
    places[place].fallen = pokemon;
  }
  for (const ally of active) if (ally?.volatiles.commanding) delete ally.volatiles.commanding;
}

/**
 * The Pokémon in a place turns out to be another one that looked like it (Illusion).
 *
 * @param {State} state
 * @param {Pokemon} real
 * @param {number} place
 */
export function unmask(state, real, place) {
  const side = state.sides[real.side];
  const mask = side.active[place];
  if (!mask || mask === real) return;
  real.changes += 1;
  const target = /** @type {any} */ (real);
  for (const name of OUT_FIELDS) target[name] = /** @type {any} */ (mask)[name];
  if (mask.terastallized) real.terastallized = mask.terastallized;
  moveKnowledge(mask, real);
  real.ability = real.baseAbility;
  real.revealed = true;
  side.active[place] = real;
  for (const { active } of state.sides) {
    for (const other of active) {
      if (other?.volatiles.trapped?.source === mask) other.volatiles.trapped.source = real;
    }
  }
  const { saved } = mask;
  mask.changes += 1;
  clearOut(mask);
  mask.saved = saved;
  mask.disguised = false;
  // The assumed Pressure did not exist.
  for (const { user, slot } of mask.saved?.pressured ?? []) {
    if (slot.uncertainPp === 0) continue; // a request has shown its PP since
    slot.uncertainPp -= 1;
    slot.ppUsed -= 1;
    user.changes += 1;
  }
  restore(mask);
  real.saved = save(real);
  refreshTypes(state, real);
  refreshTypes(state, mask);
  if (mask.phantom) side.team.splice(side.team.indexOf(mask), 1);
}

/**
 * Move the knowledge since the entry from the imitated Pokémon to the real one.
 *
 * @param {Pokemon} mask
 * @param {Pokemon} real
 */
function moveKnowledge(mask, real) {
  const { saved } = mask;
  real.timesAttacked += mask.timesAttacked - (saved?.timesAttacked ?? 0);
  real.sleepTurns += mask.sleepTurns - (saved?.sleepTurns ?? 0);
  if (mask.resting !== (saved?.resting ?? false)) real.resting = mask.resting;
  for (const slot of mask.moveSlots) {
    const before = saved?.moveSlots.find((old) => old.id === slot.id && old.virtual === slot.virtual);
    const used = slot.ppUsed - (before?.ppUsed ?? 0);
    if (before && used === 0) continue;
    const known = real.moveSlots.find((own) => own.id === slot.id && own.virtual === slot.virtual);
    if (known) known.ppUsed += used;
    else real.moveSlots.push({ ...slot, ppUsed: used });
  }
  if (mask.item !== (saved?.item ?? "") || mask.noItem !== (saved?.noItem ?? false)) {
    real.item = mask.item;
    real.noItem = mask.noItem;
    real.lastItem = mask.lastItem;
  }
}

/**
 * The state to restore if this Pokémon turns out to be an imitation.
 *
 * @param {Pokemon} pokemon
 * @returns {import("./state.mjs").Saved}
 */
function save(pokemon) {
  return {
    hp: pokemon.hp,
    maxhp: pokemon.maxhp,
    status: pokemon.status,
    item: pokemon.item,
    noItem: pokemon.noItem,
    lastItem: pokemon.lastItem,
    ability: pokemon.baseAbility,
    baseAbility: pokemon.baseAbility,
    terastallized: pokemon.terastallized,
    sleepTurns: pokemon.sleepTurns,
    resting: pokemon.resting,
    timesAttacked: pokemon.timesAttacked,
    revealed: pokemon.revealed,
    pressured: [],
    moveSlots: pokemon.moveSlots.map((slot) => ({ ...slot })),
  };
}

/** @param {Pokemon} pokemon */
function restore(pokemon) {
  if (pokemon.saved) {
    const { pressured: _, ...before } = pokemon.saved;
    Object.assign(pokemon, before);
  }
  pokemon.saved = null;
}

/** `|swap|POKEMON|PLACE`: Ally Switch. @param {State} state @param {string[]} args */
export function swap(state, args) {
  const user = requireKnown(state, args[1]);
  const { active } = state.sides[user.side];
  const place = Number(args[2]);
  const other = placeNumber(args[1]);
  [active[place], active[other]] = [active[other], active[place]];
  for (const pokemon of active) if (pokemon) pokemon.changes += 1;
}
