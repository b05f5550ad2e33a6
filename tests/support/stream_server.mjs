// A battle room of a Showdown server: the stock simulator, and all messages that it sends to its two players.
//
// Usage: node stream_server.mjs SIMULATOR_PATH; one JSON command per line on standard input, one answer per line.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.argv[2], "package.json"));
const { Battle, extractChannelMessages } = require("pokemon-showdown/dist/sim/battle");

/** @type {any} */
let battle = null;
/** @type {string[][]} */
let messages = [[], []];

/**
 * @param {string} type
 * @param {string} data
 */
function send(type, data) {
  if (type === "sideupdate") {
    const [side, ...lines] = data.split("\n");
    messages[Number(side[1]) - 1].push(lines.join("\n"));
  } else if (type === "update") {
    const channels = extractChannelMessages(/** @type {any} */ (data).join("\n"), [1, 2]);
    messages.forEach((room, seat) => room.push(channels[seat + 1].join("\n")));
  }
}

for await (const text of createInterface({ input: process.stdin })) {
  const { start, players, seat, choice } = JSON.parse(text);
  messages = [[], []];
  if (start) battle = new Battle({ ...start, send, p1: players[0], p2: players[1] });
  else battle.choose(`p${seat + 1}`, choice);
  battle.sendUpdates();
  process.stdout.write(`${JSON.stringify(messages)}\n`);
}
