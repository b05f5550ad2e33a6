// Prints the simulator's battle formats as the table that pokeenv/formats.json holds, or one format with custom rules.
//
// Usage: node formats.mjs SIMULATOR_PATH [FORMAT@@@RULE,RULE] < vocabulary.json

import { readFileSync } from "node:fs";
import { whyNotImagined } from "./imagine/prior.mjs";
import { formatIdOf, loadSimulator } from "./showdown/simulator.mjs";
import { TEAM_SIZE } from "./view/view.mjs";
import { ACTIVES } from "./world.mjs";

/** @import { SimEffect, SimFormat } from "./showdown/types.mjs" */
/** @typedef {Map<string, unknown> & Record<string, any>} RuleTable of the simulator */

/** Mods that are games; the others are metagames with custom rules. */
const GAME = /^(gen[1-9]|champions)/;
/** Handlers that act before the first turn, or only announce that a second Pokémon cannot fall asleep. */
const HARMLESS = /^on(Validate|ChangeSet|ChooseTeam|TeamPreview|Begin$|BattleStart$|SetStatus$)/;
/** Rules without a handler, by which the simulator itself plays otherwise: this one turns Trick Room around. */
const READ_IN_BATTLE = new Set(["twisteddimensionmod"]);
/** Moves of a Pokémon that the observation has room for. */
const MOVES = 4;

const simulator = loadSimulator(process.argv[2], { accelerated: false });
const { Dex } = simulator;
/** @type {Record<string, string[]>} */
const vocabulary = JSON.parse(readFileSync(0, "utf8"));
const known = {
  species: new Set(vocabulary.species),
  moves: new Set(vocabulary.moves),
  items: new Set(vocabulary.items),
  abilities: new Set(vocabulary.abilities),
};
/** Results of `unknownData` by mod. @type {Map<string, string>} */
const unknownByMod = new Map();

/**
 * The reason if a format's mod has species, moves, items or abilities without a number in the vocabulary, else "".
 *
 * @param {SimFormat} format
 */
function unknownData(format) {
  const { mod } = format;
  let found = unknownByMod.get(mod);
  if (found === undefined) {
    const dex = Dex.mod(mod);
    const names = Object.entries(known).flatMap(([table, ids]) =>
      dex[/** @type {"species"} */ (table)]
        .all()
        .filter(
          (/** @type {SimEffect} */ entry) => entry.exists && !entry.isCosmeticForme && !ids.has(entry.id),
        )
        .map((/** @type {SimEffect} */ entry) => entry.name),
    );
    found = names.length
      ? `its mod "${mod}" has what the observation has no number for (such as ${names[0]})`
      : "";
    unknownByMod.set(mod, found);
  }
  return found;
}

/** @param {RuleTable} rules @returns {SimFormat[]} the rules that have their own code, formats as rules among them */
function rulesOf(rules) {
  return [...rules.keys()]
    .filter((id) => /^[a-z0-9]/.test(id))
    .map((id) => Dex.formats.get(id))
    .filter((rule) => rule.exists);
}

/**
 * The reason if a part of a format changes species, moves or damage without a protocol line, else "".
 *
 * @param {SimFormat} format
 * @param {RuleTable} rules
 */
function hiddenRuleChange(format, rules) {
  const changes = (/** @type {SimFormat} */ rule) =>
    READ_IN_BATTLE.has(rule.id) ||
    Object.keys(rule).some(
      (key) => /^on[A-Z]/.test(key) && typeof rule[key] === "function" && !HARMLESS.test(key),
    );
  const rule = rulesOf(rules).find(changes);
  const part = !GAME.test(format.mod)
    ? `mod "${format.mod}"`
    : rule
      ? `rule "${rule.name}"`
      : changes(format)
        ? "own rule"
        : null;
  return part ? `its ${part} changes battles in a way that the observation does not tell` : "";
}

/** The reason why a singles format is not supported, else "". @param {SimFormat} format @param {RuleTable} rules */
function unsupportedReason(format, rules) {
  if (!(format.gameType in ACTIVES)) return "";
  if (format.team && rules.maxTeamSize > TEAM_SIZE) {
    return `its teams have up to ${rules.maxTeamSize} Pokémon, and the observation has room for ${TEAM_SIZE}`;
  }
  if (format.team && rules.maxMoveCount > MOVES) {
    return `its Pokémon have up to ${rules.maxMoveCount} moves, and the observation has room for ${MOVES}`;
  }
  return unknownData(format) || hiddenRuleChange(format, rules);
}

/** The entry of a format in the table. @param {SimFormat} format */
function describe(format) {
  const rules = Dex.formats.getRuleTable(format);
  const unsupported = unsupportedReason(format, rules);
  const preview = [format, ...rulesOf(rules)].some((rule) => rule.onTeamPreview);
  return {
    id: formatIdOf(format),
    generation: Dex.forFormat(format).gen,
    game_type: format.gameType,
    team_source: format.team ? "generated" : "files",
    team_preview: preview,
    picked_team_size: rules.pickedTeamSize ?? 0,
    unsupported_reason: unsupported,
    unimagined_reason: unsupported || !(format.gameType in ACTIVES) ? "" : whyNotImagined(simulator, format),
  };
}

/** The entry of a format with custom rules, or the simulator's reason to refuse it. @param {string} id */
function describeCustom(id) {
  try {
    return describe(Dex.formats.get(Dex.formats.validate(id), true));
  } catch (error) {
    return { refusal: error.message };
  }
}

/** The table of all formats. */
function table() {
  const formats = Dex.formats
    .all()
    .filter((/** @type {SimFormat} */ format) => format.effectType === "Format");
  return `[\n${formats.map((/** @type {SimFormat} */ format) => JSON.stringify(describe(format))).join(",\n")}\n]`;
}

const [, , , custom] = process.argv;
console.log(custom === undefined ? table() : JSON.stringify(describeCustom(custom)));
