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

/** Abilities that keep the opponents from eating Berries once they have begun. */
const UNNERVING = new Set(["unnerve", "asoneglastrier", "asonespectrier"]);

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
  const { actives } = state;
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
      writePokemon(battle, pokemon, member, witness, index < actives);
      if (member.witnessed) simulated.set(member.witnessed, pokemon);
    });
    return members.slice(0, actives);
  });
  const find = (/** @type {Pokemon} */ pokemon) => simulated.get(pokemon) ?? null;
  enterField(battle, out, witness, midTurn);
  writeIllusion(battle, out, witness);
  writeConditions(battle, state, witness, find);
  out.forEach((members, n) =>
    members.forEach((member, place) => writeOut(battle, state, witness, member, [n, place], find)),
  );
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
 * Write the effects and stages of a Pokémon on the field.
 *
 * @param {SimBattle} battle
 * @param {import("../view/state.mjs").State} state
 * @param {Witness} witness
 * @param {Member} member
 * @param {number[]} where its side and place
 * @param {(pokemon: Pokemon) => SimPokemon | null} find the imagined Pokémon of one of the witness's
 */
function writeOut(battle, state, witness, { seen, witnessed, entry }, [n, place], find) {
  const pokemon = battle.sides[n].active[place];
  if (!seen || !witnessed || pokemon.fainted) return;
  const { transform } = seen.volatiles;
  const model =
    transform &&
    battle.getAllPokemon().find((/** @type {any} */ other) => other.fullname === transform.target);
  if (model) writeTransform(pokemon, model, seen, entry);
  const foes = battle.sides[1 - n].active.filter(Boolean);
  const foe = foes.find((/** @type {SimPokemon} */ other) => !other.fainted) ?? foes[0];
  const facts = witness.about(witnessed);
  const { dynamaxTurns } = state.sides[n];
  if (state.actives > 1 && facts.aim) pokemon.lastMoveTargetLoc = locationOf(pokemon, facts.aim);
  writeVolatiles({ battle, pokemon, seen, facts, foe, dynamaxTurns, find });
  Object.assign(pokemon.boosts, seen.boosts);
}

/** Showdown's number of a place as a target of a Pokémon's move. @param {SimPokemon} pokemon @param {import("./witness.mjs").Aim} aim */
function locationOf(pokemon, { side, place }) {
  return side === pokemon.side.n ? -(place + 1) : place + 1;
}

/**
 * Take over what the refusal of a choice has taught the seat: that a Pokémon is trapped, or that a move is disabled.
 *
 * @param {SimBattle} battle
 * @param {SeatView} view
 */
function takeOverRefusals(battle, view) {
  const side = battle.sides[view.seat];
  let learnt = false;
  side.active.forEach((/** @type {SimPokemon} */ pokemon, /** @type {number} */ place) => {
    const known = view.request.active?.[place];
    const made = side.activeRequest?.active?.[place];
    if (!known || !made) return;
    if (known.trapped && !made.trapped && !known.maybeTrapped) {
      pokemon.trapped = learnt = true;
      pokemon.maybeTrapped = false;
    }
    for (const { id, disabled } of known.moves) {
      const slot = pokemon.moveSlots.find((/** @type {any} */ move) => move.id === id);
      if (!disabled || !slot || slot.disabled) continue;
      slot.disabled = learnt = true;
    }
  });
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
 * Put the first Pokémon of each side on the field, in the order in which they have entered it.
 *
 * @param {SimBattle} battle
 * @param {Member[][]} out by side and place
 * @param {Witness} witness
 * @param {boolean} midTurn
 */
function enterField(battle, out, witness, midTurn) {
  const entered = (/** @type {Member} */ { witnessed }) => (witnessed ? witness.about(witnessed).entered : 0);
  const order = out
    .flatMap((members, n) => members.map((member, place) => ({ member, n, place })))
    .sort((one, other) => entered(one.member) - entered(other.member));
  for (const { member, n, place } of order) {
    const side = battle.sides[n];
    const pokemon = side.pokemon[place];
    side.active[place] = pokemon;
    pokemon.isActive = !pokemon.fainted;
    pokemon.isStarted = !pokemon.fainted;
    const activeTurns = member.seen?.activeTurns ?? 0;
    pokemon.activeTurns = midTurn ? activeTurns : Math.max(0, activeTurns - 1);
    pokemon.newlySwitched = activeTurns === 0;
    pokemon.abilityState = battle.initEffectState({ id: pokemon.ability, target: pokemon });
    if (UNNERVING.has(pokemon.ability)) pokemon.abilityState.unnerved = true;
    pokemon.itemState = battle.initEffectState({ id: pokemon.item, target: pokemon });
  }
}

/** Let an own Pokémon look like the one that the opponent sees. @param {SimBattle} battle @param {Member[][]} out by side and place @param {Witness} witness */
function writeIllusion(battle, out, witness) {
  out.forEach((members, n) =>
    members.forEach(({ seen, entry }, place) => {
      if (!seen?.disguised || !entry) return;
      const looks = witness.last[n][place]?.originalIdent;
      const side = battle.sides[n];
      const model = side.pokemon.find((/** @type {SimPokemon} */ other) => other.fullname === looks);
      const pokemon = side.active[place];
      if (model && model !== pokemon && !pokemon.fainted) pokemon.illusion = model;
    }),
  );
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
 * Ask for the replacement of Pokémon within a turn. What is left of the turn: the moves of Pokémon that have not moved
 * yet, and the end of the turn.
 *
 * @param {SimBattle} battle
 * @param {SeatView} view
 * @param {Witness} witness
 */
function continueTurn(battle, view, witness) {
  battle.midTurn = true;
  const { request } = view;
  const own = battle.sides[view.seat];
  own.active.forEach((/** @type {SimPokemon} */ pokemon, /** @type {number} */ place) => {
    if (request.forceSwitch?.[place]) leaveField(battle, pokemon, !!request.side.pokemon[place].reviving);
  });
  // From generation 4 on, Pokémon that have fainted are replaced at the end of the turn.
  for (const side of witness.upkeep || battle.gen <= 3 ? battle.sides : [own]) {
    for (const pokemon of side.active) {
      if (!pokemon?.fainted) continue;
      pokemon.status = "fnt";
      if (side !== own && battle.canSwitch(side)) pokemon.switchFlag = true;
    }
  }
  if (!witness.upkeep) {
    // Up to generation 3, a Pokémon that faints in singles ends the moves of the turn; in generation 1, the turn.
    const actives = [...own.foe.active, ...own.active];
    const cut =
      battle.gen <= 3 && battle.gameType === "singles" && actives.some((pokemon) => pokemon?.fainted);
    if (!cut) for (const pokemon of actives) moveLater(battle, view, pokemon);
    if (!cut || battle.gen > 1) battle.queue.addChoice({ choice: "residual" });
    if (view.state.actives > 1) battle.queue.sort();
  }
  battle.makeRequest("switch");
}

/** Let a Pokémon leave the field, or revive another one. @param {SimBattle} battle @param {SimPokemon} pokemon @param {boolean} reviving */
function leaveField(battle, pokemon, reviving) {
  if (reviving) pokemon.side.addSlotCondition(pokemon, "revivalblessing", pokemon);
  pokemon.switchFlag = reviving ? "revivalblessing" : leavesBy(battle, pokemon);
  pokemon.skipBeforeSwitchOutEventFlag = !pokemon.fainted;
  pokemon.moveThisTurn = pokemon.lastMove?.id ?? "";
}

/**
 * Let a Pokémon that has not moved in the running turn use a move that is drawn.
 *
 * @param {SimBattle} battle
 * @param {SeatView} view
 * @param {SimPokemon | null} pokemon
 */
function moveLater(battle, view, pokemon) {
  if (!pokemon || pokemon.fainted || pokemon.switchFlag) return;
  const seen = view.state.sides[pokemon.side.n].active[pokemon.position];
  const isWaiting = seen && !seen.movedThisTurn && pokemon.activeTurns > 0 && !pokemon.volatiles.commanding;
  const slots = pokemon.moveSlots.filter((/** @type {any} */ slot) => slot.pp > 0 && !slot.disabled);
  if (!isWaiting || !slots.length || battle.turn === 0) return;
  const slot = slots[battle.prng.random(slots.length)];
  // In doubles the simulator draws the target.
  const targetLoc = view.state.actives > 1 ? 0 : pokemon.getLocOf(pokemon.side.foe.active[0]);
  battle.queue.addChoice({ choice: "move", pokemon, moveid: slot.id, targetLoc });
}

/** The move by which a Pokémon leaves the field; true if no move of it does. @param {SimBattle} battle @param {SimPokemon} pokemon */
function leavesBy(battle, { lastMove, fainted }) {
  return !fainted && lastMove?.selfSwitch ? lastMove.id : true;
}
