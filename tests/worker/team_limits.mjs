// Prints how many members of teams exceed the limits of a generated team: of the generator's teams, and of teams of which
// three members have been seen and the others are drawn.
//
// Usage: node team_limits.mjs < START, where START is JSON: worker_start() of pokeenv/engine/showdown/worker_config.py with
// `formats`. Prints {"format", "generated", "drawn"} for each format: shares of members that the limits exclude.

import { readFileSync } from "node:fs";
import { Prior } from "../../pokeenv/engine/showdown/worker/imagine/prior.mjs";
import { loadSimulator } from "../../pokeenv/engine/showdown/worker/showdown/simulator.mjs";

const TEAMS = 60;
const SEEN = 3;

const start = JSON.parse(readFileSync(0, "utf8"));
const simulator = loadSimulator(start.simulatorPath, start);

for (const format of start.formats) {
  const prior = new Prior(simulator, simulator.Dex.formats.get(format));
  /** Share of the last members that the limits exclude. @param {string[][]} teams */
  const excluded = (teams) => {
    const late = teams.flatMap((team) =>
      team.slice(SEEN).map((base) =>
        prior.mayJoin(
          base,
          team.filter((other) => other !== base),
        ),
      ),
    );
    return late.filter((may) => !may).length / late.length;
  };
  const teams = Array.from({ length: TEAMS }, (_, number) =>
    prior.team(number).map(({ species }) => prior.baseOf(species)),
  );
  const random = new simulator.PRNG("1,2,3,4");
  const drawn = teams.map((team) => {
    const seen = team.slice(0, SEEN);
    return [...seen, ...prior.unseen(SEEN, seen, random).map(({ species }) => prior.baseOf(species))];
  });
  console.log(JSON.stringify({ format, generated: excluded(teams), drawn: excluded(drawn) }));
}
