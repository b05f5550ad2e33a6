// One seat's knowledge of its battle, from the lines of its own channel and its own requests alone.

import { receive } from "./messages.mjs";
import { addVolatile, isRampage } from "./moves.mjs";
import { recognise, unmask } from "./roster.mjs";
import { checkCondition, isOut, makeState, parseDetails, refreshTypes, rememberMove } from "./state.mjs";

/** @typedef {import("./state.mjs").Pokemon} Pokemon */
/** @typedef {import("./state.mjs").State} State */
/** @typedef {{hp: number, maxhp: number, status: string | undefined}} Health maxhp is 1 for a fainted Pokémon */
/** @import { ActiveRequest, SeatRequest, TeamEntry } from "../showdown/types.mjs" */

/** @typedef {{entry: TeamEntry | null, changes: number}} Taken */

/** @type {Health} */
const FAINTED = Object.freeze({ hp: 0, maxhp: 1, status: undefined });

export const TEAM_SIZE = 6;

/** Makes the views of all battles of a worker. */
export class ViewFactory {
  /**
   * @param {import("../showdown/dex_tables.mjs").DexTables} tables
   * @param {number} [actives] active Pokémon of a side
   */
  constructor(tables, actives = 1) {
    this.tables = tables;
    this.actives = actives;
  }

  /** The view of a seat whose battle has not begun. @param {number} seat 0 or 1 */
  make(seat) {
    return new SeatView(makeState(this.tables, seat, this.actives), seat);
  }
}

/** One seat's knowledge of one battle. */
export class SeatView {
  /**
   * @param {State} state the knowledge from the lines
   * @param {number} seat 0 or 1
   */
  constructor(state, seat) {
    this.state = state;
    this.seat = seat;
    this.prefix = `p${seat + 1}`;
    /** The last request; null before the first one. @type {SeatRequest} */
    this.request = /** @type {any} */ (null);
    /** Team slot of each entry of request.side.pokemon. @type {number[]} */
    this.slots = [];
    /** Entry of request.side.pokemon by team slot. @type {TeamEntry[]} */
    this.team = [];
    /** Entry of the last request that was taken over, by team slot, and the member's `changes` then. @type {Taken[]} */
    this.taken = [];
    /** Names such as "p1: Pikachu" by team slot. @type {string[]} */
    this.idents = [];
    /** The team's conditions as last read, by team slot. @type {string[]} */
    this.conditions = [];
    /** The same, parsed. @type {Health[]} */
    this.healths = [];
    /** The own team as the lines show it, by team slot; requests correct it. @type {Pokemon[]} */
    this.members = [];
    /** Opposing Pokémon in the order in which they were revealed. @type {Pokemon[]} */
    this.opposing = [];
    /** True once the battle has ended. The last request is out of date then, and the lines are not. */
    this.ended = false;
  }

  get own() {
    return this.state.sides[this.seat];
  }

  get foe() {
    return this.state.sides[1 - this.seat];
  }

  get failures() {
    return this.state.failures;
  }

  /**
   * Read a line.
   *
   * @param {string[]} args as parsed by @pkmn/protocol
   * @param {import("./effects.mjs").KwArgs} kwArgs
   */
  receive(args, kwArgs) {
    receive(this.state, args, kwArgs);
  }

  /** Read a request. @param {SeatRequest} request */
  receiveRequest(request) {
    this.request = request;
    const team = request.side.pokemon;
    if (this.idents.length === 0) {
      this.idents = team.map((entry) => entry.ident);
    }
    if (!this.isInOrder(team)) {
      this.slots = this.slotsOf(team);
      this.team = [];
    }
    for (let position = 0; position < team.length; position++) {
      this.team[this.slots[position]] = team[position];
    }
    this.readTeam();
    this.findOpposing();
  }

  /** True if a request lists the team in the order of the previous one. @param {TeamEntry[]} team */
  isInOrder(team) {
    const { slots, idents } = this;
    if (team.length !== slots.length) return false;
    for (let position = 0; position < team.length; position++) {
      if (team[position].ident !== idents[slots[position]]) return false;
    }
    return true;
  }

  /** @param {TeamEntry[]} team @returns {number[]} team slot of each entry */
  slotsOf(team) {
    const free = this.idents.map((_, slot) => slot);
    return team.map((entry) => {
      const index = free.findIndex((slot) => this.idents[slot] === entry.ident);
      if (index < 0) throw new Error(`request names "${entry.ident}", not one of ${this.idents.join(", ")}`);
      return free.splice(index, 1)[0];
    });
  }

  /** Take over the request's facts about the own team, which the lines lack. */
  readTeam() {
    const { slots } = this;
    for (const slot of slots) this.members[slot] ??= this.memberOf(slot);
    const { active } = this.own;
    for (let place = 0; place < active.length; place++) {
      const slot = this.slots[place];
      const seen = active[place];
      const member = this.members[slot];
      if (seen && seen !== member && this.team[slot].active && !isFainted(this.team[slot])) {
        unmask(this.state, member, place);
        member.disguised = true;
      }
    }
    for (const slot of slots) this.takeOver(slot);
    const moves = this.request.active ?? [];
    for (let place = 0; place < moves.length; place++) {
      const slot = slots[place];
      if (active.length > 1 && isFainted(this.team[slot])) continue;
      this.readMoves(moves[place], this.team[slot].moves, this.members[slot]);
    }
  }

  /** Take over the request's facts about a team member, unless they and the member are unchanged. @param {number} slot */
  takeOver(slot) {
    const member = this.members[slot];
    const entry = this.team[slot];
    const taken = (this.taken[slot] ??= { entry: null, changes: 0 });
    if (taken.entry === entry && taken.changes === member.changes) return;
    takeOver(this.state, member, entry);
    taken.entry = entry;
    taken.changes = member.changes;
  }

  /** The own team member of a slot in the state, made if it is new. @param {number} slot @returns {Pokemon} */
  memberOf(slot) {
    const entry = this.team[slot];
    const known = this.own.team.find(
      (pokemon) => pokemon.originalIdent === entry.ident && !this.members.includes(pokemon),
    );
    if (known) return known;
    const ident = `${this.prefix}a${entry.ident.slice(2)}`;
    return recognise(this.state, ident, parseDetails(entry.details, this.state.tables), this.members);
  }

  /**
   * Read the exact PP of the active Pokémon. After a Transform, they show all moves of its model.
   *
   * @param {ActiveRequest} active of request.active
   * @param {string[]} ids as in request.side
   * @param {Pokemon} member
   */
  readMoves(active, ids, member) {
    const { tables } = this.state;
    const { transform } = member.volatiles;
    const side = transform && this.state.sides[transform.target.charCodeAt(1) - 49];
    const model = side?.team.find((pokemon) => pokemon.originalIdent === transform.target);
    if (model) for (const id of ids) rememberMove(model, tables.move(id).id);
    // A repeated move is listed without PP.
    const { moves } = active;
    const alone = moves.length === 1 && moves[0].maxpp === undefined && active.trapped;
    if (alone && isRampage(moves[0].id)) addVolatile(member, "lockedmove");
    else if (member.volatiles.lockedmove) delete member.volatiles.lockedmove;
    if (moves.length !== ids.length) return;
    for (const move of moves) {
      if (move.maxpp === undefined) continue;
      const slot = rememberMove(member, tables.move(move.id).id);
      slot.ppUsed = move.maxpp - move.pp;
      slot.uncertainPp = 0;
      slot.maxPP = move.maxpp;
    }
  }

  /**
   * PP left and maximum PP of an own move: the last request's, less the PP used since.
   *
   * @param {number} slot
   * @param {string} id of the move
   */
  ownPP(slot, id) {
    const member = this.members[slot];
    const transformed = member.volatiles.transform !== undefined;
    let known;
    for (const entry of member.moveSlots) {
      if (entry.id !== id || !(transformed ? entry.virtual : !entry.hidden)) continue;
      known = entry;
      break;
    }
    const maxPP = known?.maxPP ?? this.state.tables.maxPP(id);
    return { pp: known ? Math.max(0, maxPP - known.ppUsed) : maxPP, maxPP };
  }

  /**
   * HP and status of an own team member.
   *
   * @param {number} slot
   * @returns {Health}
   */
  health(slot) {
    const tracked = this.ended ? this.members[slot] : undefined;
    if (!tracked?.maxhp) {
      const { condition } = this.team[slot];
      if (this.conditions[slot] !== condition) {
        this.conditions[slot] = condition;
        this.healths[slot] = parseCondition(condition);
      }
      return this.healths[slot];
    }
    return tracked.fainted ? FAINTED : tracked;
  }

  /** Number of fainted Pokémon of a side, as far as seen, without revived ones. @param {number} which 0 own, 1 opposing */
  fainted(which) {
    let count = 0;
    if (which === 0) for (const slot of this.slots) count += this.health(slot).hp === 0 ? 1 : 0;
    else for (const pokemon of this.opposing) count += pokemon.fainted ? 1 : 0;
    return count;
  }

  /** Give newly revealed opposing Pokémon the next slots. */
  findOpposing() {
    const { team } = this.foe;
    if (this.opposing.length > team.length) {
      this.opposing = this.opposing.filter((pokemon) => team.includes(pokemon)); // one was an Illusion's looks
    }
    if (this.opposing.length > 0 && !team.includes(this.opposing[0])) this.opposing = [];
    for (const pokemon of team) {
      if (this.opposing.length < TEAM_SIZE && !this.opposing.includes(pokemon)) this.opposing.push(pokemon);
    }
  }
}

/** @param {TeamEntry} entry */
function isFainted(entry) {
  return entry.condition.endsWith(" fnt");
}

/**
 * Take over a request's facts about a team member.
 *
 * @param {State} state
 * @param {Pokemon} member
 * @param {TeamEntry} entry
 */
function takeOver(state, member, entry) {
  member.baseAbility = entry.baseAbility;
  if (!isOut(state, member)) member.ability = entry.baseAbility;
  else if (entry.ability) member.ability = entry.ability;
  else if (!member.ability && !member.abilityChanged) member.ability = entry.baseAbility;
  member.item = entry.item;
  member.noItem = !entry.item;
  if (!member.revealed) {
    member.baseForme = member.speciesForme = parseDetails(entry.details, state.tables).species;
    refreshTypes(state, member);
    const { hp, maxhp, status } = parseCondition(entry.condition);
    member.hp = hp;
    member.maxhp = maxhp;
    member.status = status;
  }
  if (member.moveSlots.length === 0) {
    for (const id of entry.moves) rememberMove(member, state.tables.move(id).id);
  }
}

/**
 * @param {string} condition such as "123/300 par" or "0 fnt"
 * @returns {Health}
 */
function parseCondition(condition) {
  checkCondition(condition);
  const slash = condition.indexOf("/");
  if (slash < 0) return FAINTED;
  const space = condition.indexOf(" ", slash);
  const status = space < 0 ? undefined : condition.slice(space + 1);
  const maxhp = Number(condition.slice(slash + 1, space < 0 ? undefined : space));
  return { hp: Number(condition.slice(0, slash)), maxhp, status };
}
