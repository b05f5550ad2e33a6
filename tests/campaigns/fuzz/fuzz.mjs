// Plays random battles of one format and checks every decision.
//
// Usage: node fuzz.mjs < JSON {simulatorPath, format, teams, decisions, seed, layout, vocabulary, low, high, kinds};
// `teams` is the format whose generator makes the teams, or "wild GENERATION" for teams with any move and ability;
// prints JSON {decisions, battles, probes, refusals, twins, compared, replays, failures}.
//
// 1. Masks: an action is legal if and only if the simulator accepts it (see probes.mjs).
// 2. Leaks: against an opponent that differs only in hidden facts, p1's observations are the same as long as p1
//    receives the same messages (see leaks.mjs).
// 3. Parity: a seat that receives a server's lines and requests has the same observation, byte for byte.
// 4. Ranges: every number is in its range; flags are 0 or 1, ids are integers.
// 5. Replays: a share of the battles, and as many battles of teams with any moves, come out the same when their input
//    is played again.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { HostedBattle, RUNNING } from "../../../pokeenv/engine/showdown/worker/hosting/hosted_battle.mjs";
import { DexTables, Vocabulary } from "../../../pokeenv/engine/showdown/worker/showdown/dex_tables.mjs";
import { Encoder } from "../../../pokeenv/engine/showdown/worker/encode/encoder.mjs";
import { Seat } from "../../../pokeenv/engine/showdown/worker/seat/seat.mjs";
import { resimulate } from "../../../pokeenv/engine/showdown/worker/answers/resimulate.mjs";
import { loadSimulator } from "../../../pokeenv/engine/showdown/worker/showdown/simulator.mjs";
import { ViewFactory } from "../../../pokeenv/engine/showdown/worker/view/view.mjs";
import { actionsOf } from "./actions.mjs";
import { CHANGES, Twin } from "./leaks.mjs";
import { probeMask, probePairs } from "./probes.mjs";
import { wildTeam } from "../../support/wild_team.mjs";

const MOST_FAILURES = 20;
const REPLAY_EVERY = 4; // battles
const WILD_TURNS = 100;

const task = JSON.parse(readFileSync(0, "utf8"));
const simulator = loadSimulator(task.simulatorPath, { accelerated: true });
const load = createRequire(join(task.simulatorPath, "package.json"));
const { extractChannelMessages } = load("pokemon-showdown/dist/sim/battle");
const { PRNG } = load("pokemon-showdown/dist/sim/prng");

const format = simulator.Dex.formats.get(task.format, true); // custom rules with a fault are an error
const tables = new DexTables(simulator.Dex.forFormat(format), new Vocabulary(task.vocabulary));
const encoder = new Encoder(task.layout, tables);
const context = { simulator, format, turnLimit: 1000, views: new ViewFactory(tables, task.layout.actives) };
const prng = new PRNG(task.seed);
const count = { decisions: 0, battles: 0, probes: 0, refusals: 0, twins: 0, compared: 0, replays: 0 };
/** @type {string[]} */
const failures = [];

/** @param {number} seat */
const channelOf = (seat) => (/** @type {string} */ log) =>
  log ? /** @type {string[]} */ (extractChannelMessages(log, [seat + 1])[seat + 1]) : [];
const newSeed = () => Array.from({ length: 4 }, () => prng.random(0x10000)).join(",");
const [teamFormat, wild] = task.teams.startsWith("wild ")
  ? [`gen${task.teams.slice(5)}randombattle`, true]
  : [task.teams, false];

function newTeam() {
  const generator = simulator.Teams.getGenerator(simulator.Dex.formats.get(teamFormat), newSeed());
  const team = wild ? wildTeam(generator) : generator.getTeam();
  if (task.teams === task.format) return team;
  return simulator.Teams.unpack(simulator.Teams.pack(team)); // as players bring them; some formats show their names
}

/** @param {import("../../../pokeenv/engine/showdown/worker/seat/seat.mjs").Seat} seat */
function observe(seat) {
  const row = new Float32Array(task.layout.size);
  encoder.encode(seat.view, seat.choices, row, seat.decided);
  return row;
}

/** A seat that receives its messages as over a network: lines of its channel, requests as text. */
class Remote {
  /** @param {number} index */
  constructor(index) {
    this.index = index;
    this.seat = new Seat(context, index);
    this.position = 0;
    this.request = "";
  }

  /** @param {import("../../../pokeenv/engine/showdown/worker/showdown/types.mjs").SimBattle} battle */
  receive(battle) {
    const text = battle.log.slice(this.position).join("\n");
    this.position = battle.log.length;
    for (const line of channelOf(this.index)(text)) this.seat.receiveLine(line);
    const request = JSON.stringify(battle.sides[this.index].activeRequest);
    if (text || request !== this.request) this.seat.receiveRequest(JSON.parse(request));
    this.request = request;
    this.seat.decide();
  }
}

/**
 * @param {Float32Array} first
 * @param {Float32Array} second
 * @returns {number} index of the first difference; -1 if equal
 */
function difference(first, second) {
  return first.findIndex((value, place) => !Object.is(value, second[place]));
}

/** @param {Float32Array} row */
function outOfRange(row) {
  return row.findIndex((value, place) => {
    const kind = task.kinds[place];
    if (!(value >= task.low[place] && value <= task.high[place])) return true;
    return (kind === "flag" && value !== 0 && value !== 1) || (kind === "id" && !Number.isInteger(value));
  });
}

/** @param {string} failure */
function fail(failure) {
  failures.push(`${task.format}, battle ${count.battles}: ${failure}`);
}

/**
 * @param {HostedBattle} battle
 * @param {Remote[]} remotes
 * @param {Twin | null} twin
 */
function check(battle, remotes, twin) {
  const same = twin?.compare();
  battle.seats.forEach((seat, index) => {
    remotes[index].receive(battle.battle);
    if (!seat.acting) return;
    count.decisions += 1;
    const row = observe(seat);
    const where = `p${index + 1}, turn ${battle.battle.turn}`;
    const bad = outOfRange(row);
    if (bad >= 0) fail(`${task.names[bad]} is ${row[bad]}, out of its range, ${where}`);
    const apart = difference(row, observe(remotes[index].seat));
    if (apart >= 0) fail(`${task.names[apart]} differs over a network, ${where}`);
    const probed = probeMask(battle.battle, seat, index);
    count.probes += seat.choices.length;
    count.refusals += probed.refusals;
    probed.failures.forEach(fail);
    probePairs(battle.battle, seat, index).forEach(fail);
    if (index === 0 && twin && same) {
      count.compared += 1;
      const leak = difference(row, observe(twin.battles[1].seats[0]));
      if (leak >= 0) fail(`${task.names[leak]} leaks (${twin.change}), ${where}`);
      const masks = twin.battles.map(({ seats }) => seats[0].choices.map((choice) => choice !== null).join());
      if (masks[0] !== masks[1]) fail(`the mask leaks (${twin.change}), ${where}`);
    }
  });
}

/**
 * A random legal action.
 *
 * @param {Seat} seat
 * @param {boolean} cautious avoid switches and the last move if possible, to reveal little
 */
function draw(seat, cautious) {
  const legal = seat.choices.flatMap((choice, action) => (choice === null ? [] : [action]));
  const { numSwitches, targets } = actionsOf(seat);
  const showsLittle = legal.filter(
    (action) => action >= numSwitches && Math.floor((action - numSwitches) / targets) % 4 !== 3,
  );
  const drawn = cautious && showsLittle.length ? showsLittle : legal;
  return drawn[prng.random(drawn.length)];
}

function playBattle() {
  const seeds = { battle: newSeed(), teams: ["", ""] };
  const teams = [newTeam(), newTeam()];
  const battle = new HostedBattle(context);
  battle.reset(seeds, structuredClone(teams));
  const change = Object.keys(CHANGES)[count.battles % Object.keys(CHANGES).length];
  const other = new HostedBattle(context);
  const changed = CHANGES[change](teams[1], newTeam(), task.layout.actives);
  other.reset(seeds, structuredClone([teams[0], changed]));
  const twin = new Twin(battle, other, channelOf(0), change);
  const remotes = [new Remote(0), new Remote(1)];
  count.twins += 1;
  for (;;) {
    check(battle, remotes, twin.same ? twin : null);
    if (battle.status !== RUNNING) break;
    const cautious = count.battles % 2 === 0;
    const actions = battle.seats.map((seat, index) =>
      seat.acting ? draw(seat, cautious && index === 1) : -1,
    );
    remotes.forEach(({ seat }, index) => {
      if (battle.seats[index].acting) seat.act(actions[index]);
    });
    if (twin.same) twin.step(actions);
    battle.step(actions);
  }
  if (count.battles % REPLAY_EVERY === 0) {
    replay(battle, "battle");
    replayWildBattle();
  }
  count.battles += 1;
}

/** @param {HostedBattle} battle @param {string} name */
function replay(battle, name) {
  count.replays += 1;
  const again = resimulate(simulator, battle.inputLog);
  if ("problem" in again) return fail(`the ${name} cannot be played again: ${again.problem}`);
  const timeless = (/** @type {string[]} */ log) => log.filter((line) => !line.startsWith("|t:|")).join("\n");
  if (timeless(again.log) !== timeless(battle.battle.log))
    fail(`the ${name} comes out differently when played again`);
}

/** Play a battle of teams with any moves, abilities and items, and play it again. */
function replayWildBattle() {
  const { gen } = simulator.Dex.forFormat(format);
  const wild = simulator.Dex.formats.get(`gen${gen}${context.views.actives > 1 ? "doubles" : ""}customgame`);
  const generator = simulator.Teams.getGenerator(
    simulator.Dex.formats.get(`gen${gen}randombattle`),
    newSeed(),
  );
  const battle = new HostedBattle({ ...context, format: wild, turnLimit: WILD_TURNS });
  const team = () => simulator.Teams.pack(wildTeam(generator));
  battle.reset({ battle: newSeed(), teams: ["", ""] }, [team(), team()]);
  while (battle.status === RUNNING) {
    battle.step(battle.seats.map((seat) => (seat.acting ? draw(seat, false) : -1)));
  }
  replay(battle, "wild battle");
}

while (count.decisions < task.decisions && failures.length < MOST_FAILURES) playBattle();
console.log(JSON.stringify({ format: task.format, ...count, failures }));
