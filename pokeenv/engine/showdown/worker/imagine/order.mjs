// The order of two moves of the same priority shows how fast an opposing Pokémon can be.

/** @import { TeamEntry } from "../showdown/types.mjs" */
/** @typedef {import("../view/state.mjs").State} State */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../view/effects.mjs").KwArgs} KwArgs */
/** @typedef {import("./witness.mjs").Witness} Witness */

/**
 * @typedef {object} Order
 * @property {Pokemon} own
 * @property {boolean} opposingFirst true if the opposing Pokémon has moved before the own one
 * @property {number} ownStage stage of Speed
 * @property {number} opposingStage
 */

/** @typedef {{user: Pokemon, target: Pokemon, id: string, order: Order}} FirstMove */

/** Earlier generations have their own rules of Speed, and generated sets of a species that do not differ in it. */
const FIRST_GENERATION = 3;
/** Factors of Speed. @type {Record<string, number>} */
const FACTORS = { choicescarf: 1.5, ironball: 0.5, machobrace: 0.5 };
/** Items and abilities with which more than Speed and its stages may decide the order. */
const DECIDE_ORDER = new Set(
  (
    "quickclaw custapberry laggingtail fullincense quickpowder boosterenergy " +
    "chlorophyll swiftswim sandrush slushrush surgesurfer quickfeet unburden slowstart protosynthesis quarkdrive " +
    "prankster galewings triage stall myceliummight quickdraw simple klutz illusion"
  ).split(" "),
);
/** Moves whose priority changes, or which change the move of a foe that has not moved yet. */
const UNUSUAL_MOVES = new Set(["grassyglide", "encore"]);
const UNUSUAL_VOLATILES = ["transform", "dynamax", "encore", "embargo"];

/** Finds orders of moves in the lines of a battle. */
export class MoveOrder {
  constructor() {
    /** True until something happens in the running turn. */
    this.turnBegins = false;
    /** The move with which the turn has begun. @type {FirstMove | null} */
    this.first = null;
  }

  /**
   * Read a line that the witness's view has read.
   *
   * @param {Witness} witness
   * @param {string[]} args
   * @param {KwArgs} kwArgs
   */
  read(witness, args, kwArgs) {
    const { first, turnBegins } = this;
    this.turnBegins = args[0] === "turn";
    if (this.turnBegins) this.first = null;
    if (args[0] !== "move" || kwArgs.from) return;
    const { state } = witness.view;
    const id = state.tables.moveId(args[2]);
    const side = Number(args[1][1]) - 1;
    const user = state.sides[side].active[0];
    if (turnBegins) this.first = firstMove(witness, user, state.sides[1 - side].active[0], id);
    else if (first && user === first.target) {
      this.first = null;
      const opposing = first.order.opposingFirst ? first.user : first.target;
      const { dex } = state.tables;
      if (!UNUSUAL_MOVES.has(id) && dex.moves.get(id).priority === dex.moves.get(first.id).priority)
        witness.about(opposing).evidence.orders.push(first.order);
    }
  }
}

/**
 * The first move of a turn; null if the order of the turn tells nothing about Speed.
 *
 * @param {Witness} witness
 * @param {Pokemon | null} user
 * @param {Pokemon | null} target
 * @param {string} id
 * @returns {FirstMove | null}
 */
function firstMove(witness, user, target, id) {
  const { state } = witness.view;
  const { trickroom, magicroom } = state.field.pseudoWeather;
  if (state.actives > 1) return null; // an order of four
  if (state.gen < FIRST_GENERATION || UNUSUAL_MOVES.has(id) || trickroom || magicroom) return null;
  if (state.sides.some(({ sideConditions }) => sideConditions.tailwind || sideConditions.grasspledge))
    return null;
  if (!user || !target || !isUsual(witness, user) || !isUsual(witness, target)) return null;
  const opposingFirst = user.side !== witness.seat;
  const [own, opposing] = opposingFirst ? [target, user] : [user, target];
  const order = { own, opposingFirst, ownStage: own.boosts.spe, opposingStage: opposing.boosts.spe };
  return { user, target, id, order };
}

/** True if a Pokémon has its own stats, ability and item. @param {Witness} witness @param {Pokemon} pokemon */
function isUsual(witness, pokemon) {
  const { firstForme, evidence } = witness.about(pokemon);
  return (
    pokemon.speciesForme === firstForme &&
    pokemon.status !== "par" &&
    !pokemon.abilityChanged &&
    !pokemon.noItem &&
    !evidence.itemChanged &&
    !UNUSUAL_VOLATILES.some((id) => pokemon.volatiles[id])
  );
}

/**
 * Limits of an opposing Pokémon's Speed, items included, at a stage.
 *
 * @typedef {{stage: number, min: number, max: number}} SpeedLimit
 */

/**
 * The limits that follow from orders, where the own Pokémon's Speed was that of the request.
 *
 * @param {Witness} witness
 * @param {Order[]} orders
 * @param {TeamEntry[]} team of the request
 * @returns {SpeedLimit[]}
 */
export function speedLimits(witness, orders, team) {
  // An own Pokémon may look like another one.
  if (team.some((entry) => entry.baseAbility === "illusion")) return [];
  return orders.flatMap(({ own, opposingFirst, ownStage, opposingStage }) => {
    const entry = team.find(({ ident }) => ident === own.originalIdent);
    const { firstForme, evidence } = witness.about(own);
    if (!entry || own.baseForme !== firstForme || own.noItem || evidence.itemChanged) return [];
    if (DECIDE_ORDER.has(entry.item) || DECIDE_ORDER.has(entry.baseAbility)) return [];
    const speed = speedWith(entry.stats.spe, entry.item, ownStage);
    const [min, max] = opposingFirst ? [speed, Infinity] : [0, speed];
    return [{ stage: opposingStage, min, max }];
  });
}

/**
 * True if a set's Speed lies outside of a limit.
 *
 * @param {SpeedLimit[]} limits
 * @param {{item: string, ability: string}} sample
 * @param {() => number} speed of the set, without its item
 */
export function breaksLimit(limits, { item, ability }, speed) {
  if (!limits.length || DECIDE_ORDER.has(item) || DECIDE_ORDER.has(ability)) return false;
  const stat = speed();
  return limits.some(({ stage, min, max }) => {
    const value = speedWith(stat, item, stage);
    return value < min || value > max;
  });
}

/** Speed with an item and a stage. @param {number} stat @param {string} item @param {number} stage */
function speedWith(stat, item, stage) {
  const staged = stage >= 0 ? (stat * (2 + stage)) / 2 : (stat * 2) / (2 - stage);
  return Math.floor(Math.floor(staged) * (FACTORS[item] ?? 1));
}
