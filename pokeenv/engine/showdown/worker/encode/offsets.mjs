// Offsets of the observation, looked up once: names put together for every row would cost more than the rest.

/** @typedef {{id: string, offset: number}} Place lists of pairs would be slower to go through */

/** @param {Record<string, number>} at @param {string} name @returns {number} */
export function place(at, name) {
  const offset = at[name];
  if (offset === undefined) throw new Error(`the layout has no field "${name}"`);
  return offset;
}

/** @typedef {ReturnType<typeof fieldOffsets>} FieldOffsets */

/** @param {any} layout of Layout.to_json */
export function fieldOffsets(layout) {
  const at = (/** @type {string} */ name) => place(layout.field, name);
  return {
    turn: at("turn"),
    generation: at("generation"),
    forceSwitch: at("force_switch"),
    teamPreview: at("team_preview"),
    reviving: at("reviving"),
    trapped: at("trapped"),
    maybeTrapped: at("maybe_trapped"),
    maybeDisabled: at("maybe_disabled"),
    maybeLocked: at("maybe_locked"),
    can: layout.gimmicks.map((/** @type {string} */ gimmick) => at(`can_${gimmick}`)),
    /** @type {Map<string, number>} */
    weathers: new Map(layout.weathers.map((/** @type {string} */ id) => [id, at(`weather_${id}`)])),
    weatherTurns: at("weather_turns"),
    weatherTurnsMost: at("weather_turns_most"),
    /** @type {Map<string, number>} */
    terrains: new Map(layout.terrains.map((/** @type {string} */ id) => [id, at(`terrain_${id}`)])),
    terrainTurns: at("terrain_turns"),
    terrainTurnsMost: at("terrain_turns_most"),
    /** @type {Map<string, number>} */
    rooms: new Map(layout.rooms.map((/** @type {string} */ id) => [id, at(id)])),
    sides: [sideOffsets(layout, "own"), sideOffsets(layout, "opposing")],
  };
}

/** @typedef {ReturnType<typeof sideOffsets>} SideOffsets */

/** @param {any} layout @param {string} side "own" or "opposing" */
function sideOffsets(layout, side) {
  const at = (/** @type {string} */ name) => place(layout.field, `${side}_${name}`);
  const map = (/** @type {string[]} */ ids, /** @type {(id: string) => string} */ name) =>
    new Map(ids.map((id) => [id, at(name(id))]));
  const hazards = Object.entries(layout.hazards);
  return {
    /** Place and layers of hazards. @type {Map<string, [number, number]>} */
    hazards: new Map(hazards.map(([id, layers]) => [id, [at(id), /** @type {number} */ (layers)]])),
    /** Places of flag, turns and greatest turns (-1 for none) of screens. @type {Map<string, [number, number, number]>} */
    screens: new Map(
      layout.screens.map((/** @type {string} */ id) => [
        id,
        [at(id), at(`${id}_turns`), layout.extendedScreens.includes(id) ? at(`${id}_turns_most`) : -1],
      ]),
    ),
    gmaxDamage: map(layout.gmaxDamage, (id) => id),
    futureMove: at("future_move"),
    futureMoveTurns: at("future_move_turns"),
    wish: at("wish"),
    healingWish: at("healing_wish"),
    teamSize: at("team_size"),
    fainted: at("fainted"),
    revealed: at("revealed"),
    /** @type {Place[]} */
    used: layout.gimmicks.map((/** @type {string} */ id) => ({ id, offset: at(`used_${id}`) })),
    /** @type {Place[]} */
    boosts: layout.boosts.map((/** @type {string} */ id) => ({ id, offset: at(`boost_${id}`) })),
    volatiles: map(layout.volatiles, (id) => `volatile_${id}`),
    timed: map(layout.timedVolatiles, (id) => `${id}_turns`),
    perish: at("perish"),
    stockpile: at("stockpile"),
    fallen: at("fallen"),
    dynamaxTurns: at("dynamax_turns"),
    paradox: map(
      layout.stats.filter((/** @type {string} */ stat) => stat !== "hp"),
      (stat) => `paradox_${stat}`,
    ),
    protectCount: at("protect_count"),
    activeTurns: at("active_turns"),
    firstTurn: at("first_turn"),
    moved: at("moved"),
  };
}

/** @typedef {ReturnType<typeof pokemonOffsets>} PokemonOffsets */

/** @param {any} layout */
export function pokemonOffsets(layout) {
  const at = (/** @type {string} */ name) => place(layout.pokemon, name);
  return {
    known: at("known"),
    revealed: at("revealed"),
    active: at("active"),
    fainted: at("fainted"),
    hp: at("hp"),
    level: at("level"),
    male: at("male"),
    female: at("female"),
    species: at("species"),
    baseSpecies: at("base_species"),
    types: [at("type_1"), at("type_2"), at("type_3")],
    teraType: at("tera_type"),
    terastallized: at("terastallized"),
    illusion: at("illusion"),
    ability: at("ability"),
    baseAbility: at("base_ability"),
    abilitySuppressed: at("ability_suppressed"),
    item: at("item"),
    lastItem: at("last_item"),
    lastMove: at("last_move"),
    /** @type {Map<string, number>} */
    statuses: new Map(layout.statuses.map((/** @type {string} */ id) => [id, at(`status_${id}`)])),
    sleepTurns: at("sleep_turns"),
    resting: at("resting"),
    toxicTurns: at("toxic_turns"),
    timesAttacked: at("times_attacked"),
    /** Places of base stat and stat. @type {{stat: string, base: number, value: number}[]} */
    stats: layout.stats.map((/** @type {string} */ stat) => ({
      stat,
      base: at(`base_${stat}`),
      value: at(`stat_${stat}`),
    })),
  };
}

/** @typedef {ReturnType<typeof moveOffsets>} MoveOffsets */

/** @param {any} layout */
export function moveOffsets(layout) {
  const at = (/** @type {string} */ name) => place(layout.move, name);
  return {
    known: at("known"),
    usable: at("usable"),
    disabled: at("disabled"),
    encored: at("encored"),
    locked: at("locked"),
    id: at("id"),
    type: at("type"),
    physical: at("physical"),
    special: at("special"),
    status: at("status"),
    power: at("power"),
    accuracy: at("accuracy"),
    pp: at("pp"),
    maxPP: at("max_pp"),
    priority: at("priority"),
    effectiveness: at("effectiveness"),
    stab: at("stab"),
  };
}
