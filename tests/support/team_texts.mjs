// Teams in every text that people keep them in, and how the simulator reads them: node team_texts.mjs
//
// Reads JSON lines. The first is worker_start() of pokeenv/engine/showdown/worker_config.py with `seed` and `rounds`; the answer
// is the list of cases: `kind`, `text`, `name` and `format` (of the heading) and `generation`. The second holds the
// texts of single teams that pokeenv has made of each case; the answer lists the differences from the teams that the
// simulator's own Teams.import makes of each team alone, in content and in the validator's words, and `valid` counts
// the valid teams.

import { createInterface } from "node:readline";
import { TeamRegistry } from "../../pokeenv/engine/showdown/worker/hosting/teams.mjs";
import { loadSimulator } from "../../pokeenv/engine/showdown/worker/showdown/simulator.mjs";
import { setUp } from "../../pokeenv/engine/showdown/worker/world.mjs";

// Characters at which Python splits or that it trims and the simulator does not, or the other way round; and marks of
// the file formats.
const NAMES = [
  ...[
    "A\u0085B",
    "\u0085",
    "A\u2028B",
    "A\u2029B",
    "A\x1cB",
    "\x1fA\x1e",
    "A\x0bB",
    "A\fB",
    "\u00a0A\u00a0",
    "\ufeffA",
  ],
  ...[
    "[x]",
    "a]b",
    "[{",
    "[[",
    "{}",
    '{"a"',
    "[gen9ou]",
    "gen9ou]",
    "- Surf",
    "~x",
    "-",
    "--",
    "@ x",
    "x @",
    "(x",
    "=",
  ],
  ...["Ability: Static", "Zoë", "ポケ", "😀", "Level: 5", "a,b", "'", "Nickname of length18"],
];
const PIPES = ["a | b", "|", "[gen9ou]x|y"]; // not in packed teams, which have no escape for it
const FORMATS = { 1: "gen1customgame", 4: "gen4ou", 9: "gen9ou" };
const TITLES = [
  ...[
    ["name", "name", ""],
    ["[gen9ou] name", "name", "gen9ou"],
    ["[gen7ou-box] folder/name", "folder/name", "gen7ou"],
  ],
  ...[
    ["[x] name", "[x] name", ""],
    ["", "", ""],
    ["[gen9ou]", "", "gen9ou"],
    ["ná\u0085me", "ná\u0085me", ""],
  ],
];
const PACKED_TITLES = [
  ...[
    ["gen9ou]name", "name", "gen9ou"],
    ["[gen9ou]name", "name", "gen9ou"],
    ["gen7ou-box]folder/name", "folder/name", "gen7ou"],
  ],
  ...[
    ["1234[gen9ou]folder/name", "folder/name", "gen9ou"],
    ["gen9ou][x]", "[x]", "gen9ou"],
    ["name", "name", ""],
  ],
];

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value);
const start = await read();
const simulator = loadSimulator(start.simulatorPath, start);
const { Teams, TeamValidator, Dex } = simulator;
let state = start.seed;
const random = (/** @type {number} */ below) => {
  state = (state * 48271) % 2147483647;
  return state % below;
};
const pick = (/** @type {any[]} */ list) => list[random(list.length)];

/** @param {number} generation @param {boolean} packed */
function drawTeam(generation, packed) {
  const generator = Teams.getGenerator(Dex.formats.get(`gen${generation}randombattle`), [
    1,
    2,
    3,
    random(65536),
  ]);
  const team = generator.getTeam().slice(0, 1 + random(6));
  for (const set of team) if (random(3)) set.name = pick(packed ? NAMES : [...NAMES, ...PIPES]);
  return team;
}

/** Forms of one team: its text as the simulator takes it. @type {Record<string, (team: any[]) => string>} */
const FORMS = {
  export: (team) => Teams.export(team),
  packed: (team) => Teams.pack(team),
  json: (team) => JSON.stringify(team, null, pick([undefined, 1])),
};

/** @type {Record<string, (text: string) => any[]>} texts of several teams, with headings */
const cases = [];
for (let round = 0; round < start.rounds; round++) {
  for (const generation of [1, 4, 9]) {
    for (const form of Object.keys(FORMS)) {
      const team = () => FORMS[form](drawTeam(generation, form === "packed"));
      const single = team();
      const add = (
        /** @type {string} */ kind,
        /** @type {string} */ text,
        /** @type {string[]} */ alone,
        headings,
      ) =>
        cases.push({
          kind: `${form}, ${kind}`,
          generation,
          text,
          alone,
          headings: headings ?? alone.map(() => ["", ""]),
        });
      add("alone", single, [single]);
      add("blank lines around", `\n \n${single}\n\t\n`, [single]);
      add("\\r\\n", single.replaceAll("\n", "\r\n"), [single]);
      add("\\r", single.replaceAll("\n", "\r"), [single]);
      const several = [team(), team(), team()];
      const titles = several.map(() => pick(TITLES));
      const backup = several.map((text, index) => `=== ${titles[index][0]} ===\n\n${text}\n\n`).join("\n");
      add(
        "backup",
        backup,
        several,
        titles.map(([, name, format]) => [name, format]),
      );
      if (form === "json") {
        add("array", `[${several.join(",\n")}]`, several);
        add("a line each", several.map((text) => JSON.stringify(JSON.parse(text))).join("\n"), several);
      }
      if (form === "packed") {
        add("a line each", several.join("\r\n"), several);
        const marked = several.map(() => pick(PACKED_TITLES));
        const list = several.map((text, index) => `${marked[index][0]}|${text}`).join("\n");
        add(
          "titled",
          list,
          several,
          marked.map(([, name, format]) => [name, format]),
        );
      }
    }
  }
}
console.log(JSON.stringify(cases));

const ours = await read();
const books = Object.entries(FORMATS).map(([generation, id]) => {
  const { format, views } = setUp({ ...start, format: id }, simulator);
  return [generation, { format, book: new TeamRegistry(simulator, format, views.tables) }];
});
const byGeneration = Object.fromEntries(books);
const differences = [];
let valid = 0;
for (const [index, { kind, generation, alone }] of cases.entries()) {
  const { format, book } = byGeneration[generation];
  for (const [number, text] of alone.entries()) {
    const expected = Teams.import(text);
    const found = Teams.import(ours[index][number] ?? "");
    if (JSON.stringify(found) !== JSON.stringify(expected))
      differences.push({ kind, text, ours: ours[index][number] });
    const verdict = book.validate(ours[index][number] ?? "");
    const problems = TeamValidator.get(format).validateTeam(expected) ?? [];
    valid += problems.length ? 0 : 1;
    if (JSON.stringify(verdict.problems) !== JSON.stringify(problems))
      differences.push({ kind, text, verdict, problems });
    if (!problems.length && verdict.packed !== Teams.pack(expected))
      differences.push({ kind, text, verdict });
  }
}
console.log(JSON.stringify({ differences, valid }));
process.exit(0);
