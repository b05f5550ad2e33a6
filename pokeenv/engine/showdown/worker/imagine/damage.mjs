// The damage of a hit shows which sets its user or its target cannot have.

import { Calculator } from "../damage/calculator.mjs";
import { Scout } from "../damage/fighters.mjs";
import { Moves } from "../damage/moves.mjs";

/** @import { SimBattle, TeamEntry } from "../showdown/types.mjs" */
/** @typedef {import("../damage/fighters.mjs").Fighter} Fighter */
/** @typedef {import("./hits.mjs").Hit} Hit */
/** @typedef {import("./hits.mjs").Seen} Seen */
/** @typedef {import("./prior.mjs").Sample} Sample */
/** @typedef {import("./witness.mjs").Witness} Witness */

/** @typedef {{stats: Record<string, number>, ability: string, item: string, key: string}} Build what damage depends on; ids */

/** Abilities whose effect on damage depends on more than the two Pokémon, or changes the number of hits. */
const UNCLEAR_ABILITIES = new Set(
  "analytic darkaura fairyaura aurabreak illusion imposter parentalbond rivalry stakeout terashell".split(
    " ",
  ),
);
/** Abilities whose effect is among the boosts when a move is used; the calculator would add it again. */
const PAST_ABILITIES = new Set(
  (
    "dauntlessshield download embodyaspectcornerstone embodyaspecthearthflame embodyaspectteal " +
    "embodyaspectwellspring intrepidsword windrider"
  ).split(" "),
);
/** Abilities that act while an effect of the same name is on their Pokémon. */
const SWITCHED_ON = new Set(["flashfire", "slowstart"]);
/** Items that would have been used up visibly before the damage, or else do nothing to it. */
const USED_UP = /(berry|gem|seed)$|^boosterenergy$/;
const UNCLEAR_ITEMS = new Set(["metronome"]);

/** Compares hits with sets; one per format. */
export class DamageTest {
  /**
   * @param {import("../seat/seat.mjs").SeatContext} context
   * @param {() => SimBattle} model a battle that is never played
   * @param {(hp: number, maxhp: number, status: string) => string} shown HP and status as an opponent sees them
   */
  constructor({ simulator, views }, model, shown) {
    const { tables } = views;
    this.calculator = new Calculator(simulator.path, tables.dex);
    const { calc, generation } = this.calculator;
    this.scout = new Scout(calc, generation, tables);
    this.moves = new Moves(calc, generation, tables.dex);
    this.dex = tables.dex;
    this.model = model;
    this.shown = shown;
    /** @type {WeakMap<Sample, Build>} */
    this.builds = new WeakMap();
    /** Limits of HP by maximum HP and text. @type {Map<string, [number, number]>} */
    this.limits = new Map();
  }

  /**
   * Hits that can be compared with sets, with the own Pokémon's values in them.
   *
   * @param {Witness} witness
   * @param {Hit[]} hits of one opposing Pokémon
   * @param {TeamEntry[]} team of the request
   * @returns {{hit: Hit, own: Build}[]}
   */
  usable(witness, hits, team) {
    // An own Pokémon may look like another one.
    if (!hits.length || team.some((entry) => entry.baseAbility === "illusion")) return [];
    return hits.flatMap((hit) => {
      const { user, target } = hit;
      const { pokemon, item: held } = user.pokemon.side === witness.seat ? user : target;
      const entry = team.find(({ ident }) => ident === pokemon.originalIdent);
      const { firstForme, evidence } = witness.about(pokemon);
      if (!entry || pokemon.speciesForme !== firstForme || pokemon.volatiles.transform) return [];
      if (held === null && evidence.itemChanged) return []; // what it was brought with is not known any more
      const item = held ?? (pokemon.noItem ? pokemon.lastItem : entry.item);
      const { stats, baseAbility: ability } = entry;
      if (!isClear(ability, item)) return [];
      const own = { stats, ability, item, key: `${item},${ability},${Object.values(stats).join()}` };
      if (hit.ownValues !== own.key) hit.answers.clear();
      hit.ownValues = own.key;
      return [{ hit, own }];
    });
  }

  /**
   * True if an opposing Pokémon of this set could not have dealt or taken the damage of a hit.
   *
   * @param {Witness} witness
   * @param {{hit: Hit, own: Build}[]} hits
   * @param {Sample} sample
   * @param {string} forme its first forme
   */
  refutes(witness, hits, sample, forme) {
    if (!hits.length) return false;
    const build = this.buildOf(sample, forme);
    return hits.some(({ hit, own }) => {
      let answer = hit.answers.get(build.key);
      if (answer === undefined) {
        const ownAttacks = hit.user.pokemon.side === witness.seat;
        answer = !this.isPossible(hit, own, build, ownAttacks);
        hit.answers.set(build.key, answer);
      }
      return answer;
    });
  }

  /** The values of a set on which damage depends. @param {Sample} sample @param {string} forme @returns {Build} */
  buildOf(sample, forme) {
    let build = sample.forme === forme ? this.builds.get(sample) : undefined;
    if (!build) {
      const { set, item, ability } = sample;
      const species = this.dex.species.get(forme);
      const stats = this.model().spreadModify(species.baseStats, set);
      if (species.maxHP) stats.hp = species.maxHP;
      build = { stats, item, ability, key: `${item},${ability},${Object.values(stats).join()}` };
      if (sample.forme === forme) this.builds.set(sample, build);
    }
    return build;
  }

  /** @param {Hit} hit @param {Build} own @param {Build} opposing @param {boolean} ownAttacks */
  isPossible(hit, own, opposing, ownAttacks) {
    const held = (ownAttacks ? hit.target : hit.user).item ?? opposing.item;
    if (!isClear(opposing.ability, held)) return true;
    const foe = { ...opposing, item: held };
    const user = this.fighter(hit.user, ownAttacks ? own : foe, ownAttacks, hit.id);
    const target = this.fighter(hit.target, ownAttacks ? foe : own, !ownAttacks, hit.id);
    if (!user || !target) return true;
    const rolls = this.rolls(hit, user, target);
    if (!rolls) return true;
    const [before, after] = [hit.target.health, hit.left].map((text) =>
      this.hp(text, target.maxhp, !ownAttacks),
    );
    if (!before || !after) return false; // no HP of this set are shown so
    // More damage than HP were left knocks out, or leaves 1 HP to a Pokémon that endures.
    const most = after[0] <= 1 ? Infinity : before[1] - after[0];
    const least = before[0] - after[1];
    return rolls.some((damage) => damage >= least && damage <= most);
  }

  /**
   * A Pokémon with the values of a set; null if its HP are not known well enough.
   *
   * @param {Seen} seen
   * @param {Build} build
   * @param {boolean} own
   * @param {string} move
   * @returns {Fighter | null}
   */
  fighter({ fighter, health, effects }, { stats, ability, item }, own, move) {
    const maxhp = own ? Number(health.split("/")[1]) : stats.hp;
    const limits = this.hp(health, maxhp, own);
    if (!limits || band(limits[0], maxhp) !== band(limits[1], maxhp)) return null;
    return {
      ...fighter,
      ability: PAST_ABILITIES.has(ability) ? "" : this.scout.name("abilities", ability),
      abilityOn: SWITCHED_ON.has(ability) && effects.includes(ability),
      item: USED_UP.test(item) && move !== "knockoff" ? "" : this.scout.name("items", item),
      stats,
      hp: limits[0],
      maxhp,
    };
  }

  /**
   * Possible damage of a hit; null if it is not known.
   *
   * @param {Hit} hit
   * @param {Fighter} user
   * @param {Fighter} target
   * @returns {number[] | null}
   */
  rolls(hit, user, target) {
    const data = this.moves.get(hit.id, false);
    if (!data || data.direct || data.powers.length) return null;
    const pristine = { ...data.pristine, isCrit: hit.critical };
    const { damage } = this.calculator.run({ ...data, pristine }, data.power, user, target, hit.ground);
    if (typeof damage === "number") return [damage];
    return typeof damage[0] === "number" ? /** @type {number[]} */ (damage) : null;
  }

  /**
   * The lowest and the highest HP that a text can mean; null if none can.
   *
   * @param {string} text such as "53/100", "24/48y" or "0"
   * @param {number} maxhp
   * @param {boolean} exact
   * @returns {[number, number] | null}
   */
  hp(text, maxhp, exact) {
    if (!text.includes("/")) return [0, 0];
    if (exact) return [Number.parseInt(text, 10), Number.parseInt(text, 10)];
    const key = `${maxhp} ${text}`;
    let limits = this.limits.get(key);
    if (!limits) {
      const order = orderOf(text);
      const reach = (/** @type {number} */ least) => {
        let [low, high] = [1, maxhp + 1];
        while (low < high) {
          const middle = (low + high) >> 1;
          if (orderOf(this.shown(middle, maxhp, "")) >= least) high = middle;
          else low = middle + 1;
        }
        return low;
      };
      limits = [reach(order), reach(order + 1) - 1];
      this.limits.set(key, limits);
    }
    return limits[0] <= limits[1] ? limits : null;
  }
}

/** A number that grows with the HP that a text shows. @param {string} text such as "53/100" or "24/48y" */
function orderOf(text) {
  return 3 * Number.parseInt(text, 10) + Math.max(0, "ryg".indexOf(text.slice(-1)));
}

/** Part of the HP on which abilities depend. @param {number} hp @param {number} maxhp */
function band(hp, maxhp) {
  return hp === maxhp ? 3 : hp > maxhp / 2 ? 2 : hp > maxhp / 3 ? 1 : 0;
}

/** True if the calculator knows the effect of an ability and of an item. @param {string} ability @param {string} item */
function isClear(ability, item) {
  return !UNCLEAR_ABILITIES.has(ability) && !UNCLEAR_ITEMS.has(item);
}
