// Generates teams with any moves, abilities and items of a generation.
//
// Usage: node wild_teams.mjs SIMULATOR_PATH COUNT SEED; prints COUNT packed teams of each generation, one per line.

import { createRequire } from "node:module";
import { join } from "node:path";
import { wildTeam } from "./wild_team.mjs";

const [, , simulatorPath, count, seed] = process.argv;
const require = createRequire(join(simulatorPath, "package.json"));
const { Teams } = require("pokemon-showdown/dist/sim/teams");
const { Dex } = require("pokemon-showdown/dist/sim/dex");
for (let generation = 1; generation <= 9; generation++) {
  const format = Dex.formats.get(`gen${generation}randombattle`);
  for (let team = 0; team < Number(count); team++) {
    const generator = Teams.getGenerator(format, [generation, Number(seed), team, 1]);
    console.log(Teams.pack(wildTeam(generator)));
  }
}
