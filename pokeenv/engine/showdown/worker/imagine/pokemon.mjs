// Writes what a view shows of a Pokémon into the simulator's Pokémon: HP, status, PP, item, ability, forme.

import { explainStats } from "./own_stats.mjs";

/** @import { SimBattle, SimPokemon, TeamEntry } from "../showdown/types.mjs" */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("./build.mjs").Member} Member */
/** @typedef {import("./witness.mjs").Witness} Witness */

const TERA_FORME = /-Tera$|-Stellar$/;
/** Formes of abilities that a Pokémon loses when it faints, and that its HP follow. */
const UNTIL_FAINTED = new Set(["greninjaash", "zygardecomplete"]);
const TRIES = 30; // draws of a number of sleep turns, until one has not run out yet

/**
 * Write a Pokémon.
 *
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon as made from its set
 * @param {Member} member
 * @param {Witness} witness
 * @param {boolean} isPlaced true if it is in the place of an active Pokémon
 */
export function writePokemon(battle, pokemon, { seen, witnessed, entry }, witness, isPlaced) {
  if (entry) writeStats(battle, pokemon, entry);
  if (!seen) return;
  if (seen.revealed || entry) writeForme(battle, pokemon, seen);
  if (entry) writeStats(battle, pokemon, entry);
  // It changes its forme when it leaves the field, which only its next entry shows.
  if (seen.baseForme === "Palafin" && seen.revealed && !isPlaced) {
    pokemon.baseSpecies = battle.dex.species.get("Palafin-Hero");
    pokemon.setSpecies(pokemon.baseSpecies, null);
    pokemon.details = pokemon.getUpdatedDetails();
  }
  const isOut = !seen.fainted && isPlaced;
  writeItem(battle, pokemon, seen, entry);
  writeAbility(pokemon, seen, entry, isOut);
  if (seen.volatiles.dynamax) {
    if (entry) pokemon.baseMaxhp = pokemon.baseStoredStats.hp = Math.ceil(pokemon.maxhp / 2);
    else pokemon.maxhp = 2 * pokemon.baseMaxhp;
  }
  writeHealth(battle, pokemon, seen, entry);
  if (isOut) writeFormeOut(battle, pokemon, seen, witnessed, witness);
  // An own Pokémon that has terastallized in an Illusion is not what the lines show.
  const tera = entry?.terastallized ?? seen.terastallized;
  if (tera && !pokemon.fainted) pokemon.teraType = pokemon.terastallized = tera;
  if (entry && !seen.volatiles.transform) Object.assign(pokemon.storedStats, outStats(pokemon, entry, isOut));
  writeMoves(battle, pokemon, seen);
  writeStatus(battle, pokemon, seen);
  // The start of a status may give effects that a Pokémon has only on the field.
  if (!isOut) pokemon.volatiles = {};
  else if (pokemon.volatiles.residualdmg)
    pokemon.volatiles.residualdmg.counter = Math.max(0, seen.toxicTurns);
  if (battle.gen === 1) writeModifiedStats(battle, pokemon, seen);
  pokemon.timesAttacked = seen.timesAttacked;
  if (witnessed) {
    const { lastItem, ateBerry, entries, knockedOff, boosted } = witness.about(witnessed);
    // It has entered in its first forme, and announces the other one at its next entry.
    pokemon.heroMessageDisplayed = pokemon.baseSpecies.id === "palafinhero" && entries > 1;
    if (boosted === "intrepidsword") pokemon.swordBoost = true;
    if (boosted === "dauntlessshield") pokemon.shieldBoost = true;
    pokemon.itemKnockedOff = knockedOff;
    pokemon.lastItem = lastItem;
    pokemon.ateBerry = ateBerry;
    pokemon.previouslySwitchedIn = entries;
  }
  if (!isOut) return;
  pokemon.activeMoveActions = witnessed ? witness.about(witnessed).moveActions : 0;
  if (seen.lastMove) {
    pokemon.lastMove = battle.dex.getActiveMove(seen.lastMove);
    pokemon.lastMoveUsed = pokemon.lastMove;
  }
  const used = witnessed ? witness.about(witnessed).moves : null;
  for (const slot of pokemon.moveSlots) if (used?.has(slot.id)) slot.used = true;
}

/** The stats on the field: those of the request while the Pokémon has its usual forme. @param {SimPokemon} pokemon @param {TeamEntry} entry @param {boolean} isOut */
function outStats(pokemon, entry, isOut) {
  return isOut && pokemon.species !== pokemon.baseSpecies ? {} : entry.stats;
}

/**
 * Take over the stats of a request, and the numbers of a set from which they follow.
 *
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon
 * @param {TeamEntry} entry
 */
function writeStats(battle, pokemon, entry) {
  Object.assign(pokemon.baseStoredStats, entry.stats);
  Object.assign(pokemon.storedStats, entry.stats);
  const maxhp = /\/(\d+)/.exec(entry.condition)?.[1];
  if (maxhp) pokemon.maxhp = pokemon.baseMaxhp = Number(maxhp);
  explainStats(battle, pokemon, { ...entry.stats, ...(maxhp && { hp: Number(maxhp) }) });
  pokemon.baseStoredStats.hp = pokemon.baseMaxhp;
}

/** Write a permanent change of forme. @param {SimBattle} battle @param {SimPokemon} pokemon @param {Pokemon} seen */
function writeForme(battle, pokemon, seen) {
  const species = battle.dex.species.get(seen.baseForme);
  const shown = pokemon.details.split(", ")[0]; // some formes look like their base forme
  if (!species.exists || species.id === pokemon.baseSpecies.id || shown === seen.baseForme) return;
  pokemon.baseSpecies = species;
  pokemon.setSpecies(species, null);
  pokemon.formeRegression = !!(species.isMega || species.isPrimal) || TERA_FORME.test(species.name);
  if (!pokemon.formeRegression || species.id === "terapagosstellar") pokemon.updateMaxHp?.();
  if (UNTIL_FAINTED.has(species.id)) pokemon.formeRegression = true;
  if (species.id === "greninjaash") pokemon.bondTriggered = true;
  pokemon.details = pokemon.getUpdatedDetails();
}

/**
 * Write the types and the forme of a Pokémon on the field.
 *
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon
 * @param {Pokemon} seen
 * @param {Pokemon | null} witnessed
 * @param {Witness} witness
 */
function writeFormeOut(battle, pokemon, seen, witnessed, witness) {
  const { volatiles, terastallized } = seen;
  const species = battle.dex.species.get(seen.speciesForme);
  const shown = pokemon.species === pokemon.baseSpecies ? pokemon.details.split(", ")[0] : "";
  if (species.exists && species.id !== pokemon.species.id && species.name !== shown) {
    pokemon.setSpecies(species, null, !!volatiles.transform);
    if (volatiles.transform) pokemon.transformed = true;
  }
  const isNew = witnessed && witness.about(witnessed).terastallized;
  if (terastallized && isNew) pokemon.apparentType = terastallized;
  if (terastallized) pokemon.knownType = true;
  else if (volatiles.typechange?.types?.length) {
    pokemon.setType(volatiles.typechange.types, true);
    pokemon.apparentType = volatiles.typechange.types.join("/");
    if (!volatiles.typechange.copied) {
      pokemon.volatiles.typechange = battle.initEffectState({
        id: "typechange",
        name: "typechange",
        target: pokemon,
      });
    }
  }
  if (seen.addedType) pokemon.addedType = seen.addedType;
}

/**
 * Write the item. The opponent's unknown item is that of its set.
 *
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon
 * @param {Pokemon} seen
 * @param {TeamEntry | null} entry
 */
function writeItem(battle, pokemon, seen, entry) {
  if (entry) pokemon.item = entry.item;
  else if (seen.noItem) pokemon.item = "";
  else if (seen.item) pokemon.item = seen.item;
  pokemon.itemState = battle.initEffectState({ id: pokemon.item, target: pokemon });
}

/** @param {SimPokemon} pokemon @param {Pokemon} seen @param {TeamEntry | null} entry @param {boolean} isOut */
function writeAbility(pokemon, seen, entry, isOut) {
  const base = entry?.baseAbility || seen.baseAbility;
  if (base) pokemon.baseAbility = pokemon.ability = base;
  if (isOut && entry?.ability) pokemon.ability = entry.ability;
  else if (isOut && seen.ability) pokemon.ability = seen.ability;
  pokemon.abilityState = pokemon.battle.initEffectState({ id: pokemon.ability, target: pokemon });
}

/**
 * Write HP. The opponent's are drawn from those that look alike.
 *
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon
 * @param {Pokemon} seen
 * @param {TeamEntry | null} entry
 */
function writeHealth(battle, pokemon, seen, entry) {
  const fainted = entry ? entry.condition.endsWith(" fnt") : seen.fainted;
  if (fainted) {
    pokemon.hp = 0;
    pokemon.fainted = true;
    pokemon.status = "";
    return;
  }
  if (entry) {
    pokemon.hp = Number(entry.condition.split("/")[0]);
    return;
  }
  if (!seen.maxhp || seen.hp === seen.maxhp) {
    pokemon.hp = pokemon.maxhp;
    return;
  }
  const shown = `${seen.hp}/${seen.maxhp}`;
  const most = Math.min(pokemon.maxhp, Math.ceil(((seen.hp + 1) / seen.maxhp) * pokemon.maxhp));
  const fitting = [];
  for (let hp = Math.max(1, Math.floor(((seen.hp - 1) / seen.maxhp) * pokemon.maxhp)); hp <= most; hp++) {
    pokemon.hp = hp;
    if (/^\d+\/\d+/.exec(pokemon.getHealth().shared)?.[0] === shown) fitting.push(hp);
  }
  pokemon.hp = fitting.length
    ? fitting[battle.prng.random(fitting.length)]
    : Math.max(1, Math.min(most, pokemon.maxhp));
}

/**
 * Write the moves and PP.
 *
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon
 * @param {Pokemon} seen
 */
function writeMoves(battle, pokemon, seen) {
  for (const known of seen.moveSlots) {
    if (known.virtual) continue;
    const slot = pokemon.baseMoveSlots.find((/** @type {any} */ base) => base.id === known.id);
    if (!slot) continue;
    if (known.maxPP) slot.maxpp = Math.max(known.maxPP, slot.maxpp);
    slot.pp = Math.max(0, slot.maxpp - known.ppUsed);
  }
  const copied = seen.moveSlots.filter((known) => known.virtual);
  if (!copied.length) return;
  const slots = copied.map((known) => {
    const move = battle.dex.moves.get(known.id);
    const maxpp = known.maxPP ?? Math.min(5, move.pp);
    const pp = Math.max(0, maxpp - known.ppUsed);
    const { name, id, target } = move;
    return { move: name, id, pp, maxpp, target, disabled: false, used: false, virtual: true };
  });
  if (seen.volatiles.transform) pokemon.moveSlots = slots.slice(0, 4);
  else {
    const place = pokemon.moveSlots.findIndex((/** @type {any} */ slot) => slot.id === "mimic");
    if (place >= 0) pokemon.moveSlots[place] = slots[0];
  }
}

/**
 * Write what a Pokémon has of the model into which it has transformed.
 *
 * @param {SimPokemon} pokemon
 * @param {SimPokemon} model
 * @param {Pokemon} seen
 * @param {TeamEntry | null} entry
 */
export function writeTransform(pokemon, model, seen, entry) {
  const { gen, dex } = pokemon.battle;
  Object.assign(pokemon.storedStats, model.storedStats);
  if (gen === 1) Object.assign(pokemon.modifiedStats, model.modifiedStats);
  pokemon.transformed = true;
  pokemon.knownType = false;
  if (gen < 5) [pokemon.hpType, pokemon.hpPower] = [model.hpType, model.hpPower];
  const ids = (entry?.moves ?? model.baseMoveSlots.map((/** @type {any} */ slot) => slot.id)).map(
    (/** @type {string} */ id) => id.replace(/^(hiddenpower|return|frustration).*$/, "$1"),
  );
  pokemon.moveSlots = ids.map((/** @type {string} */ id) => {
    const move = dex.moves.get(id);
    const known = seen.moveSlots.find((slot) => slot.virtual && slot.id === id);
    const base = model.baseMoveSlots.find((/** @type {any} */ slot) => slot.id === id);
    const least = Math.min(5, move.pp);
    const maxpp = gen >= 5 ? least : pokemon.battle.calculatePP(move, 0);
    const pp = Math.max(0, (known?.maxPP && gen >= 5 ? known.maxPP : least) - (known?.ppUsed ?? 0));
    return {
      move: base?.move ?? move.name,
      id,
      pp,
      maxpp,
      target: move.target,
      disabled: false,
      used: false,
      virtual: true,
    };
  });
}

/**
 * Write the status with its counter: Toxic's is seen, turns of sleep are drawn.
 *
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon
 * @param {Pokemon} seen
 */
function writeStatus(battle, pokemon, seen) {
  if (!seen.status || pokemon.fainted) return;
  const effect = battle.dex.conditions.get(seen.status);
  pokemon.status = effect.id;
  const start = () => {
    pokemon.statusState = battle.initEffectState({ id: effect.id, target: pokemon });
    if (effect.duration) pokemon.statusState.duration = effect.duration;
    pokemon.statusState.source = seen.resting ? pokemon : pokemon.side.foe.pokemon[0];
    battle.singleEvent("Start", effect, pokemon.statusState, pokemon, pokemon, null);
    pokemon.status = effect.id;
  };
  start();
  if (effect.id === "tox") pokemon.statusState.stage = Math.max(0, seen.toxicTurns);
  if (effect.id !== "slp") return;
  const spent = seen.sleepTurns;
  for (let attempt = 0; attempt < TRIES && pokemon.statusState.time - spent < 1; attempt++) start();
  const { statusState } = pokemon;
  if (seen.resting) {
    statusState.time = battle.gen === 1 ? 2 : 3;
    if (statusState.startTime !== undefined) statusState.startTime = statusState.time;
  }
  statusState.time = Math.max(1, statusState.time - spent);
  if (battle.gen === 3) statusState.skippedTime = seen.sleepTurnsBack;
}

/**
 * Write the stats that generation 1 keeps with stages and status applied; the order of their changes is not known.
 *
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon
 * @param {Pokemon} seen
 */
function writeModifiedStats(battle, pokemon, { boosts, status }) {
  for (const stat of /** @type {const} */ (["atk", "def", "spa", "spd", "spe"])) {
    const stage = boosts[stat];
    const share = FIRST_GENERATION_STAGES[stage + 6];
    pokemon.modifiedStats[stat] = battle.clampIntRange(
      Math.floor((pokemon.storedStats[stat] * share) / 100),
      1,
      999,
    );
  }
  if (status === "par") pokemon.modifyStat("spe", 0.25);
  if (status === "brn") pokemon.modifyStat("atk", 0.5);
}

/** Percentages of a stat by stage, from -6 on. */
const FIRST_GENERATION_STAGES = [25, 28, 33, 40, 50, 66, 100, 150, 200, 250, 300, 350, 400];
