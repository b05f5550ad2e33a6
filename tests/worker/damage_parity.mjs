// Compares the worker's damage calculations with `calculate` of @smogon/calc, and lists the moves without a number.
//
// Usage: node damage_parity.mjs SIMULATOR_PATH; prints JSON.

import { createRequire } from "node:module";
import { join } from "node:path";
import { Calculator } from "../../pokeenv/engine/showdown/worker/damage/calculator.mjs";
import { Moves } from "../../pokeenv/engine/showdown/worker/damage/moves.mjs";

const simulatorPath = process.argv[2];
const require = createRequire(join(simulatorPath, "package.json"));
const { Dex } = require("pokemon-showdown/dist/sim/dex");
const SIDE = { isReflect: false, isLightScreen: false, isAuroraVeil: false, isTailwind: false };
const STATUSES = ["", "brn", "par", "psn", "slp"];
const WEATHERS = ["", "sunnyday", "raindance", "sandstorm"];
const CALC_WEATHERS = { sunnyday: "Sun", raindance: "Rain", sandstorm: "Sand" };

let state = 1;
/** @param {number} limit */
function random(limit) {
  state = (state * 48271) % 2147483647;
  return state % limit;
}

/** A random Pokémon, as the calculator's object and as a fighter. */
function combatant(calc, generation, dex, species) {
  const level = 50 + random(51);
  const boosts = {
    atk: random(5) - 2,
    def: random(5) - 2,
    spa: random(5) - 2,
    spd: random(5) - 2,
    spe: random(5) - 2,
  };
  if (generation.num === 1) boosts.spd = boosts.spa;
  const status = STATUSES[random(STATUSES.length)];
  const items = generation.num >= 3 ? ["", "Leftovers", "Choice Band", "Life Orb", "Charcoal"] : [""];
  const item = items[random(items.length)];
  const ability = generation.num >= 3 ? Object.values(species.abilities)[0] : "";
  const evs =
    generation.num >= 3
      ? Object.fromEntries(["hp", "atk", "def", "spa", "spd", "spe"].map((stat) => [stat, 85]))
      : undefined;
  const options = {
    level,
    boosts,
    status,
    item: item || undefined,
    ability: ability || undefined,
    evs,
    gender: "N",
  };
  const pokemon = new calc.Pokemon(generation, species.name, options);
  pokemon.originalCurHP = 1 + random(pokemon.rawStats.hp);
  const fighter = {
    ...{
      which: 0,
      key: "",
      species: species.name,
      level,
      gender: "N",
      ability,
      item,
      status,
      tera: "",
      boosts,
    },
    ...{ types: species.types, stats: { ...pokemon.rawStats }, speed: 0, hp: pokemon.originalCurHP },
    ...{ maxhp: pokemon.rawStats.hp, dynamaxed: false, quark: "", abilityOn: false, alliesFainted: 0 },
    ...{ faintedAllies: 0, timesAttacked: 0, weight: species.weightkg, side: SIDE },
  };
  return { pokemon, fighter };
}

const differences = [];
const withoutNumber = new Set();
let compared = 0;
for (let num = 1; num <= 9; num++) {
  const dex = Dex.forFormat(`gen${num}randombattle`);
  const calculator = new Calculator(simulatorPath, dex);
  const { calc, generation } = calculator;
  const moves = new Moves(calc, generation, dex);
  const all = dex.moves
    .all()
    .filter(
      (move) => move.exists && move.gen <= num && !move.isZ && !move.isMax && move.category !== "Status",
    )
    .filter((move) => !["CAP", "LGPE", "Custom"].includes(move.isNonstandard));
  const species = dex.species
    .all()
    .filter((one) => one.exists && one.gen <= num && generation.species.get(one.id) && !one.isNonstandard)
    // Without abilities whose effect at entry the observation already shows as boosts.
    .filter((one) => !/Download|Intrepid|Dauntless|Embody/.test(Object.values(one.abilities)[0]));
  for (const move of all) {
    const data = moves.get(move.id, false);
    if (!data) {
      withoutNumber.add(move.id);
      continue;
    }
    if (data.direct || data.powers.length) continue;
    const attacker = combatant(calc, generation, dex, species[random(species.length)]);
    const defender = combatant(calc, generation, dex, species[random(species.length)]);
    const weather = num === 1 ? "" : WEATHERS[random(WEATHERS.length)];
    const ground = {
      ...{ key: "", weather, terrain: "", gravity: false, magicRoom: false, wonderRoom: false },
      ...{ auras: {}, numbers: null },
    };
    const ours = calculator.run(data, 0, attacker.fighter, defender.fighter, ground).damage;
    const hits = Array.isArray(move.multihit) ? move.multihit[1] : undefined;
    const field = new calc.Field({ weather: CALC_WEATHERS[weather], attackerSide: {}, defenderSide: {} });
    const direct = new calc.Move(generation, move.name, { hits });
    const theirs = calc.calculate(generation, attacker.pokemon, defender.pokemon, direct, field).damage;
    compared += 1;
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      differences.push({
        num,
        move: move.id,
        attacker: attacker.fighter.species,
        defender: defender.fighter.species,
        ours,
        theirs,
      });
    }
  }
}
console.log(
  JSON.stringify({ compared, differences: differences.slice(0, 10), without_number: [...withoutNumber] }),
);
