// The state of a battle as the lines of one channel show it: plain data.

/** @typedef {import("../showdown/dex_tables.mjs").DexTables} DexTables */

/**
 * @typedef {object} MoveSlot
 * @property {string} id
 * @property {number} ppUsed as far as seen
 * @property {number} [maxPP] if a request has shown it
 * @property {boolean} virtual true if Transform or Mimic copied it
 * @property {boolean} hidden true while a move copied by Mimic replaces it
 * @property {number} uncertainPp PP counted for an opponent's Pressure, which a revealed Illusion would disprove
 */

/** @typedef {{id: string, turns: number, [detail: string]: any}} Volatile turns: number of turns that have ended since it began */
/** @typedef {{level: number, minDuration: number, maxDuration: number}} Condition durations in turns, 0 if unlimited */

/**
 * @typedef {object} Saved a Pokémon's state when it entered the field
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
 * @property {{user: Pokemon, slot: MoveSlot}[]} pressured moves that its Pressure has cost an additional PP since
 */

/** @typedef {ReturnType<typeof makePokemon>} Pokemon */
/** @typedef {ReturnType<typeof makeSide>} Side */
/** @typedef {ReturnType<typeof makeState>} State */

/**
 * The state before the first line.
 *
 * @param {DexTables} tables
 * @param {number} seat 0 or 1, whose channel it is
 * @param {number} actives places of a side, 1 or 2
 */
export function makeState(tables, seat, actives) {
  return {
    tables,
    seat,
    gen: /** @type {number} */ (tables.dex.gen),
    turn: 0,
    actives,
    sides: [makeSide(0, actives), makeSide(1, actives)],
    field: {
      weatherState: { id: "", minDuration: 0, maxDuration: 0 },
      terrainState: { id: "", minDuration: 0, maxDuration: 0 },
      /** @type {Record<string, {id: string, minDuration: number, maxDuration: number}>} */
      pseudoWeather: {},
    },
    /** The user of the running move. @type {Pokemon | null} */
    mover: null,
    /** True if the move that runs has hit one of several targets: it has not failed. */
    hitsSome: false,
    /** The place at which the last move with a target was aimed. */
    aim: { side: 0, place: 0 },
    /** The caller of the move that runs, "" if it was chosen. */
    caller: "",
    /** Number of moves of the own seat that failed or hit an immune target. */
    failures: 0,
  };
}

/** @param {number} n 0 or 1 @param {number} actives */
function makeSide(n, actives) {
  return {
    n,
    totalPokemon: 6,
    /** The Pokémon on the field, by place. @type {(Pokemon | null)[]} */
    active: Array.from({ length: actives }, () => /** @type {Pokemon | null} */ (null)),
    /** Effects that wait in a place for the Pokémon that is there then. */
    places: Array.from({ length: actives }, makePlace),
    /** @type {Pokemon[]} */
    team: [],
    /** @type {Record<string, Condition>} */
    sideConditions: {},
    used: { mega: false, zmove: false, dynamax: false, terastallize: false },
    dynamaxTurns: 0,
    zPower: false,
    /** Moves that protect this side until the end of the turn. @type {Record<string, boolean>} */
    guards: {},
  };
}

/** @typedef {ReturnType<typeof makePlace>} Place */

function makePlace() {
  return {
    wishTurns: 0,
    /** The moves of which one waits here. */
    healingWishes: { healingwish: false, lunardance: false },
    /** Turns until Future Sight or Doom Desire hits. */
    futureMoveTurns: 0,
    /** The last Pokémon that fainted here. @type {Pokemon | null} */
    fallen: null,
  };
}

/**
 * The place of a Pokémon on its side, -1 if it is not on the field.
 *
 * @param {(Pokemon | null)[]} active
 * @param {Pokemon} pokemon
 */
export function placeIn(active, pokemon) {
  if (active[0] === pokemon) return 0;
  return active.length > 1 && active[1] === pokemon ? 1 : -1;
}

/** True if a Pokémon is on the field. @param {State} state @param {Pokemon} pokemon */
export function isOut(state, pokemon) {
  return placeIn(state.sides[pokemon.side].active, pokemon) >= 0;
}

/** The effects that wait where a Pokémon is. @param {State} state @param {Pokemon} pokemon @returns {Place} */
export function placeOf(state, pokemon) {
  const { active, places } = state.sides[pokemon.side];
  return places[Math.max(0, placeIn(active, pokemon))];
}

/** @param {string} ident such as "p1: Pikachu"; "" where only team preview has shown it @param {Details} details */
export function makePokemon(ident, details) {
  return {
    originalIdent: ident,
    side: ident ? ident.charCodeAt(1) - 49 : -1,
    /** Current species or forme. */
    speciesForme: details.species,
    /** Its species or forme outside the field. */
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
    /** Own: it looks like another Pokémon. Opposing: it is known to look like another Pokémon. */
    disguised: false,
    /** True if it is only the looks of another Pokémon that is beside it on the field. */
    phantom: false,
    ability: "",
    baseAbility: "",
    /** "" for none or unknown. */
    item: "",
    /** True if it is known to hold nothing. */
    noItem: false,
    lastItem: "",
    /** @type {string | undefined} */
    terastallized: details.tera,
    /** Tera type from an open team sheet; "" for unknown. */
    teraType: "",
    /** @type {MoveSlot[]} */
    moveSlots: [],
    /** Names such as "Fire". @type {string[]} */
    types: [],
    /** @type {string | undefined} */
    addedType: undefined,
    sleepTurns: 0,
    /** Sleep turns that generation 3 gives back, now and before the last attempt to move. */
    sleepTurnsBack: 0,
    sleepTurnsKept: 0,
    resting: false,
    toxicTurns: 0,
    timesAttacked: 0,
    /** @type {Saved | null} */
    saved: null,
    /** Number of possible changes while it was not on the field, entries and exits included. */
    changes: 0,
    ...freshOut(),
  };
}

/** Reset the state that a Pokémon has only on the field. @param {Pokemon} pokemon */
export function clearOut(pokemon) {
  // One by one, since a loop takes twice and Object.assign ten times as long.
  const fresh = freshOut();
  pokemon.boosts = fresh.boosts;
  pokemon.volatiles = fresh.volatiles;
  pokemon.lastMove = fresh.lastMove;
  pokemon.chosenMove = fresh.chosenMove;
  pokemon.lostItem = fresh.lostItem;
  pokemon.abilityChanged = fresh.abilityChanged;
  pokemon.activeTurns = fresh.activeTurns;
  pokemon.acted = fresh.acted;
  pokemon.movedThisTurn = fresh.movedThisTurn;
  pokemon.protectCount = fresh.protectCount;
  pokemon.protectedThisTurn = fresh.protectedThisTurn;
  pokemon.rampagedThisTurn = fresh.rampagedThisTurn;
  pokemon.allySwitches = fresh.allySwitches;
  pokemon.allySwitchedThisTurn = fresh.allySwitchedThisTurn;
}

/** The state that a Pokémon has only on the field. */
function freshOut() {
  return {
    boosts: { atk: 0, def: 0, spa: 0, spd: 0, spe: 0, accuracy: 0, evasion: 0 },
    volatiles: /** @type {Record<string, Volatile>} */ ({}),
    lastMove: "",
    /** The move to which a Choice item would lock it. */
    chosenMove: "",
    lostItem: false,
    /** True if its ability ("" if unknown) differs from the one with which it entered. */
    abilityChanged: false,
    activeTurns: 0,
    /** True if it has attempted to move since it entered. */
    acted: false,
    movedThisTurn: false,
    protectCount: 0,
    protectedThisTurn: false,
    rampagedThisTurn: false,
    /** Ally Switches in a row that worked. */
    allySwitches: 0,
    allySwitchedThisTurn: false,
  };
}

export const OUT_NAMES = Object.keys(freshOut());

/** @typedef {{species: string, level: number, gender: string, tera: string | undefined}} Details */

/** @type {Map<string, Details>} */
const DETAILS = new Map();

/**
 * Parse details.
 *
 * @param {string} text such as "Pikachu, L84, F, shiny, tera:Fire"
 * @param {DexTables} tables
 * @returns {Details}
 */
export function parseDetails(text, tables) {
  let details = DETAILS.get(text);
  if (!details) {
    const [species, ...rest] = text.split(", ");
    details = { species, level: 100, gender: "N", tera: undefined };
    for (const part of rest) {
      if (part === "M" || part === "F") details.gender = part;
      else if (part.startsWith("tera:")) details.tera = part.slice(5);
      else if (/^L\d+$/.test(part)) details.level = Number(part.slice(1));
      else if (part !== "shiny" && part !== "N")
        tables.unknown(`unknown part "${part}"`, ` in the details "${text}"`);
    }
    DETAILS.set(text, details);
  }
  return details;
}

/** Compute a Pokémon's types again. @param {State} state @param {Pokemon} pokemon */
export function refreshTypes(state, pokemon) {
  const { terastallized, volatiles } = pokemon;
  if (terastallized && terastallized !== "Stellar") {
    pokemon.types = [terastallized];
    return;
  }
  pokemon.types = volatiles.typechange?.types ?? state.tables.species(pokemon.speciesForme).typeNames;
  if (volatiles.roost && pokemon.types.includes("Flying")) {
    const rest = pokemon.types.filter((type) => type !== "Flying");
    pokemon.types = rest.length ? rest : ["Normal"];
  }
}

/** A slot of an unused move. @param {string} id @param {boolean} virtual @returns {MoveSlot} */
export function makeSlot(id, virtual) {
  return { id, ppUsed: 0, virtual, hidden: false, uncertainPp: 0 };
}

/**
 * A Pokémon's slot of a move, made if it is new.
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

/** The moves that a Pokémon has now, as far as known. @param {Pokemon} pokemon */
export function currentMoves(pokemon) {
  const { moveSlots, volatiles } = pokemon;
  if (volatiles.transform) return moveSlots.filter((slot) => slot.virtual);
  for (const slot of moveSlots) if (slot.hidden) return moveSlots.filter((other) => !other.hidden);
  return moveSlots;
}

const CONDITION = /^(\d+(\.\d+)?\/[1-9]\d*[a-z]?( [a-z]+)?|0( fnt)?)$/;

/** Refuse HP that are no numbers. @param {string | undefined} text such as "123/300 par" */
export function checkCondition(text) {
  if (!CONDITION.test(text ?? "")) throw new Error(`"${text}" is no HP and status`);
}

/** A whole number of a line. @param {string | undefined} text such as "3" or "-1" */
export function wholeNumber(text) {
  if (!/^-?\d+$/.test(text ?? "")) throw new Error(`"${text}" is no whole number`);
  return Number(text);
}

/**
 * Read HP and status.
 *
 * @param {Pokemon} pokemon
 * @param {string} text such as "123/300 par", "53/100", "0 fnt"
 */
export function setCondition(pokemon, text) {
  checkCondition(text);
  const slash = text.indexOf("/");
  if (slash < 0) {
    pokemon.hp = 0;
    pokemon.status = undefined;
    return;
  }
  const space = text.indexOf(" ", slash);
  pokemon.hp = Number(text.slice(0, slash));
  // HP in pixels have a colour: "20/48y".
  pokemon.maxhp = Number.parseInt(text.slice(slash + 1, space < 0 ? undefined : space), 10);
  pokemon.status = space < 0 ? undefined : text.slice(space + 1);
}

/**
 * A Pokémon's current ability: the one shown, else the only possible one, else "".
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 */
export function abilityOf(state, pokemon) {
  if (pokemon.ability || pokemon.abilityChanged) return pokemon.ability;
  return pokemon.baseAbility || state.tables.species(pokemon.baseForme).onlyAbility;
}

/**
 * True if an effect suppresses the ability of a Pokémon on the field.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @returns {boolean}
 */
export function isSuppressed(state, pokemon) {
  const { ability, volatiles } = pokemon;
  const { sides, tables } = state;
  if (!isOut(state, pokemon)) return false;
  if (volatiles.transform && tables.abilityHas(ability, "notransform")) return true;
  if (!volatiles.gastroacid && (volatiles.commanding || !sides.some(emitGas))) return false;
  if (tables.abilityHas(ability, "cantsuppress")) return false;
  if (volatiles.gastroacid) return true;
  if (ability === "neutralizinggas") return false;
  return pokemon.item !== "abilityshield" || isItemSuspended(state, pokemon);
}

/** @param {Side} side */
function emitGas({ active }) {
  return emitsGas(active[0]) || (active.length > 1 && emitsGas(active[1]));
}

/** @param {Pokemon | null} pokemon */
function emitsGas(pokemon) {
  if (pokemon?.ability !== "neutralizinggas") return false;
  return !pokemon.volatiles.gastroacid && !pokemon.volatiles.transform;
}

/**
 * True if an effect suspends the item of a Pokémon on the field.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @returns {boolean}
 */
export function isItemSuspended(state, pokemon) {
  if (pokemon.volatiles.embargo || state.field.pseudoWeather.magicroom) return true;
  // Klutz does not suspend an Ability Shield.
  if (pokemon.ability !== "klutz" || pokemon.item === "abilityshield") return false;
  return !isSuppressed(state, pokemon);
}
