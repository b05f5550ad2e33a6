// Builds a battle of the simulator from what a seat knows: from its view, its request and drawn sets.
//
// The battle is made of teams as the simulator makes one, and then gets the state that the view shows. At a move
// request, the state is that of the end of the turn before, and the simulator itself begins the turn: so trapped
// Pokémon, disabled moves and requests are its own work.

import { formatIdOf } from "../showdown/simulator.mjs";
import { NAMES } from "../hosting/hosted_battle.mjs";
import { writeConditions, writeVolatiles } from "./effects.mjs";
import { writePokemon, writeTransform } from "./pokemon.mjs";

/** @import { SimBattle, SimPokemon, SimSet } from "../showdown/types.mjs" */
/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("./witness.mjs").Witness} Witness */

/**
 * @typedef {object} Member a Pokémon of an imagined battle
 * @property {Pokemon | null} seen as the seat's view has it; null if the opponent has not shown it
 * @property {Pokemon | null} witnessed as the witness has it
 * @property {import("../showdown/types.mjs").TeamEntry | null} entry of the request, for an own Pokémon
 * @property {SimSet} set
 */

/**
 * Build the battle.
 *
 * @param {import("../hosting/hosted_battle.mjs").BattleContext} context
 * @param {SeatView} view of the seat
 * @param {Witness} witness of the seat's lines
 * @param {Member[][]} teams by side; the active Pokémon, or the fainted one in its place, comes first
 * @param {string} seed of the simulator's generator while the battle is built
 * @returns {SimBattle}
 */
export function buildBattle({ simulator, format }, view, witness, teams, seed) {
  const [p1, p2] = teams.map((members, n) => ({ name: NAMES[n], team: members.map(({ set }) => set) }));
  // "deserialized" prevents the battle from starting as soon as it has both players.
  const battle = new simulator.Battle(
    /** @type {any} */ ({ format, formatid: formatIdOf(format), seed, deserialized: true, p1, p2 }),
  );
  begin(battle);
  const { state } = view;
  const midTurn = !!view.request.forceSwitch;
  battle.turn = midTurn ? state.turn : state.turn - 1;
  /** @type {Map<Pokemon, SimPokemon>} */
  const simulated = new Map();
  const out = teams.map((members, n) => {
    for (const pokemon of battle.sides[n].pokemon) {
      const species = battle.dex.conditions.getByID(pokemon.species.id);
      battle.singleEvent("BattleStart", species, pokemon.speciesState, pokemon);
    }
    members.forEach((member, index) => {
      const pokemon = battle.sides[n].pokemon[index];
      writePokemon(battle, pokemon, member, witness, index === 0);
      if (member.witnessed) simulated.set(member.witnessed, pokemon);
    });
    return members[0];
  });
  enterField(battle, out, midTurn);
  writeIllusion(battle, out, witness);
  writeConditions(battle, state, witness, (pokemon) => simulated.get(pokemon) ?? null);
  battle.sides.forEach((/** @type {any} */ side, /** @type {number} */ n) => {
    const [pokemon] = side.active;
    const { seen, witnessed, entry } = out[n];
    if (!seen || !witnessed || pokemon.fainted) return;
    const { transform } = seen.volatiles;
    const model =
      transform &&
      battle.getAllPokemon().find((/** @type {any} */ other) => other.fullname === transform.target);
    if (model) writeTransform(pokemon, model, seen, entry);
    const foe = battle.sides[1 - n].active[0];
    const facts = witness.about(witnessed);
    const { dynamaxTurns } = state.sides[n];
    writeVolatiles({ battle, pokemon, seen, facts, foe, dynamaxTurns });
    Object.assign(pokemon.boosts, seen.boosts);
  });
  writeUsed(battle, view);
  const last = witness.lastMove;
  const lastUser = last && simulated.get(last.pokemon);
  if (last && lastUser) battle.lastMove = battle.dex.getActiveMove(last.id);
  battle.updateSpeed();
  if (midTurn) continueTurn(battle, view, witness);
  else {
    battle.endTurn();
    takeOverRefusals(battle, view);
  }
  battle.log = [];
  battle.messageLog = [];
  battle.sentLogPos = 0;
  return battle;
}

/**
 * Take over what the refusal of a choice has taught the seat: that its Pokémon is trapped, or that a move is disabled.
 *
 * @param {SimBattle} battle
 * @param {SeatView} view
 */
function takeOverRefusals(battle, view) {
  const side = battle.sides[view.seat];
  const [pokemon] = side.active;
  const known = view.request.active?.[0];
  const made = side.activeRequest?.active?.[0];
  if (!known || !made) return;
  let learnt = false;
  if (known.trapped && !made.trapped && !known.maybeTrapped) {
    pokemon.trapped = learnt = true;
    pokemon.maybeTrapped = false;
  }
  for (const { id, disabled } of known.moves) {
    const slot = pokemon.moveSlots.find((/** @type {any} */ move) => move.id === id);
    if (!disabled || !slot || slot.disabled) continue;
    slot.disabled = learnt = true;
  }
  if (learnt) battle.makeRequest();
}

/** Do what the start of a battle does before the first Pokémon enters. @param {SimBattle} battle */
function begin(battle) {
  battle.started = true;
  battle.sides[0].foe = battle.sides[1];
  battle.sides[1].foe = battle.sides[0];
  battle.format.onBegin?.call(battle);
  for (const rule of battle.ruleTable.keys()) {
    if (!"+*-!".includes(rule.charAt(0))) battle.dex.formats.get(rule).onBegin?.call(battle);
  }
}

/**
 * Put the first Pokémon of each side on the field, the one that has been there longer first.
 *
 * @param {SimBattle} battle
 * @param {Member[]} out by side
 * @param {boolean} midTurn
 */
function enterField(battle, out, midTurn) {
  const order = [0, 1].sort(
    (one, other) => (out[other].seen?.activeTurns ?? 0) - (out[one].seen?.activeTurns ?? 0),
  );
  for (const n of order) {
    const side = battle.sides[n];
    const [pokemon] = side.pokemon;
    side.active[0] = pokemon;
    pokemon.isActive = !pokemon.fainted;
    pokemon.isStarted = !pokemon.fainted;
    const activeTurns = out[n].seen?.activeTurns ?? 0;
    pokemon.activeTurns = midTurn ? activeTurns : Math.max(0, activeTurns - 1);
    pokemon.newlySwitched = activeTurns === 0;
    pokemon.abilityState = battle.initEffectState({ id: pokemon.ability, target: pokemon });
    pokemon.itemState = battle.initEffectState({ id: pokemon.item, target: pokemon });
  }
}

/** Let an own Pokémon look like the one that the opponent sees. @param {SimBattle} battle @param {Member[]} out by side @param {Witness} witness */
function writeIllusion(battle, out, witness) {
  out.forEach(({ seen, entry }, n) => {
    if (!seen?.disguised || !entry) return;
    const looks = witness.last[n][0]?.originalIdent;
    const side = battle.sides[n];
    const model = side.pokemon.find((/** @type {SimPokemon} */ other) => other.fullname === looks);
    if (model && model !== side.active[0] && !side.active[0].fainted) side.active[0].illusion = model;
  });
}

/** Write the gimmicks that have been used, and the number of Pokémon left. @param {SimBattle} battle @param {SeatView} view */
function writeUsed(battle, view) {
  view.state.sides.forEach(({ used }, n) => {
    const side = battle.sides[n];
    side.pokemonLeft = side.pokemon.filter((/** @type {SimPokemon} */ pokemon) => !pokemon.fainted).length;
    side.totalFainted = side.pokemon.length - side.pokemonLeft;
    if (used.zmove) side.zMoveUsed = true;
    if (used.dynamax) side.dynamaxUsed = true;
    for (const pokemon of side.pokemon) {
      if (used.mega)
        pokemon.canMegaEvo = pokemon.canMegaEvoX = pokemon.canMegaEvoY = pokemon.canUltraBurst = false;
      if (used.terastallize) pokemon.canTerastallize = null;
    }
  });
}

/**
 * Ask for the replacement of Pokémon within a turn. What is left of the turn: the move of an opponent that has not moved
 * yet, and the end of the turn.
 *
 * @param {SimBattle} battle
 * @param {SeatView} view
 * @param {Witness} witness
 */
function continueTurn(battle, view, witness) {
  battle.midTurn = true;
  const own = battle.sides[view.seat];
  const foe = own.foe;
  const [mine] = own.active;
  mine.switchFlag = view.request.side.pokemon[0].reviving ? "revivalblessing" : leavesBy(battle, mine);
  mine.skipBeforeSwitchOutEventFlag = !mine.fainted;
  mine.moveThisTurn = mine.lastMove?.id ?? "";
  // From generation 4 on, Pokémon that have fainted are replaced at the end of the turn.
  const replaced = witness.upkeep || battle.gen <= 3 ? battle.sides : [own];
  for (const side of replaced) {
    const [pokemon] = side.active;
    if (!pokemon.fainted) continue;
    pokemon.status = "fnt";
    if (side.pokemonLeft > 0) pokemon.switchFlag = true;
  }
  if (!witness.upkeep) {
    const seen = view.foe.active[0];
    const [pokemon] = foe.active;
    const isWaiting = seen && !pokemon.fainted && !seen.movedThisTurn && pokemon.activeTurns > 0;
    const slots = pokemon.moveSlots.filter((/** @type {any} */ slot) => slot.pp > 0 && !slot.disabled);
    if (isWaiting && slots.length && battle.turn > 0) {
      const slot = slots[battle.prng.random(slots.length)];
      const target = pokemon.getLocOf(mine);
      battle.queue.addChoice({ choice: "move", pokemon, moveid: slot.id, targetLoc: target });
    }
    battle.queue.addChoice({ choice: "residual" });
  }
  battle.makeRequest("switch");
}

/** The move by which a Pokémon leaves the field; true if no move of it does. @param {SimBattle} battle @param {SimPokemon} pokemon */
function leavesBy(battle, { lastMove, fainted }) {
  return !fainted && lastMove?.selfSwitch ? lastMove.id : true;
}
