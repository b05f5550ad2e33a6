// Hits whose damage follows from the two Pokémon alone, found in the lines of a battle.

import { groundOf } from "../damage/fighters.mjs";
import { isItemSuspended, isSuppressed } from "../view/state.mjs";
import { find } from "../view/roster.mjs";

/** @import { SimMove } from "../showdown/types.mjs" */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../view/effects.mjs").KwArgs} KwArgs */
/** @typedef {import("../damage/fighters.mjs").Fighter} Fighter */
/** @typedef {import("../damage/fighters.mjs").Ground} Ground */
/** @typedef {import("./witness.mjs").Witness} Witness */

/**
 * @typedef {object} Seen a Pokémon as it was when a move was used
 * @property {Pokemon} pokemon
 * @property {Fighter} fighter without ability, item, stats and HP
 * @property {string | null} item id of an item that it was not brought with, "" for none; null for the one that it was brought with
 * @property {string} health HP such as "53/100" or "123/300"
 * @property {string[]} effects ids of the effects on it
 */

/**
 * @typedef {object} Hit
 * @property {string} id of the move
 * @property {boolean} critical
 * @property {Seen} user
 * @property {Seen} target
 * @property {Ground} ground
 * @property {string} left HP of the target after it; "0" if it has fainted
 * @property {Map<string, boolean>} answers answers that have been found, by the values of an opposing set
 * @property {string} ownValues values of the own set to which the answers belong
 */

/** Earlier generations have generated sets that differ little in what damage depends on. */
const FIRST_GENERATION = 3;
/** Lines between a move and its damage that change nothing. */
const BETWEEN = new Set(["-crit", "-supereffective", "-resisted"]);
/** Parts of a move that make its damage depend on more than the two Pokémon and the field. */
const CALLBACKS =
  "basePowerCallback damageCallback beforeMoveCallback onModifyMove onModifyType onBasePower onEffectiveness".split(
    " ",
  );
/** Moves with such parts that depend on nothing else, or change nothing but accuracy. */
const CALCULABLE = new Set(
  (
    "barbbarrage blizzard bleakwindstorm collisioncourse electrodrift facade flyingpress freezedry grassknot heatcrash " +
    "heavyslam hex hurricane infernalparade ivycudgel judgment knockoff lowkick powertrip sandsearstorm storedpower " +
    "terablast thunder venoshock weatherball wildboltstorm"
  ).split(" "),
);
/** Targets of spread moves, whose damage the calculator rounds otherwise in generation 4. */
const SPREAD = new Set(["allAdjacent", "allAdjacentFoes"]);
/** Effects on a Pokémon that change no damage, or that the calculator knows. */
const PLAIN_VOLATILES = new Set(
  (
    "aquaring attract confusion curse destinybond disable dragoncheer encore fallen flashfire focusenergy foresight " +
    "grudge healblock imprison ingrain laserfocus leechseed lockedmove mustrecharge nightmare noretreat octolock " +
    "partiallytrapped perishsong protosynthesis quarkdrive saltcure slowstart stockpile substitute syrupbomb taunt " +
    "throatchop torment trapped truant typechange uproar yawn"
  ).split(" "),
);

/** Finds hits in the lines of a battle. */
export class Hits {
  /** @param {import("../damage/fighters.mjs").Scout} scout */
  constructor(scout) {
    this.scout = scout;
    /** HP as the seat's lines show them: exact for its own Pokémon. @type {Map<Pokemon, string>} */
    this.health = new Map();
    /** A move whose damage has not been seen yet. @type {Omit<Hit, "left" | "answers" | "ownValues"> | null} */
    this.attack = null;
  }

  /**
   * Read a line that the witness's view has read.
   *
   * @param {Witness} witness
   * @param {string[]} args as the seat has received them
   * @param {KwArgs} kwArgs
   * @param {number | undefined} healthAt index of HP in the arguments
   */
  read(witness, args, kwArgs, healthAt) {
    const { state } = witness.view;
    if (state.gen < FIRST_GENERATION || state.actives > 1) return;
    const { attack } = this;
    if (!BETWEEN.has(args[0])) this.attack = null;
    if (args[0] === "move") this.attack = kwArgs.from ? null : this.begin(witness, args);
    else if (args[0] === "-crit" && attack) attack.critical = true;
    if (!healthAt || !args[healthAt]) return;
    const pokemon = find(state, args[1]);
    if (!pokemon) return;
    const left = args[healthAt].split(" ")[0];
    if (args[0] === "-damage" && attack && attack.target.pokemon === pokemon && !kwArgs.from) {
      const opposing = pokemon.side === witness.seat ? attack.user.pokemon : pokemon;
      witness.about(opposing).evidence.hits.push({ ...attack, left, answers: new Map(), ownValues: "" });
    }
    this.health.set(pokemon, left);
  }

  /**
   * The hit that a move may become; null if its damage depends on more than the sets.
   *
   * @param {Witness} witness
   * @param {string[]} args
   */
  begin(witness, args) {
    const { state } = witness.view;
    const side = Number(args[1][1]) - 1;
    const move = state.tables.dex.moves.get(state.tables.moveId(args[2]));
    const { trickroom, ...rooms } = state.field.pseudoWeather;
    if (!isCalculable(move) || Object.keys(rooms).length) return null;
    if (state.gen === 4 && SPREAD.has(move.target)) return null;
    const user = this.seen(witness, state.sides[side].active[0]);
    const target = this.seen(witness, state.sides[1 - side].active[0]);
    if (!user || !target) return null;
    return { id: move.id, critical: false, user, target, ground: groundOf(witness.view) };
  }

  /**
   * A Pokémon as it is now; null if its ability, item or stats may not be its own.
   *
   * @param {Witness} witness
   * @param {Pokemon | null} pokemon
   * @returns {Seen | null}
   */
  seen(witness, pokemon) {
    if (!pokemon) return null;
    const { view } = witness;
    const { firstForme, evidence } = witness.about(pokemon);
    const health = this.health.get(pokemon);
    if (!health || pokemon.speciesForme !== firstForme || pokemon.abilityChanged || pokemon.disguised)
      return null;
    if (isSuppressed(view.state, pokemon) || isItemSuspended(view.state, pokemon)) return null;
    if (pokemon.terastallized === "Stellar") return null;
    for (const id in pokemon.volatiles) if (!PLAIN_VOLATILES.has(id)) return null;
    if (evidence.itemChanged && !pokemon.noItem && !pokemon.item) return null;
    const item = evidence.itemChanged || pokemon.noItem ? pokemon.item : null;
    const known = { ability: "", item: "", stats: {}, hp: 1, maxhp: 1, status: pokemon.status ?? "" };
    const fighter = this.scout.fighter(view, pokemon.side === view.seat ? 0 : 1, pokemon, known);
    fighter.boosts = { ...fighter.boosts };
    fighter.types = [...fighter.types];
    return { pokemon, fighter, item, health, effects: Object.keys(pokemon.volatiles) };
  }
}

/** True if a move's damage depends on the two Pokémon and the field alone. @param {SimMove} move */
function isCalculable(move) {
  if (move.category === "Status" || !move.basePower || move.isZ || move.isMax) return false;
  if (move.multihit || move.ohko || move.damage || move.flags.charge || move.flags.futuremove) return false;
  return CALCULABLE.has(move.id) || !CALLBACKS.some((name) => move[name]);
}
