// A seat's view, written as numbers into its row of the observation.
//
// Every offset comes from the table in pokeenv/observation.py; this file knows names, not places.

import { isOffered } from "./choices.mjs";
import { clip, lowest } from "./view.mjs";

/** @typedef {import("./view.mjs").SeatView} SeatView */
/** @typedef {import("./dextables.mjs").DexTables} DexTables */

const GIMMICKS = ["mega", "zmove", "dynamax", "terastallize"];
// The client's names of weathers, by the names of the simulator's conditions.
const CLIENT_WEATHERS = /** @type {Record<string, string>} */ ({
  sandstorm: "sand",
  sunnyday: "sun",
  raindance: "rain",
  hail: "hail",
  snowscape: "snow",
  desolateland: "harshsunshine",
  primordialsea: "heavyrain",
  deltastream: "strongwinds",
});
const USABLE_MOVES = 6; // actions 6-9 are the moves of the active Pokémon

export class Encoder {
  /**
   * @param {any} layout of Layout.to_json
   * @param {DexTables} tables
   */
  constructor(layout, tables) {
    this.layout = layout;
    this.tables = tables;
    const at = layout.field;
    this.weatherAt = new Map(
      layout.weathers.map((/** @type {string} */ id) => [CLIENT_WEATHERS[id], at[`weather_${id}`]]),
    );
    this.terrainAt = new Map(
      layout.terrains.map((/** @type {string} */ id) => [id.replace("terrain", ""), at[`terrain_${id}`]]),
    );
    this.statusAt = new Map(
      layout.statuses.map((/** @type {string} */ id) => [id, layout.pokemon[`status_${id}`]]),
    );
    this.sides = ["own", "opposing"].map((side) => sideOffsets(layout, side));
    // Names of offsets are put together here and not for every row: that would cost more than the rest.
    this.canAt = GIMMICKS.map((gimmick) => at[`can_${gimmick}`]);
    /** @type {[string, number, number][]} */
    this.statsAt = layout.stats.map((/** @type {string} */ stat) => [
      stat,
      layout.pokemon[`base_${stat}`],
      layout.pokemon[`stat_${stat}`],
    ]);
  }

  /**
   * @param {SeatView} view
   * @param {(string | null)[]} choices legal choices by action
   * @param {Float32Array} row the observation
   */
  encode(view, choices, row) {
    row.fill(0);
    const own = view.own.active[0];
    const foe = view.foe.active[0];
    this.encodeField(view, choices, row);
    this.encodeSide(view, 0, own, row);
    this.encodeSide(view, 1, foe, row);
    const ownTypes = own ? typesOf(own, this.tables) : null;
    const foeTypes = foe ? typesOf(foe, this.tables) : null;
    const { fieldSize, pokemonSize } = this.layout;
    for (const slot of view.slots) {
      const base = fieldSize + slot * pokemonSize;
      this.encodeOwn(view, slot, choices, foeTypes, row, base);
    }
    for (let slot = 0; slot < view.opposing.length; slot++) {
      const base = fieldSize + (6 + slot) * pokemonSize;
      this.encodeOpposing(view.opposing[slot], foe, ownTypes, row, base);
    }
  }

  /**
   * @param {SeatView} view
   * @param {(string | null)[]} choices
   * @param {Float32Array} row
   */
  encodeField(view, choices, row) {
    const at = this.layout.field;
    const { tracker, request } = view;
    row[at.turn] = Math.min(1, tracker.turn / 100);
    row[at.generation] = tracker.gen.num / 9;
    if (request.forceSwitch && !view.ended) {
      row[at.force_switch] = 1;
      if (request.side.pokemon[0].reviving) row[at.reviving] = 1;
    }
    if (request.teamPreview && !view.ended) row[at.team_preview] = 1;
    const active = view.ended ? null : request.active?.[0];
    if (active) {
      if (active.trapped) row[at.trapped] = 1;
      if (active.maybeTrapped) row[at.maybe_trapped] = 1;
      this.canAt.forEach((offset, index) => {
        const first = USABLE_MOVES + 4 * (index + 1);
        for (let action = first; action < first + 4; action++) {
          if (choices[action] !== null) row[offset] = 1;
        }
      });
    }
    const { field } = tracker;
    const weather = this.weatherAt.get(field.weatherState.id);
    if (weather !== undefined) {
      row[weather] = 1;
      // Up to generation 3 a weather's length is known, and the client keeps it as the greatest one.
      const { minDuration, maxDuration } = field.weatherState;
      row[at.weather_turns] = (tracker.gen.num <= 3 ? maxDuration : minDuration) / 8;
    }
    const terrain = this.terrainAt.get(field.terrainState.id);
    if (terrain !== undefined) {
      row[terrain] = 1;
      row[at.terrain_turns] = field.terrainState.minDuration / 8;
    }
    for (const room of this.layout.rooms) {
      const state = field.pseudoWeather[room];
      if (state) row[at[room]] = Math.max(1, state.minDuration) / 8;
    }
  }

  /**
   * @param {SeatView} view
   * @param {number} which 0 own, 1 opposing
   * @param {any} active the tracker's active Pokémon of that side
   * @param {Float32Array} row
   */
  encodeSide(view, which, active, row) {
    const at = this.sides[which];
    const seat = which === 0 ? view.seat : 1 - view.seat;
    const side = view.tracker.sides[seat];
    const extras = view.extras[seat];
    for (const [id, offset, layers] of at.hazards) {
      const condition = side.sideConditions[id];
      if (condition) row[offset] = Math.min(1, condition.level / layers);
    }
    for (const [id, flag, turns] of at.screens) {
      const condition = side.sideConditions[id];
      if (!condition) continue;
      row[flag] = 1;
      row[turns] = condition.minDuration / 8;
    }
    if (view.futureMoveHits(seat)) row[at.futureMove] = 1;
    if (extras.wishTurns > 0) row[at.wish] = 1;
    row[at.teamSize] = Math.min(1, side.totalPokemon / 6);
    row[at.fainted] = view.fainted(which) / 6;
    row[at.revealed] = Math.min(1, side.team.length / 6);
    GIMMICKS.forEach((gimmick, index) => {
      if (extras[/** @type {"mega"} */ (gimmick)]) row[at.used[index]] = 1;
    });
    row[at.dynamaxTurns] = extras.dynamaxTurns / 3;
    if (!active) return;
    for (const [boost, offset] of at.boosts) row[offset] = (active.boosts[boost] ?? 0) / 6;
    for (const id in active.volatiles) {
      const offset = at.volatiles.get(id);
      if (offset !== undefined) row[offset] = 1;
    }
    row[at.perish] = perishCount(active) / 3;
    row[at.stockpile] = Math.min(3, active.volatiles.stockpile?.level ?? 0) / 3;
  }

  /**
   * @param {SeatView} view
   * @param {number} slot
   * @param {(string | null)[]} choices
   * @param {string[] | null} foeTypes
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeOwn(view, slot, choices, foeTypes, row, base) {
    const at = this.layout.pokemon;
    const { tables } = this;
    const entry = view.team[slot];
    const tracked = view.ownTracked(slot);
    const [hp, maxhp, status] = view.health(slot);
    const out = entry.active && hp > 0 ? view.own.active[0] : null;
    const details = parseDetails(entry.details);
    // An active Illusion is tracked as what it looks like; its owner's request says what it is.
    const visible = out && out === tracked;
    const species = tables.species(visible ? out.speciesForme : details.species);
    const types = visible ? typesOf(out, tables) : teraTypes(entry, species, tables);
    row[base + at.known] = 1;
    row[base + at.active] = out ? 1 : 0;
    row[base + at.fainted] = hp === 0 ? 1 : 0;
    row[base + at.hp] = hp / maxhp;
    row[base + at.level] = details.level / 100;
    if (entry.teraType)
      row[base + at.tera_type] = tables.vocabulary.number("types", tables.id(entry.teraType));
    if (entry.terastallized) row[base + at.terastallized] = 1;
    const ability = entry.ability ?? (visible && out.ability ? out.ability : entry.baseAbility);
    row[base + at.ability] = tables.vocabulary.number("abilities", ability);
    row[base + at.item] = tables.vocabulary.number("items", entry.item || "none");
    this.encodeCommon(row, base, species, types, status, tracked, visible ? out : null);
    row[base + at.stat_hp] = hp === 0 ? 0 : Math.min(1, maxhp / 1000);
    for (const [stat, , offset] of this.statsAt) {
      if (stat !== "hp") row[base + offset] = Math.min(1, entry.stats[stat] / 1000);
    }
    const active = view.request.active?.[0];
    for (let index = 0; index < Math.min(4, entry.moves.length); index++) {
      const id = entry.moves[index];
      const move = tables.move(id);
      const pp = view.ownPP(slot, id);
      const usable = out && active ? choices[USABLE_MOVES + index] !== null && isOffered(active, id) : pp > 0;
      const terastallized = entry.terastallized ? tables.id(entry.terastallized) : "";
      this.encodeMove(row, base, index, move, pp, usable, types, foeTypes, terastallized);
    }
  }

  /**
   * @param {any} pokemon the tracker's
   * @param {any} active the tracker's active opposing Pokémon
   * @param {string[] | null} ownTypes types of the own active Pokémon
   * @param {Float32Array} row
   * @param {number} base
   */
  encodeOpposing(pokemon, active, ownTypes, row, base) {
    const at = this.layout.pokemon;
    const { tables } = this;
    const { vocabulary } = tables;
    const species = tables.species(pokemon.speciesForme);
    const types = typesOf(pokemon, tables);
    const out = pokemon === active;
    row[base + at.known] = 1;
    row[base + at.active] = out ? 1 : 0;
    row[base + at.fainted] = pokemon.fainted ? 1 : 0;
    row[base + at.hp] = pokemon.fainted || !pokemon.maxhp ? 0 : pokemon.hp / pokemon.maxhp;
    if (!pokemon.maxhp && !pokemon.fainted) row[base + at.hp] = 1; // seen in team preview only
    row[base + at.level] = pokemon.level / 100;
    if (pokemon.terastallized) {
      row[base + at.terastallized] = 1;
      row[base + at.tera_type] = vocabulary.number("types", tables.id(pokemon.terastallized));
    }
    const ability = pokemon.ability || pokemon.baseAbility || species.onlyAbility;
    row[base + at.ability] = vocabulary.number("abilities", ability);
    row[base + at.item] = vocabulary.number("items", opposingItem(pokemon));
    this.encodeCommon(row, base, species, types, pokemon.status, pokemon, out ? pokemon : null);
    const terastallized = pokemon.terastallized ? tables.id(pokemon.terastallized) : "";
    const slots = pokemon.moveSlots;
    // A transformed Pokémon plays its copied (virtual) moves.
    const moves = pokemon.volatiles.transform
      ? slots.filter((/** @type {any} */ slot) => slot.virtual)
      : slots.filter((/** @type {any} */ slot) => !slot.virtual);
    for (let index = 0; index < Math.min(4, moves.length); index++) {
      const { id, ppUsed } = moves[index];
      const pp = 1 - Math.min(1, lowest(ppUsed) / this.maxPP(id));
      this.encodeMove(row, base, index, tables.move(id), pp, pp > 0, types, ownTypes, terastallized);
    }
  }

  /**
   * @param {Float32Array} row
   * @param {number} base
   * @param {any} species
   * @param {string[]} types
   * @param {string | undefined} status
   * @param {any} tracked
   * @param {any} active
   */
  encodeCommon(row, base, species, types, status, tracked, active) {
    const at = this.layout.pokemon;
    const { vocabulary } = this.tables;
    row[base + at.species] = species.number;
    if (types[0]) row[base + at.type_1] = vocabulary.number("types", types[0]);
    if (types[1]) row[base + at.type_2] = vocabulary.number("types", types[1]);
    const statusAt = status && this.statusAt.get(status);
    if (statusAt) {
      row[base + statusAt] = 1;
      if (status === "slp") row[base + at.sleep_turns] = clip((tracked?.statusState.sleepTurns ?? 0) / 7);
      if (status === "tox") row[base + at.toxic_turns] = clip((tracked?.statusState.toxicTurns ?? 0) / 15);
    }
    for (const [stat, offset] of this.statsAt) row[base + offset] = species.baseStats[stat] / 255;
    if (active?.lastMove) row[base + at.last_move] = this.tables.move(active.lastMove).number;
  }

  /**
   * @param {Float32Array} row
   * @param {number} base
   * @param {number} index
   * @param {import("./dextables.mjs").MoveNumbers} move
   * @param {number} pp
   * @param {boolean} usable
   * @param {string[]} types of its user
   * @param {string[] | null} targetTypes
   * @param {string} terastallized Tera type of its user, "" if it has not terastallized
   */
  encodeMove(row, base, index, move, pp, usable, types, targetTypes, terastallized) {
    const at = this.layout.move;
    const start = base + this.layout.movesStart + index * this.layout.moveSize;
    const type = move.id === "terablast" && terastallized ? terastallized : move.type;
    row[start + at.known] = 1;
    if (usable) row[start + at.usable] = 1;
    row[start + at.id] = move.number;
    row[start + at.type] = this.tables.vocabulary.number("types", type);
    row[start + at.power] = move.power;
    row[start + at.accuracy] = move.accuracy;
    row[start + at.pp] = pp;
    row[start + at.priority] = move.priority;
    if (move.category === "Status") {
      row[start + at.status] = 1;
      return;
    }
    row[start + (move.category === "Physical" ? at.physical : at.special)] = 1;
    if (targetTypes) row[start + at.effectiveness] = this.tables.effectiveness(type, targetTypes) / 4;
    if (types.includes(type)) row[start + at.stab] = 1;
  }

  /** PP of a move raised to the most, as opponents' moves are taken to be. @param {string} id */
  maxPP(id) {
    const move = this.tables.dex.moves.get(id);
    return move.noPPBoosts ? move.pp : (move.pp * 8) / 5;
  }
}

/**
 * @param {any} layout
 * @param {string} side
 */
function sideOffsets(layout, side) {
  const at = layout.field;
  return {
    hazards: Object.entries(layout.hazards).map(
      ([id, layers]) => /** @type {[string, number, number]} */ ([id, at[`${side}_${id}`], layers]),
    ),
    screens: layout.screens.map(
      (/** @type {string} */ id) =>
        /** @type {[string, number, number]} */ ([id, at[`${side}_${id}`], at[`${side}_${id}_turns`]]),
    ),
    boosts: layout.boosts.map(
      (/** @type {string} */ boost) =>
        /** @type {[string, number]} */ ([boost, at[`${side}_boost_${boost}`]]),
    ),
    volatiles: new Map(
      layout.volatiles.map((/** @type {string} */ id) => [id, at[`${side}_volatile_${id}`]]),
    ),
    futureMove: at[`${side}_future_move`],
    wish: at[`${side}_wish`],
    teamSize: at[`${side}_team_size`],
    fainted: at[`${side}_fainted`],
    revealed: at[`${side}_revealed`],
    used: GIMMICKS.map((gimmick) => at[`${side}_used_${gimmick}`]),
    perish: at[`${side}_perish`],
    stockpile: at[`${side}_stockpile`],
    dynamaxTurns: at[`${side}_dynamax_turns`],
  };
}

/**
 * Current types of a tracked Pokémon, as ids.
 *
 * @param {any} pokemon
 * @param {DexTables} tables
 */
function typesOf(pokemon, tables) {
  const types = pokemon.types.map((/** @type {string} */ type) => tables.id(type)).filter(Boolean);
  const added = pokemon.addedType;
  return added ? [...types, tables.id(added)] : types;
}

/**
 * @param {any} entry of request.side.pokemon
 * @param {any} species
 * @param {DexTables} tables
 */
function teraTypes(entry, species, tables) {
  const tera = entry.terastallized;
  return tera && tera !== "Stellar" ? [tables.id(tera)] : species.types;
}

/** @param {any} pokemon the tracker's */
function opposingItem(pokemon) {
  const lost = pokemon.itemEffect === "knocked off";
  if (pokemon.item && !lost) return pokemon.item;
  return lost || pokemon.lastItem ? "none" : "";
}

/** @param {any} pokemon */
function perishCount(pokemon) {
  const perish = pokemon.volatiles.perishsong;
  return perish ? Math.min(3, perish.duration ?? 3) : 0;
}

/** @param {string} details such as "Pikachu, L84, F" */
function parseDetails(details) {
  const comma = details.indexOf(",");
  const level = /, L(\d+)/.exec(details);
  return { species: comma < 0 ? details : details.slice(0, comma), level: level ? Number(level[1]) : 100 };
}
