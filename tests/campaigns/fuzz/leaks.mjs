// Plays the same battle again, with an opponent that a seat cannot distinguish from the first one.

import { meaningOf } from "./actions.mjs";

/** @typedef {import("../../../pokeenv/engine/showdown/worker/hosting/hosted_battle.mjs").HostedBattle} HostedBattle */
/** @import { SimSet } from "../../../pokeenv/engine/showdown/worker/showdown/types.mjs" */

/**
 * Changes to the team of seat p2 that p1 cannot notice at first.
 *
 * @type {Record<string, (team: any[], other: any[], actives: number) => any[]>}
 */
export const CHANGES = {
  "other Pokémon on the bench": (team, other) => [...team.slice(0, 3), ...strangers(team, other)],
  "bench in another order": (team, other, actives) => [
    ...team.slice(0, actives),
    ...team.slice(actives).reverse(),
  ],
  "other items": (team, other) => team.map((set, i) => ({ ...set, item: other[i % other.length].item })),
  "other abilities": (team, other) =>
    team.map((set, i) => ({ ...set, ability: other[i % other.length].ability })),
  "other effort values": (team) => team.map((set) => ({ ...set, evs: { ...set.evs, def: 4, spd: 252 } })),
  "another last move": (team, other) =>
    team.map((set, i) => ({ ...set, moves: withAnotherLast(set.moves, other[i % other.length].moves) })),
  "other Tera types": (team, other) =>
    team.map((set, i) => ({ ...set, teraType: other[i % other.length].teraType })),
};

/**
 * Replacements for all but the first three Pokémon of a team.
 *
 * @param {SimSet[]} team
 * @param {SimSet[]} other
 */
function strangers(team, other) {
  const species = new Set(team.map((set) => set.species));
  return other.filter((set) => !species.has(set.species)).slice(0, Math.max(0, team.length - 3));
}

/**
 * @param {string[]} moves
 * @param {string[]} others
 */
function withAnotherLast(moves, others) {
  const last = others.find((move) => !moves.includes(move));
  return last && moves.length === 4 ? [...moves.slice(0, 3), last] : moves;
}

/** The lines that seat p1 has received, compared with those of its twin. */
export class Twin {
  /**
   * @param {HostedBattle} first
   * @param {HostedBattle} second the same battle against the changed team
   * @param {(log: string) => string[]} channelOf lines of p1's own channel in a part of a log
   * @param {string} change the kind of difference, a key of CHANGES
   */
  constructor(first, second, channelOf, change) {
    this.change = change;
    this.battles = [first, second];
    this.channelOf = channelOf;
    this.positions = [0, 0];
    this.same = true;
  }

  /** Read the new lines of both logs. @returns {boolean} true if p1 has received the same messages from both so far */
  compare() {
    const [lines, others] = this.battles.map(({ battle }, which) => {
      const text = battle.log.slice(this.positions[which]).join("\n");
      this.positions[which] = battle.log.length;
      return this.channelOf(text)
        .filter((line) => !line.startsWith("|t:|"))
        .join("\n");
    });
    const [request, another] = this.battles.map(({ battle }) =>
      JSON.stringify(battle.sides[0].activeRequest),
    );
    this.same = this.same && lines === others && request === another;
    return this.same;
  }

  /**
   * Play the actions of the first battle in the second one; p2's actions are matched by their meaning.
   *
   * @param {number[]} actions
   */
  step(actions) {
    const [first, second] = this.battles.map(({ seats }) => seats[1]);
    const wanted = first.acting ? deed(first, actions[1]) : "";
    const acts = second.choices.findIndex(
      (choice, action) => choice !== null && deed(second, action) === wanted,
    );
    if (first.acting !== second.acting || (first.acting && acts < 0)) this.same = false;
    else this.battles[1].step([actions[0], acts]);
  }
}

/**
 * The meaning of an action, independent of the order of team and moves.
 *
 * @param {import("../../../pokeenv/engine/showdown/worker/seat/seat.mjs").Seat} seat
 * @param {number} action
 */
function deed(seat, action) {
  const { team, request } = seat.view;
  const { kind, slot } = meaningOf(seat, action);
  if (kind === "pass") return kind;
  if (kind === "switch") return `to ${team[slot]?.details}`;
  const [, rest] = /move \d+ ?(.*)/.exec(String(seat.choices[action])) ?? ["", ""];
  const { moves } = request.active[seat.decided.length];
  return `${(moves.length > 1 ? moves[slot] : moves[0])?.id} ${rest}`;
}
