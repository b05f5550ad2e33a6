// Compares the worker's parser with @pkmn/protocol's: node lines.mjs SIMULATOR_PATH < LINES; prints a count.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deepStrictEqual } from "node:assert/strict";
import { parseLine } from "../../pokeenv/engine/showdown/worker/seat/lines.mjs";

const require = createRequire(join(process.argv[2], "package.json"));
const { Protocol } = require("@pkmn/protocol");
let compared = 0;
for (const line of readFileSync(0, "utf8").split("\n")) {
  const message = parseLine(Protocol, line);
  // @pkmn/protocol drops the move that Mimic copied up to generation 3.
  if (!message || message.args[2] === "move: Mimic") continue;
  deepStrictEqual({ ...message, kwArgs: { ...message.kwArgs } }, Protocol.parseBattleLine(line));
  compared += 1;
}
console.log(compared);
