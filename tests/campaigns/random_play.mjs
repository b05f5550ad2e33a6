// Random play of hosted battles from one seed, for campaigns that look at imagined battles.

import { HostedBattle, RUNNING } from "../../pokeenv/engine/showdown/worker/hosting/hosted_battle.mjs";

const MAX_STEPS = 400; // random play with many switches may never end
const SHARE = 4; // every fourth decision is imagined

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
   * Play battles and stop at a quarter of the decisions.
   *
   * @param {import("../../pokeenv/engine/showdown/worker/hosting/hosted_battle.mjs").BattleContext} context
   * @param {number} battles
   * @param {(hosted: HostedBattle, seat: number) => boolean} wanted false for decisions that are left out
   * @param {(hosted: HostedBattle, seat: number) => void} visit
   */
  visit(context, battles, wanted, visit) {
    for (let battle = 0; battle < battles; battle++) {
      const hosted = new HostedBattle(context);
      hosted.reset({ battle: this.seed(), teams: [this.seed(), this.seed()] }, null);
      for (let step = 0; hosted.status === RUNNING && step < MAX_STEPS; step++) {
        for (const seat of [0, 1]) {
          if (hosted.seats[seat].acting && this.number(SHARE) === 0 && wanted(hosted, seat))
            visit(hosted, seat);
        }
        hosted.step(this.actions(hosted));
      }
    }
  }
}
