// Prints the simulator's battle formats as the table that pokeenv/formats.json holds.
//
// Usage: node formats.mjs SIMULATOR < vocabulary.json, with the path of the simulator's folder

import { readFileSync } from "node:fs";
import { loadSimulator } from "./simulator.mjs";
import { TEAM_SIZE } from "./view/view.mjs";

// Found by playing: its teams have MissingNo., which is the only one with the type Bird.
const REFUSED = /** @type {Record<string, string>} */ ({
  gen1hackmonscup: 'its teams have the type "Bird", for which the observation has no number',
});

const { Dex } = loadSimulator(process.argv[2], { accelerated: false });
/** @type {Record<string, string[]>} */
const vocabulary = JSON.parse(readFileSync(0, "utf8"));
const known = {
  species: new Set(vocabulary.species),
  moves: new Set(vocabulary.moves),
  items: new Set(vocabulary.items),
  abilities: new Set(vocabulary.abilities),
};
/** What a mod has that no observation can tell, by mod. @type {Map<string, string>} */
const strange = new Map();

/** @param {any} format */
function unknownData(format) {
  const { mod } = format;
  let found = strange.get(mod);
  if (found === undefined) {
    const dex = Dex.mod(mod);
    const names = Object.entries(known).flatMap(([table, ids]) =>
      dex[/** @type {"species"} */ (table)]
        .all()
        .filter((/** @type {any} */ entry) => entry.exists && !entry.isCosmeticForme && !ids.has(entry.id))
        .map((/** @type {any} */ entry) => entry.name),
    );
    found = names.length
      ? `its mod "${mod}" has what the observation has no number for (such as ${names[0]})`
      : "";
    strange.set(mod, found);
  }
  return found;
}

/** @param {any} format @param {any} rules */
function refusal(format, rules) {
  if (format.gameType !== "singles") return "";
  if (format.team && rules.maxTeamSize > TEAM_SIZE) {
    return `its teams have up to ${rules.maxTeamSize} Pokémon, and the observation has room for ${TEAM_SIZE}`;
  }
  return REFUSED[format.id] ?? unknownData(format);
}

/** @param {any} format */
function describe(format) {
  const rules = Dex.formats.getRuleTable(format);
  const preview = [format, ...[...rules.keys()].map((rule) => Dex.formats.get(rule))].some(
    (rule) => rule.onTeamPreview,
  );
  return {
    id: format.id,
    generation: Dex.forFormat(format).gen,
    game_type: format.gameType,
    team_source: format.team ? "generated" : "files",
    team_preview: preview,
    picked_team_size: rules.pickedTeamSize ?? 0,
    refusal: refusal(format, rules),
  };
}

const formats = Dex.formats.all().filter((/** @type {any} */ format) => format.effectType === "Format");
console.log(
  `[\n${formats.map((/** @type {any} */ format) => JSON.stringify(describe(format))).join(",\n")}\n]`,
);
