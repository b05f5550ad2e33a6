// Plays battles with random choices and prints their digests, to compare simulators.
//
// Usage: node fidelity.mjs SIMULATOR_PATH ACCELERATIONS   (names with commas, "all" or "none")
// Reads lines {"format": id, "teams": source, "first": n, "battles": n} from stdin; prints for each a line
// {"digests": [...], "decisions": n}: one digest per battle of its log, requests, choices, teams and
// generator's state. `teams` is a format whose generator makes the teams, or "wild GENERATION".

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { accelerate } from "../../pokeenv/engine/showdown/worker/accelerate/index.mjs";
import { wildTeam } from "../support/wild_team.mjs";

const [simulatorPath, accelerations] = process.argv.slice(2);
const require = createRequire(join(simulatorPath, "package.json"));
if (accelerations !== "none") accelerate(require, accelerations === "all" ? true : accelerations.split(","));
const { Dex } = require("pokemon-showdown/dist/sim/dex");
const { Battle } = require("pokemon-showdown/dist/sim/battle");
const { Teams } = require("pokemon-showdown/dist/sim/teams");

// Random play with many switches may never end.
const MAX_DECISIONS = 3000;
const MAX_REFUSALS = 8;
const FOE_TARGETS = ["normal", "any", "adjacentFoe"];

/** A separate random generator (mulberry32): play must not depend on the code under test. @param {number} seed */
function makeRandom(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** @typedef {ReturnType<typeof makeRandom>} Random */

/**
 * @template T
 * @param {Random} random
 * @param {T[]} items
 */
const pick = (random, items) => items[random(items.length)];

/** @param {{condition: string}} entry of request.side.pokemon */
const isFainted = (entry) => entry.condition.endsWith(" fnt");

/**
 * A random legal choice, in Showdown's notation.
 *
 * @param {any} request
 * @param {Random} random
 */
function chooseAtRandom(request, random) {
  const team = request.side.pokemon;
  if (request.teamPreview) {
    const rest = team.map((/** @type {any} */ _, /** @type {number} */ index) => index + 1);
    return `team ${rest.map(() => rest.splice(random(rest.length), 1)[0] ?? 1).join(",")}`;
  }
  /** Positions and mechanics that this turn's choice already uses. @type {Set<number | string>} */
  const used = new Set();
  const slots = request.forceSwitch ?? request.active;
  return slots
    .map((/** @type {any} */ slot, /** @type {number} */ index) => {
      const bench = benchOf(request, index, slots.length, used);
      const mustSwitch = request.forceSwitch;
      if (mustSwitch ? !slot || !bench.length : isFainted(team[index]) || team[index].commanding)
        return "pass";
      const options = mustSwitch ? [] : moveChoices(slot, index, slots.length, used, random);
      const switches = mustSwitch || !slot.trapped ? bench : [];
      if (switches.length && (!options.length || random(4) === 0)) {
        const position = pick(random, switches);
        used.add(position);
        return `switch ${position}`;
      }
      const choice = pick(random, options);
      for (const word of ["mega", "megax", "megay", "ultra", "zmove", "dynamax", "terastallize"]) {
        if (choice.endsWith(` ${word}`)) used.add(word);
      }
      return choice;
    })
    .join(", ");
}

/**
 * @param {any} request
 * @param {number} index
 * @param {number} actives
 * @param {Set<number | string>} used
 * @returns {number[]} positions that slot `index` may switch to
 */
function benchOf(request, index, actives, used) {
  const team = request.side.pokemon;
  const reviving = !!team[index].reviving;
  return team
    .map((/** @type {any} */ _, /** @type {number} */ place) => place + 1)
    .filter(
      (/** @type {number} */ position) =>
        (position > actives || reviving) && !used.has(position) && isFainted(team[position - 1]) === reviving,
    );
}

/**
 * @param {any} active of request.active
 * @param {number} index
 * @param {number} actives
 * @param {Set<number | string>} used
 * @param {Random} random
 * @returns {string[]}
 */
function moveChoices(active, index, actives, used, random) {
  /** @type {string[]} */
  const choices = [];
  const add = (/** @type {any} */ move, /** @type {number} */ place, /** @type {string} */ word) => {
    if (!move || move.disabled || used.has(word)) return;
    let target = "";
    if (actives > 1) {
      if (FOE_TARGETS.includes(move.target)) target = ` ${1 + random(2)}`;
      if (move.target === "adjacentAlly") target = ` -${(index ^ 1) + 1}`;
      if (move.target === "adjacentAllyOrSelf") target = ` -${index + 1}`;
    }
    choices.push(`move ${place + 1}${target}${word && ` ${word}`}`);
  };
  const dynamaxed = active.maxMoves && !active.canDynamax;
  const plain = dynamaxed ? active.maxMoves.maxMoves : active.moves;
  plain.forEach((/** @type {any} */ move, /** @type {number} */ place) => add(move, place, ""));
  /** @type {[any, string, any[]][]} */
  const mechanics = [
    [active.canMegaEvo, "mega", active.moves],
    [active.canMegaEvoX, "megax", active.moves],
    [active.canMegaEvoY, "megay", active.moves],
    [active.canUltraBurst, "ultra", active.moves],
    [active.canTerastallize, "terastallize", active.moves],
    [active.canZMove, "zmove", active.canZMove],
    [active.canDynamax, "dynamax", active.maxMoves?.maxMoves],
  ];
  for (const [allowed, word, moves] of mechanics) {
    if (allowed)
      moves.forEach((/** @type {any} */ move, /** @type {number} */ place) => add(move, place, word));
  }
  return choices;
}

/**
 * @param {string} source
 * @param {string} seed
 */
function makeTeam(source, seed) {
  const [kind, generation] = source.split(" ");
  if (kind !== "wild") return Teams.generate(source, { seed });
  return wildTeam(Teams.getGenerator(Dex.formats.get(`gen${generation}randombattle`), seed));
}

/**
 * @param {any} format
 * @param {string} source of teams
 * @param {number} number of the battle, the seed of all its random draws
 */
function playBattle(format, source, number) {
  const random = makeRandom(number);
  const seed = () => Array.from({ length: 4 }, () => random(0x10000)).join(",");
  const player = (/** @type {string} */ name) => ({ name, team: makeTeam(source, seed()) });
  const players = { p1: player("Player 1"), p2: player("Player 2") };
  const battle = new Battle({ format, formatid: format.id, seed: seed(), ...players });
  const digest = createHash("sha256");
  let decisions = 0;
  while (!battle.ended && decisions < MAX_DECISIONS) {
    digest.update(JSON.stringify(battle.sides.map((/** @type {any} */ side) => side.activeRequest)));
    for (const side of battle.sides) {
      for (let refusals = 0; !battle.ended && side.requestState && !side.isChoiceDone(); refusals++) {
        decisions += 1;
        if (refusals === MAX_REFUSALS) side.autoChoose();
        else side.choose(chooseAtRandom(side.activeRequest, random));
      }
    }
    battle.commitChoices();
  }
  const lines = battle.log.filter((/** @type {string} */ line) => !line.startsWith("|t:|"));
  const teams = battle.sides.map((/** @type {any} */ side) => side.team);
  digest.update(JSON.stringify([lines, battle.inputLog, teams, battle.prng.getSeed()]));
  return { digest: digest.digest("hex"), decisions };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { format: id, teams, first, battles } = JSON.parse(line);
  const format = Dex.formats.get(id);
  const digests = [];
  let decisions = 0;
  for (let number = first; number < first + battles; number++) {
    const played = playBattle(format, teams, number);
    digests.push(played.digest);
    decisions += played.decisions;
  }
  console.log(JSON.stringify({ digests, decisions }));
}
