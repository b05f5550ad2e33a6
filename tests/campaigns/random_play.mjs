// Random play of hosted battles from one seed, for campaigns that look at imagined battles.

import { validTeams } from "./valid_teams.mjs";
import { HostedBattle, RUNNING } from "../../pokeenv/engine/showdown/worker/hosting/hosted_battle.mjs";

const MAX_STEPS = 400; // random play with many switches may never end
const SHARE = 4; // every fourth decision is imagined
const TEAMS = 12; // of a format whose players bring their teams

/** Random battles and actions. */
export class RandomPlay {
  /** @param {number} seed */
  constructor(seed) {
    this.state = seed;
  }

  /** A number from 0 to `below` - 1. @param {number} below */
  number(below) {
    this.state = (this.state * 48271) % 2147483647;
    return this.state % below;
  }

  /** A seed of the simulator. */
  seed() {
    return Array.from({ length: 4 }, () => this.number(65536)).join(",");
  }

  /** Legal actions of both seats; -1 for one that does not act. @param {HostedBattle} hosted @returns {number[]} */
  actions(hosted) {
    return hosted.seats.map(({ acting, choices }) => {
      const legal = choices.flatMap((choice, action) => (choice === null ? [] : [action]));
      return acting ? legal[this.number(legal.length)] : -1;
    });
  }

  /**
   * Play battles and stop at a quarter of the decisions, without those of a Team Preview.
   *
   * @param {import("../../pokeenv/engine/showdown/worker/hosting/hosted_battle.mjs").BattleContext} context
   * @param {number} battles
   * @param {(hosted: HostedBattle, seat: number) => boolean} wanted false for decisions that are left out
   * @param {(hosted: HostedBattle, seat: number) => void} visit
   */
  visit(context, battles, wanted, visit) {
    const { simulator, format } = context;
    const teams = format.team ? null : validTeams(simulator, format, TEAMS, () => this.seed());
    for (let battle = 0; battle < battles; battle++) {
      const hosted = new HostedBattle(context);
      const brought = teams && [0, 1].map(() => teams[this.number(teams.length)]);
      hosted.reset({ battle: this.seed(), teams: [this.seed(), this.seed()] }, brought);
      for (let step = 0; hosted.status === RUNNING && step < MAX_STEPS; step++) {
        for (const seat of [0, 1]) {
          const { acting, view } = hosted.seats[seat];
          if (!acting || view.request.teamPreview) continue;
          if (this.number(SHARE) === 0 && wanted(hosted, seat)) visit(hosted, seat);
        }
        hosted.step(this.actions(hosted));
      }
    }
  }
}
