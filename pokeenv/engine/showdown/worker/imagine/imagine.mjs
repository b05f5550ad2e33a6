// Imagines a battle for one seat: all that the seat has seen is as it is, all that is hidden is drawn.
//
// The imagined battle is a function of the lines and requests that the seat has received, and of a seed.

import { channelLines } from "../answers/narration.mjs";
import { HostedBattle, RUNNING } from "../hosting/hosted_battle.mjs";
import { Seat } from "../seat/seat.mjs";
import { TEAM_SIZE } from "../view/view.mjs";
import { buildBattle } from "./build.mjs";
import { DamageTest } from "./damage.mjs";
import { breaksLimit, speedLimits } from "./order.mjs";
import { Prior, whyNotImagined } from "./prior.mjs";
import { makeTeamPrior, NO_BELIEFS } from "./team_prior.mjs";
import { Witness } from "./witness.mjs";

/** @import { SimBattle, SimSet, TeamEntry } from "../showdown/types.mjs" */
/** @typedef {import("../view/view.mjs").SeatView} SeatView */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../view/state.mjs").State} State */
/** @typedef {import("./build.mjs").Member} Member */
/** @typedef {import("./prior.mjs").Shown} Shown */
/** @typedef {import("./prior.mjs").Random} Random */
/** @typedef {import("./team_prior.mjs").TeamPrior} TeamPrior */

/** Imagines battles of a worker. */
export class Imagination {
  /**
   * @param {import("../hosting/hosted_battle.mjs").BattleContext} context
   * @param {import("../snapshot/copy.mjs").Copies} copies
   */
  constructor(context, copies) {
    this.context = context;
    this.copies = copies;
    /** @type {string | null} */
    this.knownProblem = null;
    /** The witness of each view, by the view's state. @type {WeakMap<State, Witness>} */
    this.witnesses = new WeakMap();
    /** @type {Prior | TeamPrior | null} */
    this.prior = null;
    this.beliefs = NO_BELIEFS;
    /** @type {SimBattle | null} */
    this.knownModel = null;
    /** @type {DamageTest | null} */
    this.knownDamage = null;
  }

  /** Why this format is not imagined; "" if it is. Found out when it is first asked, since it needs a team generator. */
  get problem() {
    this.knownProblem ??= whyNotImagined(this.context.simulator, this.context.format);
    return this.knownProblem;
  }

  /**
   * Imagine a hosted battle.
   *
   * @param {HostedBattle} hosted
   * @param {number} seat that must act
   * @param {string} seed
   * @returns {HostedBattle}
   */
  imagine(hosted, seat, seed) {
    const { view } = hosted.seats[seat];
    const witness = this.witnessOf(view);
    const { log } = hosted;
    for (const line of channelLines(log, seat, witness.position)) witness.read(line);
    witness.position = log.length;
    return this.build(hosted.seats[seat], witness, seed);
  }

  /** The witness of a view's lines. @param {SeatView} view */
  witnessOf(view) {
    let witness = this.witnesses.get(view.state);
    if (!witness) {
      witness = new Witness(this.context, view.seat, this.damage.shown, this.damage.scout);
      this.witnesses.set(view.state, witness);
    }
    return witness;
  }

  /** Compares damage with sets. Its calculator is loaded when the first battle is imagined. */
  get damage() {
    this.knownDamage ??= new DamageTest(
      this.context,
      () => this.model,
      (hp, maxhp, status) => this.shown(hp, maxhp, status),
    );
    return this.knownDamage;
  }

  /** A battle that is never played. @type {SimBattle | null} */
  get model() {
    if (!this.knownModel) {
      this.knownModel = this.copies.snapshots.makeBlank([1, 1]).battle;
      if (this.knownModel.ruleTable.has("hppercentagemod")) this.knownModel.reportPercentages = true;
    }
    return this.knownModel;
  }

  /** HP and status as an opponent sees them. @param {number} hp @param {number} maxhp @param {string} status @returns {string} */
  shown(hp, maxhp, status) {
    const pokemon = this.model.sides[0].pokemon[0];
    Object.assign(pokemon, { hp, maxhp, status });
    return pokemon.getHealth().shared;
  }

  /** Speed without items and stages. @param {string} forme @param {SimSet} set */
  speed(forme, set) {
    return this.model.statModify(this.model.dex.species.get(forme).baseStats, set, "spe");
  }

  /**
   * Build the imagined battle.
   *
   * @param {Seat} own seat that must act
   * @param {Witness} witness
   * @param {string} seed
   */
  build(own, witness, seed) {
    const { view } = own;
    const random = new this.context.simulator.PRNG(/** @type {any} */ (seed));
    const nextSeed = () => Array.from({ length: 4 }, () => random.random(65536)).join(",");
    const teams = [];
    teams[view.seat] = this.ownTeam(view, witness);
    teams[1 - view.seat] = this.opposingTeam(view, witness, random);
    const battle = buildBattle(this.context, view, witness, teams, nextSeed());
    battle.prng.setSeed(nextSeed());
    return this.host(own, witness, battle);
  }

  /**
   * The own team in the order of the request.
   *
   * @param {SeatView} view
   * @param {Witness} witness
   * @returns {Member[]}
   */
  ownTeam(view, witness) {
    const team = witness.view.state.sides[view.seat].team;
    return view.request.side.pokemon.map((entry, position) => {
      const seen = view.members[view.slots[position]];
      const known = team.find(({ originalIdent }) => originalIdent === entry.ident) ?? null;
      const looks =
        position < view.state.actives && seen.disguised ? witness.last[view.seat][position] : null;
      const witnessed = looks ?? known;
      const forme = known ? witness.about(known).firstForme : seen.baseForme;
      return { seen, witnessed, entry, set: this.ownSet(seen, entry, forme) };
    });
  }

  /**
   * A set of which a request's Pokémon can be made.
   *
   * @param {Pokemon} seen
   * @param {TeamEntry} entry
   * @param {string} forme
   * @returns {SimSet}
   */
  ownSet(seen, entry, forme) {
    const { dex } = this.context.views.tables;
    const moves = seen.moveSlots.filter((slot) => !slot.virtual).map((slot) => slot.id);
    // One that has led its team with Imposter has never shown a move of its own.
    const own = moves.length ? moves : ["transform"];
    const known = seen.volatiles.transform || seen.volatiles.mimic ? own : entry.moves;
    const hidden = known.find((id) => id.startsWith("hiddenpower"));
    return {
      name: entry.ident.slice(4),
      species: forme === "Greninja" && entry.baseAbility === "battlebond" ? "Greninja-Bond" : forme,
      level: seen.level,
      gender: seen.gender,
      moves: known.map((id) => id.replace(/^(hiddenpower[a-z]*|return|frustration)\d*$/, "$1")),
      ability: entry.baseAbility,
      item: entry.item,
      teraType: entry.teraType,
      hpType: hidden ? dex.moves.get(hidden.replace(/\d+$/, "")).type : undefined,
      shiny: / shiny/.test(entry.details),
      evs: { hp: 85, atk: 85, def: 85, spa: 85, spd: 85, spe: 85 },
      ivs: { hp: 31, atk: 31, def: 31, spa: 31, spd: 31, spe: 31 },
    };
  }

  /** Draw hidden sets from now on from what the user believes. @param {import("./team_prior.mjs").Beliefs} beliefs */
  believe(beliefs) {
    this.beliefs = beliefs;
    this.prior = null;
  }

  /** Makes the hidden sets of this format. */
  makePrior() {
    const { simulator, format } = this.context;
    return format.team ? new Prior(simulator, format) : makeTeamPrior(simulator, format, this.beliefs);
  }

  /**
   * The opposing team: the active Pokémon, the others that were seen, those of a Team Preview, and drawn ones.
   *
   * @param {SeatView} view
   * @param {Witness} witness
   * @param {Random} random
   * @returns {Member[]}
   */
  opposingTeam(view, witness, random) {
    const { foe } = view;
    const size = Math.min(TEAM_SIZE, foe.totalPokemon);
    const known = knownOpponents(view, witness, size, random);
    const prior = (this.prior ??= this.makePrior()).given(
      known.map(({ seen, witnessed }) => this.shownOf(seen, view, witness, witnessed)),
      random,
    );
    const members = known.map((member) => ({
      ...member,
      entry: null,
      set: this.opposingSet(member.seen, view, witness, member.witnessed, prior, random),
    }));
    const seen = members.map(({ set }) => prior.baseOf(set.species));
    const rest = prior.unseen(size - members.length, seen, random);
    return [
      ...members,
      ...rest.map((set) => ({ seen: null, witnessed: null, entry: null, set: fresh(set) })),
    ];
  }

  /**
   * What a seat knows about an opposing Pokémon's set.
   *
   * @param {Pokemon} seen
   * @param {SeatView} view
   * @param {Witness} witness
   * @param {Pokemon | null} witnessed null if only a Team Preview has shown it
   * @returns {Shown}
   */
  shownOf(seen, view, witness, witnessed) {
    const facts = witnessed ? witness.about(witnessed) : null;
    const forme = facts?.firstForme ?? seen.baseForme;
    const limits = facts ? speedLimits(witness, facts.evidence.orders, view.request.side.pokemon) : [];
    // Only the generator's sets are all that a Pokémon can have.
    const hits =
      facts && this.context.format.team
        ? this.damage.usable(witness, facts.evidence.hits, view.request.side.pokemon)
        : [];
    return {
      forme,
      level: seen.level,
      gender: seen.gender,
      moves: seen.moveSlots.filter((slot) => !slot.virtual && slot.id !== "struggle").map((slot) => slot.id),
      item: facts?.swapped ? "" : seen.item || seen.lastItem,
      ability: seen.baseAbility,
      teraType: (seen.terastallized ?? "") || seen.teraType,
      excludes: (/** @type {import("./prior.mjs").Sample} */ sample) =>
        !!facts &&
        (facts.evidence.items.has(sample.item) ||
          facts.evidence.abilities.has(sample.ability) ||
          breaksLimit(limits, sample, () => this.speed(forme, sample.set)) ||
          this.damage.refutes(witness, hits, sample, forme)),
    };
  }

  /**
   * @param {Pokemon} seen
   * @param {SeatView} view
   * @param {Witness} witness
   * @param {Pokemon | null} witnessed null if only a Team Preview has shown it
   * @param {Prior | TeamPrior} prior
   * @param {Random} random
   */
  opposingSet(seen, view, witness, witnessed, prior, random) {
    const set = fresh(prior.draw(this.shownOf(seen, view, witness, witnessed), random));
    return { ...set, name: seen.originalIdent.slice(4) || set.name, gender: seen.gender, level: seen.level };
  }

  /**
   * Host a built battle, with the own seat's view and the other seat's.
   *
   * @param {Seat} own
   * @param {Witness} witness
   * @param {SimBattle} battle
   */
  host(own, witness, battle) {
    const hosted = new HostedBattle(this.context);
    const seat = own.view.seat;
    hosted.battle = battle;
    hosted.status = RUNNING;
    hosted.imagined = true;
    hosted.seats = [0, 1].map((index) => new Seat(this.context, index));
    this.copies.copySeat(own, hosted.seats[seat]);
    this.copies.copyView(witness.view, hosted.seats[1 - seat].view);
    hosted.seats.forEach((each, index) => {
      const request = battle.sides[index].activeRequest;
      each.receiveRequest(request);
      each.decide();
    });
    hosted.judgePicks();
    const mine = hosted.seats[seat];
    while (mine.decided.length < own.decided.length) mine.act(own.decided[mine.decided.length]);
    return hosted;
  }
}

/** A copy of a set, which a battle may change. @param {SimSet} set @returns {SimSet} */
function fresh(set) {
  return { ...set, evs: { ...set.evs }, ivs: { ...set.ivs }, moves: [...set.moves] };
}

/**
 * The opposing Pokémon that take part as far as a seat knows: the active ones, the others that have been on the field, and
 * those of a Team Preview. If the opponent has picked fewer than these, the others are drawn.
 *
 * @param {SeatView} view
 * @param {Witness} witness
 * @param {number} size of the opposing team
 * @param {Random} random
 * @returns {{seen: Pokemon, witnessed: Pokemon | null}[]}
 */
function knownOpponents({ foe }, witness, size, random) {
  const { team } = witness.view.state.sides[foe.n];
  const places = witness.last[foe.n];
  const placeOf = (/** @type {Pokemon} */ known) => {
    const place = places.indexOf(known);
    return place < 0 ? places.length : place;
  };
  const all = foe.team.map((seen, index) => ({ seen, witnessed: team[index] }));
  const met = all
    .filter(({ seen }) => seen.originalIdent)
    .sort((one, other) => placeOf(one.witnessed) - placeOf(other.witnessed));
  const previewed = all
    .filter(({ seen }) => !seen.originalIdent)
    .map(({ seen }) => ({ seen, witnessed: /** @type {Pokemon | null} */ (null) }));
  while (previewed.length && met.length + previewed.length > size) {
    previewed.splice(random.random(previewed.length), 1);
  }
  return [...met, ...previewed].slice(0, size);
}
