// What one seat knows of its battle: the lines of its own channel and its own requests, nothing else.

import { trackerFactory } from "./tracker.mjs";

const PARTIAL_TRAPS = new Set(
  (
    "bind clamp firespin gmaxcentiferno gmaxsandblast infestation magmastorm sandtomb snaptrap " +
    "thundercage whirlpool wrap"
  ).split(" "),
);
const FUTURE_SIGHTS = ["futuresight", "doomdesire"];
export const TEAM_SIZE = 6;

/** Makes the views of all battles of a worker. */
export class ViewFactory {
  /** @param {import("./simulator.mjs").Simulator} simulator */
  constructor(simulator) {
    this.makeTracker = trackerFactory(simulator.client, simulator.generations);
  }

  /** @param {number} seat 0 or 1 */
  make(seat) {
    return new SeatView(this.makeTracker(), seat);
  }
}

function sideExtras() {
  return { mega: false, zmove: false, dynamax: false, terastallize: false, dynamaxTurns: 0, wishTurns: 0 };
}

export class SeatView {
  /**
   * @param {any} tracker an @pkmn/client battle
   * @param {number} seat 0 or 1
   */
  constructor(tracker, seat) {
    this.tracker = tracker;
    this.seat = seat;
    this.prefix = `p${seat + 1}`;
    /** @type {any} */
    this.request = null;
    /** Team slot of each entry of request.side.pokemon. @type {number[]} */
    this.slots = [];
    /** Entry of request.side.pokemon by team slot. @type {any[]} */
    this.team = [];
    /** @type {string[]} */
    this.idents = [];
    /** Exact PP of own moves as last told, with what the tracker had counted then, by team slot. */
    this.pp = Array.from({ length: TEAM_SIZE }, () => new Map());
    /** Opposing Pokémon in the order in which they were revealed. @type {any[]} */
    this.opposing = [];
    this.extras = [sideExtras(), sideExtras()];
    this.failures = 0;
    /** Requests end with the battle: from then on the lines know better. */
    this.ended = false;
    this.ownMoveRuns = false;
  }

  get own() {
    return this.tracker.sides[this.seat];
  }

  get foe() {
    return this.tracker.sides[1 - this.seat];
  }

  /**
   * @param {any} args as parsed by @pkmn/protocol
   * @param {any} kwArgs
   */
  receive(args, kwArgs) {
    this.tracker.add(args, kwArgs);
    this.note(args, kwArgs);
  }

  /**
   * Keeps what the client does not.
   *
   * @param {any} args
   * @param {any} kwArgs
   */
  note(args, kwArgs) {
    const ident = args[1];
    switch (args[0]) {
      case "move":
        this.ownMoveRuns = ident.startsWith(this.prefix);
        this.pokemon(ident)?.removeVolatile("twoturnmove");
        if (args[2] === "Wish" && !kwArgs.notarget && !kwArgs.still) this.side(ident).wishTurns = 2;
        break;
      case "-fail":
      case "-immune":
        if (this.ownMoveRuns) this.failures += 1;
        this.ownMoveRuns = false;
        break;
      case "cant":
        this.pokemon(ident)?.removeVolatile("twoturnmove");
        this.ownMoveRuns = false;
        break;
      case "switch":
      case "drag":
        this.side(ident).dynamaxTurns = 0;
        this.ownMoveRuns = false;
        break;
      case "upkeep":
        this.ownMoveRuns = false;
        for (const extras of this.extras) {
          extras.wishTurns = Math.max(0, extras.wishTurns - 1);
          extras.dynamaxTurns = Math.max(0, extras.dynamaxTurns - 1);
        }
        break;
      case "-anim": // a charge that takes no turn (Power Herb, sun, rain)
        this.pokemon(ident)?.removeVolatile("twoturnmove");
        break;
      case "-prepare":
        this.pokemon(ident)?.addVolatile("twoturnmove");
        break;
      case "-activate":
        if (PARTIAL_TRAPS.has(toId(args[2]))) this.pokemon(ident)?.addVolatile("partiallytrapped");
        break;
      case "-end":
        if (kwArgs.partiallytrapped) this.pokemon(ident)?.removeVolatile("partiallytrapped");
        if (args[2] === "Dynamax") this.side(ident).dynamaxTurns = 0;
        break;
      case "-start":
        if (args[2] === "Dynamax") {
          this.side(ident).dynamax = true;
          this.side(ident).dynamaxTurns = 3;
        }
        break;
      case "-boost":
      case "-unboost":
        this.clampBoost(ident, args[2]);
        break;
      case "-mega":
      case "-burst":
        this.side(ident).mega = true;
        break;
      case "-zpower":
        this.side(ident).zmove = true;
        break;
      case "-terastallize":
        this.side(ident).terastallize = true;
        break;
    }
  }

  /**
   * Generation 1 announces boosts past the limit, which the client would add up.
   *
   * @param {string} ident
   * @param {string} boost
   */
  clampBoost(ident, boost) {
    const boosts = this.pokemon(ident)?.boosts;
    if (boosts?.[boost]) boosts[boost] = Math.max(-6, Math.min(6, boosts[boost]));
  }

  /** @param {string} ident such as "p1a: Pikachu" */
  side(ident) {
    return this.extras[ident.charCodeAt(1) - 49];
  }

  /** @param {string} ident */
  pokemon(ident) {
    return this.tracker.getPokemon(ident);
  }

  /** @param {any} request */
  receiveRequest(request) {
    this.request = request;
    const team = request.side.pokemon;
    if (this.idents.length === 0) {
      this.idents = team.map((/** @type {any} */ entry) => entry.ident);
    }
    const free = this.idents.map((_, slot) => slot);
    this.slots = team.map((/** @type {any} */ entry) => {
      const index = free.findIndex((slot) => this.idents[slot] === entry.ident);
      if (index < 0) throw new Error(`request names "${entry.ident}", not one of ${this.idents.join(", ")}`);
      return free.splice(index, 1)[0];
    });
    this.team = [];
    this.slots.forEach((slot, position) => (this.team[slot] = team[position]));
    if (request.active) this.rememberPP(request.active[0], team[0].moves, this.slots[0]);
    this.findOpposing();
  }

  /**
   * @param {any} active request.active[0]
   * @param {string[]} moveIds
   * @param {number} slot
   */
  rememberPP(active, moveIds, slot) {
    if (active.moves.length !== moveIds.length) return;
    const used = this.ownTracked(slot);
    active.moves.forEach((/** @type {any} */ move, /** @type {number} */ index) => {
      if (move.maxpp === undefined) return;
      this.pp[slot].set(moveIds[index], {
        pp: move.pp,
        maxpp: move.maxpp,
        name: move.id,
        counted: countedPP(used, move.id),
      });
    });
  }

  /**
   * Fraction of PP left of an own move: what the last request said, less what was used since.
   *
   * @param {number} slot
   * @param {string} moveId as in request.side
   */
  ownPP(slot, moveId) {
    const known = this.pp[slot].get(moveId);
    if (!known) return 1;
    const since = countedPP(this.ownTracked(slot), known.name) - known.counted;
    return clip((known.pp - Math.max(0, since)) / known.maxpp);
  }

  /**
   * The tracker's Pokémon in an own team slot, undefined before it has been out.
   *
   * @param {number} slot
   */
  ownTracked(slot) {
    const ident = this.idents[slot];
    const active = this.own.active[0];
    if (active?.originalIdent === ident) return active;
    return this.own.team.find((/** @type {any} */ pokemon) => pokemon.originalIdent === ident);
  }

  /**
   * HP, maximum HP (1 when fainted) and status of an own team member.
   *
   * @param {number} slot
   * @returns {[number, number, string | undefined]}
   */
  health(slot) {
    const tracked = this.ended ? this.ownTracked(slot) : null;
    if (!tracked?.maxhp) return parseCondition(this.team[slot].condition);
    return tracked.fainted ? [0, 1, undefined] : [tracked.hp, tracked.maxhp, tracked.status];
  }

  /** Fainted Pokémon of a side, as far as seen; revived ones do not count. @param {number} which 0 own, 1 opposing */
  fainted(which) {
    if (which === 0) return this.slots.filter((slot) => this.health(slot)[0] === 0).length;
    return this.opposing.filter((pokemon) => pokemon.fainted).length;
  }

  /** Gives newly revealed opposing Pokémon the next slot; a slot follows its Pokémon's replacements. */
  findOpposing() {
    const team = this.foe.team;
    for (const pokemon of team) {
      if (this.opposing.includes(pokemon)) continue;
      const gone = this.opposing.findIndex((old) => !team.includes(old));
      if (gone >= 0) this.opposing[gone] = pokemon;
      else if (this.opposing.length < TEAM_SIZE) this.opposing.push(pokemon);
    }
  }

  /** Whether a delayed attack will hit the side of `seat`. @param {number} seat */
  futureMoveHits(seat) {
    // The client files the attack under the side that used it.
    const conditions = this.tracker.sides[1 - seat].sideConditions;
    return FUTURE_SIGHTS.some((id) => conditions[id]);
  }
}

/**
 * @param {any} tracked
 * @param {string} moveId
 */
function countedPP(tracked, moveId) {
  const slot = tracked?.moveSlots.find((/** @type {any} */ entry) => entry.id === moveId && !entry.virtual);
  return slot ? lowest(slot.ppUsed) : 0;
}

/** @param {number | [number, number]} ppUsed a number, or the range of what may have been used */
export function lowest(ppUsed) {
  return typeof ppUsed === "number" ? ppUsed : Math.min(...ppUsed);
}

/** @param {string | undefined} effect such as "move: Wrap" */
function toId(effect) {
  return (effect ?? "")
    .replace(/^(move|ability|item): ?/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "");
}

/** @param {number} fraction */
export function clip(fraction) {
  return Math.max(0, Math.min(1, fraction));
}

/**
 * @param {string} condition such as "123/300 par" or "0 fnt"
 * @returns {[number, number, string | undefined]} HP, maximum HP (1 when fainted), status
 */
export function parseCondition(condition) {
  const [health, status] = condition.split(" ");
  const [hp, maxhp] = health.split("/");
  return [Number(hp), maxhp ? Number(maxhp) : 1, status === "fnt" ? undefined : status];
}
