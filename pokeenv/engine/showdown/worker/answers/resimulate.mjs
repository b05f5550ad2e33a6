// Plays a battle again from its input log.

/** @import { SimBattle } from "../showdown/types.mjs" */

/**
 * @typedef {object} Replayed
 * @property {string[]} log
 * @property {string} winner name of the winner; "" for a tie or a battle that has not ended
 * @property {boolean} ended
 * @property {number} turns number of the last turn
 */

/**
 * Play a battle again.
 *
 * @param {import("../showdown/simulator.mjs").Simulator} simulator
 * @param {string[]} inputLog start, players and choices, as given (see HostedBattle) or as the simulator wrote them
 * @returns {Replayed | {problem: string}} `problem` names the line that cannot be played
 */
export function resimulate(simulator, inputLog) {
  /** @type {SimBattle} */
  let battle = null;
  for (const [index, line] of inputLog.entries()) {
    const [, command, content] = /^>(\S+) ?(.*)$/s.exec(line) ?? ["", "", ""];
    try {
      if (command === "start") battle = new simulator.Battle(JSON.parse(content));
      else play(battle, command, content);
    } catch (error) {
      return { problem: `line ${index + 1} of the input log, "${shortened(line)}": ${error.message}` };
    }
  }
  if (!battle) return { problem: "the input log has no >start line" };
  return { log: battle.log, winner: battle.winner ?? "", ended: battle.ended, turns: battle.turn };
}

/**
 * Carry out one line of an input log.
 *
 * @param {SimBattle} battle
 * @param {string} command
 * @param {string} content
 */
function play(battle, command, content) {
  if (command === "version" || command === "version-origin") return;
  if (!battle) throw new Error("it comes before >start");
  if (command === "player") {
    const [slot] = content.split(" ", 1);
    battle.setPlayer(slot, JSON.parse(content.slice(slot.length + 1)));
  } else if (command === "p1" || command === "p2") {
    if (battle.choose(command, content)) return;
    const { activeRequest, choice } = battle[command];
    if (!activeRequest?.update) throw new Error(choice.error);
    activeRequest.update = false; // refused as before, since it revealed a trap or a disabled move: another choice follows
  } else {
    throw new Error("this command is not played again");
  }
}

/** @param {string} line */
function shortened(line) {
  return line.length > 100 ? `${line.slice(0, 100)}...` : line;
}
