// The state that the lines of one channel tell: plain data.

/** @typedef {import("../showdown/dex_tables.mjs").DexTables} DexTables */

/**
 * @typedef {object} MoveSlot
 * @property {string} id
 * @property {number} ppUsed as far as seen
 * @property {number} [maxPP] if a request has shown it
 * @property {boolean} virtual copied by Transform or Mimic
 * @property {boolean} hidden out of use while a move copied by Mimic replaces it
 * @property {number} uncertainPp PP used that were counted for a Pressure that may turn out to be an Illusion's
 */

/** @typedef {{id: string, turns: number, [detail: string]: any}} Volatile turns: ends of turn since it began */
/** @typedef {{level: number, minDuration: number, maxDuration: number}} Condition durations 0: unlimited */

/**
 * @typedef {object} Saved what a Pokémon was when it came in
 * @property {number} hp
 * @property {number} maxhp
 * @property {string | undefined} status
 * @property {string} item
 * @property {boolean} noItem
 * @property {string} lastItem
 * @property {string} ability
 * @property {string} baseAbility
 * @property {string | undefined} terastallized
 * @property {number} sleepTurns
 * @property {boolean} resting
 * @property {number} timesAttacked
 * @property {boolean} revealed
 * @property {MoveSlot[]} moveSlots
 * @property {{user: Pokemon, slot: MoveSlot}[]} pressured moves that its Pressure has cost a PP more since
 */

/** @typedef {ReturnType<typeof makePokemon>} Pokemon */
/** @typedef {ReturnType<typeof makeSide>} Side */
/** @typedef {ReturnType<typeof makeState>} State */

/**
 * @param {DexTables} tables
 * @param {number} seat 0 or 1, whose channel it is
 */
export function makeState(tables, seat) {
  return {
    tables,
    seat,
    gen: /** @type {number} */ (tables.dex.gen),
    turn: 0,
    sides: [makeSide(0), makeSide(1)],
    field: {
      weatherState: { id: "", minDuration: 0, maxDuration: 0 },
      terrainState: { id: "", minDuration: 0, maxDuration: 0 },
      /** @type {Record<string, {id: string, minDuration: number, maxDuration: number}>} */
      pseudoWeather: {},
    },
    /** The Pokémon whose move runs. @type {Pokemon | null} */
    mover: null,
    /** The caller of the move that runs, "" if it was chosen. */
    caller: "",
    /** Moves of the own seat that failed or met an immune target. */
    failures: 0,
  };
}

/** @param {number} n 0 or 1 */
function makeSide(n) {
  return {
    n,
    totalPokemon: 6,
    /** The Pokémon on the field. @type {(Pokemon | null)[]} */
    active: [null],
    /** @type {Pokemon[]} */
    team: [],
    /** @type {Record<string, Condition>} */
    sideConditions: {},
    used: { mega: false, zmove: false, dynamax: false, terastallize: false },
    dynamaxTurns: 0,
    wishTurns: 0,
    /** The moves of which one waits on this side. */
    healingWishes: { healingwish: false, lunardance: false },
    /** Turns until Future Sight or Doom Desire hits this side. */
    futureMoveTurns: 0,
    zPower: false,
  };
}

/** @param {string} ident such as "p1: Pikachu"; "" where only team preview has shown it @param {Details} details */
export function makePokemon(ident, details) {
  return {
    originalIdent: ident,
    side: ident ? ident.charCodeAt(1) - 49 : -1,
    /** Current species or forme. */
    speciesForme: details.species,
    /** Its species or forme again after it has left the field. */
    baseForme: details.species,
    level: details.level,
    gender: details.gender,
    hp: 0,
    maxhp: 0,
    /** @type {string | undefined} */
    status: undefined,
    fainted: false,
    /** True if it has been on the field. */
    revealed: false,
    /** Own: looks like another Pokémon. Opposing: is known to be another Pokémon than it looks. */
    disguised: false,
    ability: "",
    baseAbility: "",
    /** "" also where it is unknown. */
    item: "",
    /** Known to hold nothing. */
    noItem: false,
    lastItem: "",
    /** @type {string | undefined} */
    terastallized: details.tera,
    /** @type {MoveSlot[]} */
    moveSlots: [],
    /** Names such as "Fire". @type {string[]} */
    types: [],
    /** @type {string | undefined} */
    addedType: undefined,
    sleepTurns: 0,
    /** Turns that generation 3 gives back, and what they were before the last try to move. */
    sleepTurnsBack: 0,
    sleepTurnsKept: 0,
    resting: false,
    toxicTurns: 0,
    timesAttacked: 0,
    /** @type {Saved | null} */
    saved: null,
    /** Counts what may have changed it while it was not on the field, or led it there or away. */
    changes: 0,
    ...freshOut(),
  };
}

/** Take from a Pokémon what it has only while it is on the field. @param {Pokemon} pokemon */
export function clearOut(pokemon) {
  const fresh = /** @type {any} */ (freshOut());
  const target = /** @type {any} */ (pokemon);
  for (const name of OUT_NAMES) target[name] = fresh[name]; // Object.assign takes ten times as long
}

/** State that a Pokémon has only while it is on the field. */
function freshOut() {
  return {
    boosts: { atk: 0, def: 0, spa: 0, spd: 0, spe: 0, accuracy: 0, evasion: 0 },
    volatiles: /** @type {Record<string, Volatile>} */ ({}),
    lastMove: "",
    /** The move that a Choice item holds, if it has one. */
    chosenMove: "",
    lostItem: false,
    /** True if its ability ("" if unknown) differs from the one with which it entered. */
    abilityChanged: false,
    activeTurns: 0,
    /** True if it has tried to move since it entered. */
    acted: false,
    movedThisTurn: false,
    protectCount: 0,
    protectedThisTurn: false,
    rampagedThisTurn: false,
  };
}

export const OUT_NAMES = Object.keys(freshOut());

/** @typedef {{species: string, level: number, gender: string, tera: string | undefined}} Details */

/** @type {Map<string, Details>} */
const DETAILS = new Map();

/** @param {string} text such as "Pikachu, L84, F, shiny, tera:Fire" @returns {Details} */
export function parseDetails(text) {
  let details = DETAILS.get(text);
  if (!details) {
    const [species, ...rest] = text.split(", ");
    details = { species, level: 100, gender: "N", tera: undefined };
    for (const part of rest) {
      if (part === "M" || part === "F") details.gender = part;
      else if (part.startsWith("tera:")) details.tera = part.slice(5);
      else if (/^L\d+$/.test(part)) details.level = Number(part.slice(1));
      else if (part !== "shiny") throw new Error(`unknown part "${part}" in the details "${text}"`);
    }
    DETAILS.set(text, details);
  }
  return details;
}

/** A forme that team preview hides counts as the species. @param {string} forme such as "Urshifu-*" */
export function knownForme(forme) {
  return forme.endsWith("-*") ? forme.slice(0, -2) : forme;
}

/** @param {State} state @param {Pokemon} pokemon */
export function refreshTypes(state, pokemon) {
  const { terastallized, volatiles } = pokemon;
  if (terastallized && terastallized !== "Stellar") {
    pokemon.types = [terastallized];
    return;
  }
  pokemon.types =
    volatiles.typechange?.types ?? state.tables.species(knownForme(pokemon.speciesForme)).typeNames;
  if (volatiles.roost && pokemon.types.includes("Flying")) {
    const rest = pokemon.types.filter((type) => type !== "Flying");
    pokemon.types = rest.length ? rest : ["Normal"];
  }
}

/** @param {string} id @param {boolean} virtual @returns {MoveSlot} */
export function makeSlot(id, virtual) {
  return { id, ppUsed: 0, virtual, hidden: false, uncertainPp: 0 };
}

/**
 * A Pokémon's slot of a move, made where it is new.
 *
 * @param {Pokemon} pokemon
 * @param {string} id
 */
export function rememberMove(pokemon, id) {
  const virtual = "transform" in pokemon.volatiles;
  let slot = pokemon.moveSlots.find((known) => known.id === id && (known.virtual === virtual || !virtual));
  if (!slot) {
    slot = makeSlot(id, virtual);
    pokemon.moveSlots.push(slot);
  }
  pokemon.changes += 1;
  return slot;
}

/** Moves that a Pokémon plays now, as far as known. @param {Pokemon} pokemon */
export function currentMoves(pokemon) {
  return pokemon.volatiles.transform
    ? pokemon.moveSlots.filter((slot) => slot.virtual)
    : pokemon.moveSlots.filter((slot) => !slot.hidden);
}

/**
 * Reads HP and status.
 *
 * @param {Pokemon} pokemon
 * @param {string} text such as "123/300 par", "53/100", "0 fnt"
 */
export function setCondition(pokemon, text) {
  const slash = text.indexOf("/");
  if (slash < 0) {
    pokemon.hp = 0;
    pokemon.status = undefined;
    return;
  }
  const space = text.indexOf(" ", slash);
  pokemon.hp = Number(text.slice(0, slash));
  // In pixels a colour follows: "20/48y".
  pokemon.maxhp = Number.parseInt(text.slice(slash + 1, space < 0 ? undefined : space), 10);
  pokemon.status = space < 0 ? undefined : text.slice(space + 1);
}

/**
 * The ability that a Pokémon has now: what has been shown, else the only one that it can have; "" where neither.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 */
export function abilityOf(state, pokemon) {
  if (pokemon.ability || pokemon.abilityChanged) return pokemon.ability;
  return pokemon.baseAbility || state.tables.species(knownForme(pokemon.baseForme)).onlyAbility;
}

/**
 * Whether the ability of a Pokémon on the field does not work.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @returns {boolean}
 */
export function isSuppressed(state, pokemon) {
  const { ability, volatiles } = pokemon;
  const { sides, tables } = state;
  if (pokemon !== sides[pokemon.side].active[0]) return false;
  if (volatiles.transform && tables.abilityHas(ability, "notransform")) return true;
  if (!volatiles.gastroacid && !emitsGas(sides[0].active[0]) && !emitsGas(sides[1].active[0])) return false;
  if (tables.abilityHas(ability, "cantsuppress")) return false;
  if (volatiles.gastroacid) return true;
  if (ability === "neutralizinggas") return false;
  return pokemon.item !== "abilityshield" || isItemSuspended(state, pokemon);
}

/** @param {Pokemon | null} pokemon */
function emitsGas(pokemon) {
  if (pokemon?.ability !== "neutralizinggas") return false;
  return !pokemon.volatiles.gastroacid && !pokemon.volatiles.transform;
}

/**
 * Whether the item of a Pokémon on the field does nothing for now.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @returns {boolean}
 */
export function isItemSuspended(state, pokemon) {
  if (pokemon.volatiles.embargo || state.field.pseudoWeather.magicroom) return true;
  // Klutz does not keep an Ability Shield from working.
  if (pokemon.ability !== "klutz" || pokemon.item === "abilityshield") return false;
  return !isSuppressed(state, pokemon);
}
