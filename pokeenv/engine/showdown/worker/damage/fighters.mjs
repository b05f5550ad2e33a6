// The two active Pokémon and the field, as one seat knows them, in the calculator's terms.

import { abilityOf, isSuppressed } from "../view/state.mjs";

/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../showdown/dex_tables.mjs").DexTables} DexTables */

/** @import { Calc, CalcGeneration, SimSpecies } from "../showdown/types.mjs" */

/** The calculator's names of weather and terrain. @type {Record<string, string>} */
const WEATHERS = {
  sandstorm: "Sand",
  sunnyday: "Sun",
  raindance: "Rain",
  hail: "Hail",
  snowscape: "Snow",
  desolateland: "Harsh Sunshine",
  primordialsea: "Heavy Rain",
  deltastream: "Strong Winds",
};
/** @type {Record<string, string>} */
const TERRAINS = {
  electricterrain: "Electric",
  grassyterrain: "Grassy",
  mistyterrain: "Misty",
  psychicterrain: "Psychic",
};

// Abilities whose effect at entry is already among the boosts.
const SPENT_ON_ENTRY = /^(Download|Intrepid Sword|Dauntless Shield|Embody Aspect.*)$/;
/** Abilities that are active only with a volatile effect. @type {Record<string, string>} */
const SWITCHED_ON = { "Flash Fire": "flashfire", "Slow Start": "slowstart" };
const STATS = ["atk", "def", "spa", "spd", "spe"];

/**
 * @typedef {object} Fighter an active Pokémon as a seat knows it
 * @property {number} which 0 own, 1 opposing
 * @property {string} key all values below on which damage and accuracy can depend, except exact HP and counts
 * @property {string} species name
 * @property {number} level
 * @property {string} gender
 * @property {string} ability name; "" if unknown or suppressed
 * @property {string} item name; "" if unknown, none or suspended
 * @property {string} status
 * @property {string[]} types names, before terastallization
 * @property {string} tera type after terastallization; "" before
 * @property {Record<string, number>} boosts
 * @property {Record<string, number>} stats before boosts, HP not counted
 * @property {number} speed with stage and paralysis, as generation 1 compares it for one-hit knock-outs
 * @property {number} hp
 * @property {number} maxhp
 * @property {boolean} dynamaxed
 * @property {string} quark stat that Protosynthesis or Quark Drive raises; "" for none
 * @property {boolean} abilityOn true if an ability is active that needs a trigger
 * @property {number} alliesFainted as counted by Supreme Overlord
 * @property {number} faintedAllies number of fainted allies, for Last Respects
 * @property {number} timesAttacked number of hits taken, for Rage Fist
 * @property {number} weight in kg
 * @property {Record<string, boolean>} side the calculator's flags of the Pokémon's side
 */

/**
 * @typedef {object} Ground the field, for both fighters
 * @property {string} key all values below
 * @property {string} weather Showdown's id; "" for none
 * @property {string} terrain Showdown's id; "" for none
 * @property {boolean} gravity
 * @property {boolean} magicRoom
 * @property {boolean} wonderRoom
 * @property {Record<string, boolean>} auras the calculator's flags of abilities that work on all Pokémon, in doubles
 * @property {number[] | null} numbers Pokémon on the own and on the opposing side; null in singles
 */

/**
 * @typedef {object} KnownFacts facts from requests for the own Pokémon, from lines and assumptions for the opposing one
 * @property {string} ability id; "" if unknown
 * @property {string} item id; "" for none
 * @property {Record<string, number>} stats before boosts
 * @property {number} hp
 * @property {number} maxhp
 * @property {string} status
 */

/** Reads fighters from a view; one per format. */
export class Scout {
  /**
   * @param {Calc} calc
   * @param {CalcGeneration} generation
   * @param {DexTables} tables
   */
  constructor(calc, generation, tables) {
    this.calc = calc;
    this.generation = generation;
    this.tables = tables;
    this.dex = tables.dex;
    /** Stats with a neutral spread by level and forme. @type {Map<string, Record<string, number>>} */
    this.usual = new Map();
    /** The calculator's names by table and id. @type {Map<string, string>} */
    this.names = new Map();
  }

  /**
   * An own active Pokémon.
   *
   * @param {SeatView} view
   * @param {number} place
   * @returns {Fighter | null} null if there is none, or an unknown one
   */
  own(view, place) {
    if (!isInPlace(view, 0, place)) return null;
    const slot = view.slots[place];
    const entry = view.team[slot];
    const member = view.members[slot];
    const { hp, maxhp, status } = view.health(slot);
    if (!this.knows(member)) return null;
    return this.fighter(view, 0, member, {
      ability: entry.ability ?? member.ability,
      item: entry.item,
      stats: member.volatiles.transform ? this.copiedStats(view, member) : entry.stats,
      hp,
      maxhp,
      status: status ?? "",
    });
  }

  /**
   * An opposing active Pokémon, with the usual stats of its forme.
   *
   * @param {SeatView} view
   * @param {number} place
   * @returns {Fighter | null} null if there is none, or an unknown one
   */
  opposing(view, place) {
    if (!isInPlace(view, 1, place)) return null;
    const out = /** @type {Pokemon} */ (view.foe.active[place]);
    if (!this.knows(out)) return null;
    const { transform, dynamax } = out.volatiles;
    const usual = this.usualStats(transform ? out.baseForme : out.speciesForme, out.level);
    const maxhp = dynamax && usual.hp > 1 ? 2 * usual.hp : usual.hp;
    return this.fighter(view, 1, out, {
      ability: abilityOf(view.state, out),
      // An unknown item counts as one without effect on damage.
      item: out.item || (out.noItem || this.generation.num === 1 ? "" : "leftovers"),
      stats: transform ? this.copiedStats(view, out) : usual,
      hp: Math.max(1, Math.round((maxhp * out.hp) / out.maxhp)),
      maxhp,
      status: out.status ?? "",
    });
  }

  /** True if the dex has a Pokémon's formes and types; a newer server may have others. @param {Pokemon} pokemon */
  knows({ speciesForme, baseForme, types, addedType, terastallized }) {
    const { dex, tables } = this;
    return (
      dex.species.get(speciesForme).exists &&
      dex.species.get(baseForme).exists &&
      [...types, addedType, terastallized].every((type) => !type || tables.typeNumbers.has(type))
    );
  }

  /**
   * A fighter, from the facts that both sides share and those that each side has from another source.
   *
   * @param {SeatView} view
   * @param {number} which 0 own, 1 opposing
   * @param {Pokemon} out
   * @param {KnownFacts} known
   * @returns {Fighter}
   */
  fighter(view, which, out, known) {
    const { boosts, volatiles } = out;
    const ability = isSuppressed(view.state, out) ? "" : this.name("abilities", known.ability);
    const quark = volatiles.protosynthesis?.stat ?? volatiles.quarkdrive?.stat ?? "";
    const unburdened = ability === "Unburden" && out.lostItem && !known.item;
    const species = this.dex.species.get(out.speciesForme);
    const fighter = {
      which,
      key: "",
      species: species.name,
      level: out.level,
      gender: out.gender || "N",
      ability: SPENT_ON_ENTRY.test(ability) ? "" : ability,
      item: volatiles.embargo ? "" : this.name("items", known.item),
      status: known.status,
      types: typesOf(out, species),
      tera: out.terastallized ?? "",
      boosts,
      stats: known.stats,
      speed: known.stats.spe * (known.status === "par" ? 0.25 : 1) * stage(boosts.spe),
      hp: known.hp,
      maxhp: known.maxhp,
      dynamaxed: volatiles.dynamax !== undefined,
      quark,
      abilityOn: unburdened || volatiles[SWITCHED_ON[ability]] !== undefined,
      alliesFainted: volatiles.fallen?.level || 0,
      faintedAllies: view.fainted(which),
      timesAttacked: out.timesAttacked,
      weight: Math.max(0.1, species.weighthg / 10 - 100 * (volatiles.autotomize?.level ?? 0)),
      side: sideOf(which === 0 ? view.own : view.foe, volatiles),
    };
    fighter.key = keyOf(fighter);
    return fighter;
  }

  /**
   * Stats of a transformed Pokémon: those of its model, exact if the model is the seat's own.
   *
   * @param {SeatView} view
   * @param {Pokemon} out
   */
  copiedStats(view, out) {
    const { target } = out.volatiles.transform;
    const slot = view.idents.indexOf(target);
    if (slot >= 0 && view.team[slot]) return view.team[slot].stats;
    const model = view.foe.team.find((pokemon) => pokemon.originalIdent === target);
    return this.usualStats(out.speciesForme, (model ?? out).level);
  }

  /**
   * Assumed stats of an opposing Pokémon: a neutral nature, maximum IVs (DVs), and 85 EVs in every stat from
   * generation 3 on, maximum stat experience before.
   *
   * @param {string} forme
   * @param {number} level
   */
  usualStats(forme, level) {
    const key = `${level}${forme}`;
    let stats = this.usual.get(key);
    if (!stats) {
      const { Stats } = this.calc;
      const species = this.dex.species.get(forme);
      const evs = this.generation.num >= 3 ? 85 : 252;
      stats = Object.fromEntries(
        ["hp", ...STATS].map((stat) => [
          stat,
          Stats.calcStat(this.generation, stat, species.baseStats[stat], 31, evs, level, "serious"),
        ]),
      );
      this.usual.set(key, stats);
    }
    return stats;
  }

  /**
   * The calculator's name of an id.
   *
   * @param {"abilities" | "items"} table
   * @param {string | undefined} id
   */
  name(table, id) {
    if (!id) return "";
    const key = table + id;
    let name = this.names.get(key);
    if (name === undefined) {
      name = /** @type {string} */ (this.dex[table].get(id).name);
      this.names.set(key, name);
    }
    return name;
  }
}

/**
 * True if a Pokémon that has not fainted is in a place.
 *
 * @param {SeatView} view
 * @param {number} which 0 own, 1 opposing
 * @param {number} place
 */
export function isInPlace(view, which, place) {
  if (which === 0) {
    const slot = view.slots[place];
    return slot !== undefined && view.team[slot].active && view.health(slot).hp > 0;
  }
  const out = view.foe.active[place];
  return !!out && !out.fainted && out.hp > 0;
}

/**
 * Read the field from a view.
 *
 * @param {import("../view/view.mjs").SeatView} view
 * @returns {Ground}
 */
export function groundOf(view) {
  const { weatherState, terrainState, pseudoWeather } = view.state.field;
  const weather = weatherState.id;
  const terrain = terrainState.id;
  const gravity = !!pseudoWeather.gravity;
  const magicRoom = !!pseudoWeather.magicroom;
  const wonderRoom = !!pseudoWeather.wonderroom;
  return {
    key: `${weather},${terrain},${gravity},${magicRoom},${wonderRoom}`,
    weather,
    terrain,
    gravity,
    magicRoom,
    wonderRoom,
    auras: {},
    numbers: null,
  };
}

/**
 * The calculator's field, seen from an attacker.
 *
 * @param {Calc} calc
 * @param {Ground} ground
 * @param {Fighter} attacker
 * @param {Fighter} defender
 */
export function makeField(calc, ground, attacker, defender) {
  return new calc.Field({
    weather: WEATHERS[ground.weather],
    terrain: TERRAINS[ground.terrain],
    isGravity: ground.gravity,
    isMagicRoom: ground.magicRoom,
    isWonderRoom: ground.wonderRoom,
    attackerSide: attacker.side,
    defenderSide: defender.side,
    ...ground.auras,
  });
}

/**
 * The calculator's flags of a side.
 *
 * @param {import("../view/state.mjs").Side} side
 * @param {Pokemon["volatiles"]} volatiles of its active Pokémon
 */
function sideOf({ sideConditions }, volatiles) {
  return {
    // In generation 1 screens are effects of the Pokémon.
    isReflect: !!sideConditions.reflect || !!volatiles.reflect,
    isLightScreen: !!sideConditions.lightscreen || !!volatiles.lightscreen,
    isAuroraVeil: !!sideConditions.auroraveil,
    isTailwind: !!sideConditions.tailwind,
    isCharge: !!volatiles.charge,
    isForesight: !!volatiles.foresight,
    isPowerTrick: !!volatiles.powertrick,
  };
}

/**
 * @param {Pokemon} pokemon
 * @param {SimSpecies} species its current forme
 * @returns {string[]} types before terastallization, an added one last
 */
function typesOf(pokemon, species) {
  const { terastallized, volatiles, addedType } = pokemon;
  const types = terastallized ? (volatiles.typechange?.types ?? species.types) : pokemon.types;
  return addedType ? [...types, addedType] : types;
}

/** Factor of a stat stage. @param {number} boost */
function stage(boost) {
  return boost >= 0 ? (2 + boost) / 2 : 2 / (2 - boost);
}

/** The key of a fighter, see `Fighter`. @param {Fighter} fighter */
function keyOf(fighter) {
  const { hp, maxhp, stats, boosts, side } = fighter;
  // Some abilities depend on whether HP are full, above a half or above a third.
  const health = hp === maxhp ? 3 : hp > maxhp / 2 ? 2 : hp > maxhp / 3 ? 1 : 0;
  let key = `${fighter.species},${fighter.level},${fighter.gender},${fighter.ability},${fighter.item},`;
  key += `${fighter.status},${fighter.types.join("/")},${fighter.tera},${fighter.quark},${health},`;
  key += `${fighter.abilityOn},${fighter.dynamaxed},${fighter.alliesFainted},${fighter.weight},`;
  for (const stat of STATS) key += `${stats[stat]}:${boosts[stat] ?? 0},`;
  key += `${boosts.accuracy ?? 0}:${boosts.evasion ?? 0},`;
  for (const name in side) key += side[name] ? name : "";
  return key;
}
