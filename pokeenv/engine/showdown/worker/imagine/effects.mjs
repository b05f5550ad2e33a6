// Writes the effects that a view shows into a battle of the simulator: on Pokémon, sides, places and the field.
//
// The simulator's own handlers of an effect's start make its state, so that it has all of its parts; what a view shows of
// it (turns, moves, levels) then replaces what they have drawn.

/** @import { SimBattle, SimPokemon } from "../showdown/types.mjs" */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../view/state.mjs").Volatile} Volatile */
/** @typedef {import("../view/state.mjs").State} State */
/** @typedef {import("./witness.mjs").Facts} Facts */
/** @typedef {import("./witness.mjs").Witness} Witness */

/**
 * @typedef {object} Holder a Pokémon on the field
 * @property {SimBattle} battle
 * @property {SimPokemon} pokemon of the imagined battle
 * @property {Pokemon} seen
 * @property {Facts} facts
 * @property {SimPokemon} foe the Pokémon opposite, which may have fainted; in doubles the first one that has not
 * @property {number} dynamaxTurns turns that a Dynamax of its side still lasts
 * @property {(pokemon: Pokemon) => SimPokemon | null} find the imagined Pokémon of one of the witness's
 */

const MOST_ALLY_SWITCHES = 729; // greatest counter
const TRIES = 30; // draws of a duration, until one has not run out yet

/** Effects that the view names and the simulator keeps elsewhere, or that have their own writer. */
const ELSEWHERE = new Set(["asone", "typechange", "transform", "mimic", "trapped"]);
/** Effects whose start depends on the running move or battle, so that only their numbers are written. */
const WITHOUT_START = new Set("encore disable choicelock bide uproar lockon rage dynamax".split(" "));
/** Effects of which the Pokémon opposite is the source. */
const FROM_FOE = new Set(
  "attract encore disable taunt torment healblock embargo throatchop leechseed partiallytrapped lockon octolock saltcure syrupbomb curse nightmare foresight miracleeye yawn".split(
    " ",
  ),
);
/** A move that protects a side until the end of the turn. */
const GUARD = { level: 1, minDuration: 0, maxDuration: 0 };
/** Abilities that change the type of their Pokémon once after its entry. */
const CHANGE_TYPE_ONCE = new Set(["protean", "libero"]);
/** Effects that last a turn longer if the Pokémon had moved already. */
const LONGER_AFTER_MOVE = new Set(["encore", "disable", "taunt"]);

/**
 * Give a Pokémon the volatile effects that a view shows.
 *
 * @param {Holder} holder
 */
export function writeVolatiles(holder) {
  const { seen, pokemon, battle } = holder;
  for (const id in seen.volatiles) {
    if (ELSEWHERE.has(id)) continue;
    const write = WRITERS[id];
    if (write) write(holder, seen.volatiles[id]);
    else add(holder, id, seen.volatiles[id]);
  }
  if (seen.volatiles.trapped) add(holder, "trapped", seen.volatiles.trapped);
  // It has not shown its ability yet, and loafs after its first move.
  if (battle.gen > 4 && pokemon.ability === "truant" && !seen.ability && holder.facts.moveActions > 0) {
    add(holder, "truant", { id: "truant", turns: 0 });
  }
  if (battle.gen >= 9 && seen.volatiles.typechange && CHANGE_TYPE_ONCE.has(pokemon.ability))
    pokemon.abilityState[pokemon.ability] = true;
  if (seen.protectCount > 0) {
    const state = add(holder, "stall", { id: "stall", turns: 0 });
    for (let count = 1; count < seen.protectCount; count++) {
      battle.singleEvent("Restart", battle.dex.conditions.get("stall"), state, pokemon);
    }
    state.duration = 1;
  }
  if (seen.allySwitches > 0) {
    const state = add(holder, "allyswitch", { id: "allyswitch", turns: 0 });
    state.counter = Math.min(3 ** seen.allySwitches, MOST_ALLY_SWITCHES);
    state.duration = 1;
  }
  if (seen.lostItem && !pokemon.item && pokemon.ability === "unburden") {
    add(holder, "unburden", { id: "unburden", turns: 0 });
  }
  if (pokemon.getItem().isChoice && seen.chosenMove && pokemon.hasMove(seen.chosenMove)) {
    const state = add(holder, "choicelock", { id: "choicelock", turns: 0 }, true, pokemon.getItem());
    state.move = seen.chosenMove;
  }
}

/** @type {Record<string, (holder: Holder, volatile: Volatile) => void>} */
const WRITERS = {
  confusion(holder, volatile) {
    drawn(holder, volatile, (state) => (state.time -= volatile.turns) >= 1);
  },
  substitute(holder, volatile) {
    const state = add(holder, "substitute", volatile);
    if (holder.facts.substituteHit) state.hp = 1 + holder.battle.prng.random(Math.max(1, state.hp - 1));
  },
  encore: fixedMove,
  disable: fixedMove,
  perishsong(holder, volatile) {
    const state = add(holder, "perishsong", volatile);
    if (volatile.level !== undefined) state.duration = volatile.level;
  },
  stockpile(holder, volatile) {
    const state = add(holder, "stockpile", volatile);
    state.layers = volatile.level ?? 1;
  },
  autotomize(holder, volatile) {
    const state = add(holder, "autotomize", volatile);
    state.multiplier = volatile.level ?? 1;
  },
  protosynthesis: paradox,
  quarkdrive: paradox,
  partiallytrapped(holder, volatile) {
    if (holder.battle.gen === 1) return;
    const id = holder.facts.starts.partiallytrapped?.effect || "wrap";
    drawn(holder, volatile, (state) => (state.duration ?? 1) >= 1, holder.battle.dex.moves.get(id));
  },
  lockedmove(holder, volatile) {
    const { battle, seen } = holder;
    const move = battle.dex.moves.get(seen.lastMove);
    if (move.id === "rollout" || move.id === "iceball" || !move.exists) return;
    if (battle.gen < 3) {
      drawn(holder, volatile, (state) => (state.duration ?? state.time ?? 1) >= 1, move);
      return;
    }
    drawn(
      holder,
      { id: "lockedmove", turns: 0 },
      (state) => (state.trueDuration -= volatile.turns) >= 1,
      move,
    );
    const state = holder.pokemon.volatiles.lockedmove;
    if (state && volatile.turns > 0) state.duration = 1;
  },
  twoturnmove(holder, volatile) {
    const state = add(holder, "twoturnmove", volatile, true);
    state.move = volatile.move;
    const { pokemon, facts, foe } = holder;
    const target = facts.aim && pokemon.lastMoveTargetLoc ? pokemon.lastMoveTargetLoc : pokemon.getLocOf(foe);
    const own = add(holder, volatile.move, volatile, true);
    own.targetLoc = target;
    pokemon.lastMoveTargetLoc = target;
  },
  dynamax(holder) {
    const { pokemon } = holder;
    const state = add(holder, "dynamax", { id: "dynamax", turns: 0 });
    state.turns = 3 - holder.dynamaxTurns;
    pokemon.side.dynamaxUsed = true;
  },
  truant(holder) {
    add(holder, "truant", { id: "truant", turns: 0 });
    if (holder.battle.gen === 3) holder.pokemon.truantTurn = true;
  },
  commanded: silently,
  commanding: silently,
  slowstart({ pokemon, seen }) {
    pokemon.abilityState.counter = Math.max(1, 5 - Math.max(0, seen.activeTurns - 1));
  },
};

/** @param {Holder} holder @param {Volatile} volatile */
function fixedMove(holder, volatile) {
  drawn(holder, volatile, (state) => (state.duration ?? 1) >= 1);
  const state = holder.pokemon.volatiles[volatile.id];
  state.move = volatile.move;
}

/** @param {Holder} holder @param {Volatile} volatile */
function silently(holder, volatile) {
  add(holder, volatile.id, volatile, true);
}

/** @param {Holder} holder @param {Volatile} volatile */
function paradox(holder, volatile) {
  const state = add(holder, volatile.id, volatile, true);
  state.bestStat = volatile.stat;
  if (holder.seen.lastItem === "boosterenergy") state.fromBooster = true;
}

/**
 * Add an effect whose duration or number is drawn, until one fits.
 *
 * @param {Holder} holder
 * @param {Volatile} volatile
 * @param {(state: any) => boolean} fits true if the drawn state can be
 * @param {any} [cause]
 */
function drawn(holder, volatile, fits, cause) {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    delete holder.pokemon.volatiles[volatile.id];
    const state = add(holder, volatile.id, volatile, false, cause);
    if (fits(state)) return;
  }
  const state = holder.pokemon.volatiles[volatile.id];
  for (const key of ["time", "duration", "trueDuration"]) if (state?.[key] < 1) state[key] = 1;
}

/**
 * Add a volatile effect.
 *
 * @param {Holder} holder
 * @param {string} id
 * @param {Volatile} volatile
 * @param {boolean} [silent] true if the handler of its start must not run
 * @param {any} [cause] the move or ability that began it
 * @returns {any} its state
 */
function add({ battle, pokemon, facts, foe, find }, id, volatile, silent = false, cause = null) {
  const effect = battle.dex.conditions.get(id);
  const { other = null, otherPlace = -1 } = facts.starts[id] ?? {};
  const began = battle.gameType === "doubles" && other ? find(other) : null;
  const source = FROM_FOE.has(id) ? (began ?? foe) : pokemon;
  /** @type {any} */
  const state = battle.initEffectState({ id: effect.id, name: effect.name, target: pokemon });
  state.source = source;
  state.sourceSlot = source.getSlot();
  if (source === began && otherPlace >= 0) state.sourceSlot = `${source.side.id}${"ab"[otherPlace]}`;
  const sourceEffect = cause ?? startedBy(battle, facts, id);
  if (sourceEffect) state.sourceEffect = sourceEffect;
  if (effect.duration) state.duration = effect.duration;
  if (effect.durationCallback)
    state.duration = effect.durationCallback.call(battle, pokemon, source, sourceEffect);
  pokemon.volatiles[effect.id] = state;
  if (!silent && !WITHOUT_START.has(effect.id)) {
    battle.singleEvent(
      "Start",
      effect,
      state,
      pokemon,
      source,
      sourceEffect ?? battle.dex.moves.get("tackle"),
    );
  }
  const moved = facts.starts[id]?.moved ?? true;
  if (battle.gen >= 5 && LONGER_AFTER_MOVE.has(id)) {
    const ran = silent || WITHOUT_START.has(id);
    if (id === "disable") state.duration -= moved ? 0 : 1;
    else state.duration += (ran ? 1 : 0) - (moved ? 0 : 1);
  }
  if (state.duration) state.duration -= volatile.turns;
  return state;
}

/** @param {SimBattle} battle @param {Facts} facts @param {string} id */
function startedBy(battle, facts, id) {
  const effect = facts.starts[id]?.effect;
  const move = effect ? battle.dex.moves.get(effect) : null;
  return move?.exists ? move : null;
}

/**
 * Write weather, terrain, rooms and the conditions of sides and places.
 *
 * @param {SimBattle} battle
 * @param {State} state of the seat
 * @param {Witness} witness
 * @param {(pokemon: Pokemon) => SimPokemon | null} simulated the imagined Pokémon of one of the witness's
 */
export function writeConditions(battle, state, witness, simulated) {
  const { field } = battle;
  const first = battle.sides[0].active.find(Boolean);
  const sourceOf = (/** @type {string} */ key) => {
    const source = witness.sources.get(key);
    return (source && simulated(source)) ?? first;
  };
  const timed = (/** @type {string} */ id, /** @type {any} */ target, /** @type {SimPokemon} */ source) => ({
    ...battle.initEffectState({ id, target }),
    source,
    sourceSlot: source.getSlot(),
  });
  const { weatherState, terrainState, pseudoWeather } = state.field;
  if (weatherState.id) {
    const source = sourceOf(weatherState.id);
    field.weather = weatherState.id;
    field.weatherState = timed(weatherState.id, undefined, source);
    field.weatherState.duration = turnsLeft(weatherState, isLengthened(battle, weatherState.id, source));
  }
  if (terrainState.id) {
    const source = sourceOf(terrainState.id);
    field.terrain = terrainState.id;
    field.terrainState = timed(terrainState.id, field, source);
    field.terrainState.duration = turnsLeft(terrainState, isLengthened(battle, terrainState.id, source));
  }
  for (const id in pseudoWeather) {
    const source = sourceOf(id);
    field.pseudoWeather[id] = timed(id, field, source);
    field.pseudoWeather[id].duration = turnsLeft(pseudoWeather[id], false);
  }
  state.sides.forEach((seen, n) => {
    const side = battle.sides[n];
    for (const id in seen.sideConditions) {
      const condition = seen.sideConditions[id];
      const source = sourceOf(`p${n + 1} ${id}`);
      writeSideCondition(battle, side, id, condition, source);
    }
    for (const id in seen.guards) {
      if (seen.guards[id]) writeSideCondition(battle, side, id, GUARD, sourceOf(`p${n + 1} ${id}`));
    }
    seen.places.forEach((waiting, place) => {
      if (side.active[place]) writePlace(battle, waiting, side, place, state.turn, witness, simulated);
    });
  });
}

/**
 * Write a condition of a side. No other effect hears of its start.
 *
 * @param {SimBattle} battle
 * @param {any} side of the imagined battle
 * @param {string} id
 * @param {import("../view/state.mjs").Condition} seen
 * @param {SimPokemon} source
 */
function writeSideCondition(battle, side, id, seen, source) {
  const effect = battle.dex.conditions.get(id);
  if (!effect.exists) return;
  const { duration } = effect;
  const state = battle.initEffectState({ id, target: side, source, sourceSlot: source.getSlot(), duration });
  side.sideConditions[id] = state;
  const cause = battle.dex.moves.get(id);
  battle.singleEvent("SideStart", effect, state, side, source, cause);
  for (let layer = 1; layer < seen.level; layer++) {
    battle.singleEvent("SideRestart", effect, state, side, source, cause);
  }
  if (seen.maxDuration > 0) state.duration = turnsLeft(seen, isLengthened(battle, id, source));
}

/**
 * Write the effects that wait in the place of a side's active Pokémon.
 *
 * @param {SimBattle} battle
 * @param {import("../view/state.mjs").Place} place
 * @param {any} side of the imagined battle
 * @param {number} number of the place
 * @param {number} turn
 * @param {Witness} witness
 * @param {(pokemon: Pokemon) => SimPokemon | null} simulated
 */
function writePlace(battle, place, side, number, turn, witness, simulated) {
  const active = side.active[number];
  if (place.wishTurns > 0) {
    const wisher = witness.wishers[side.n][number];
    const healer = (wisher && simulated(wisher)) ?? active;
    side.addSlotCondition(active, "wish", healer, battle.dex.moves.get("wish"));
    const { wish } = side.slotConditions[number];
    if (wish?.duration) wish.duration = place.wishTurns;
    else if (wish) wish.startingTurn = countedTurn(battle.gen, turn) - (2 - place.wishTurns);
  }
  for (const id of /** @type {const} */ (["healingwish", "lunardance"])) {
    if (place.healingWishes[id]) side.addSlotCondition(active, id, active, battle.dex.moves.get(id));
  }
  const future = witness.future[side.n][number];
  const source = future && simulated(future.pokemon);
  if (place.futureMoveTurns > 0 && future && source) {
    battle.event = { id: "Try", target: source, source: active, effect: battle.dex.moves.get(future.id) };
    battle.dex.moves.get(future.id).onTry?.call(battle, source, active);
    battle.event = { id: "" };
    const move = side.slotConditions[number].futuremove;
    if (move?.duration) move.duration = place.futureMoveTurns;
    else if (move) move.endingTurn = countedTurn(battle.gen, turn - (3 - place.futureMoveTurns)) + 2;
  }
}

/** A turn as the simulator counts it for effects that last some turns. @param {number} gen @param {number} turn */
function countedTurn(gen, turn) {
  return gen >= 8 ? (turn - 1) % 256 : turn - 1;
}

/**
 * Turns that a condition lasts; 0 if it lasts until it is removed.
 *
 * @param {{minDuration: number, maxDuration: number}} range as the view shows it
 * @param {boolean} lengthened true if an item of its source makes it longer
 */
function turnsLeft({ minDuration, maxDuration }, lengthened) {
  return lengthened ? maxDuration : minDuration;
}

/** Items that make an effect last longer. @type {Record<string, string>} */
const LENGTHENED_BY = {
  reflect: "lightclay",
  lightscreen: "lightclay",
  auroraveil: "lightclay",
  sunnyday: "heatrock",
  raindance: "damprock",
  sandstorm: "smoothrock",
  hail: "icyrock",
  snowscape: "icyrock",
  electricterrain: "terrainextender",
  grassyterrain: "terrainextender",
  mistyterrain: "terrainextender",
  psychicterrain: "terrainextender",
};

/** @param {SimBattle} battle @param {string} id @param {SimPokemon} source */
function isLengthened(battle, id, source) {
  return LENGTHENED_BY[id] !== undefined && source.item === LENGTHENED_BY[id];
}
