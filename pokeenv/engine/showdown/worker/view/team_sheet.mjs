// Open team sheets, which show the other team before the first turn.

import { UnknownError } from "../showdown/unknown.mjs";
import { showAbility, showItem, toId } from "./effects.mjs";
import { rememberMove } from "./state.mjs";

/** @typedef {import("./state.mjs").State} State */

/**
 * `|showteam|SIDE|TEAM`: an open team sheet, in the order of the team preview. The own team is known anyway.
 *
 * @param {State} state
 * @param {string[]} args
 */
export function showTeam(state, args) {
  const side = state.sides[args[1].charCodeAt(1) - 49];
  if (side.n === state.seat) return;
  const rest = [...side.team];
  for (const sheet of args.slice(2).join("|").split("]")) {
    // NAME|SPECIES|ITEM|ABILITY|MOVES|..., and after the last "|" HAPPINESS,BALL,HPTYPE,GMAX,DMAXLEVEL,TERA
    const fields = sheet.split("|");
    const { baseSpecies } = state.tables.species(toId(fields[1] || fields[0]));
    const at = rest.findIndex((one) => state.tables.species(one.baseForme).baseSpecies === baseSpecies);
    if (at < 0) throw new UnknownError(`an open team sheet names "${fields[0]}", which is not in the team`);
    const [pokemon] = rest.splice(at, 1);
    pokemon.changes += 1;
    if (fields[2]) showItem(state, pokemon, toId(fields[2]));
    else pokemon.noItem = true;
    if (fields[3]) showAbility(state, pokemon, fields[3]);
    for (const move of (fields[4] ?? "").split(",")) if (move) rememberMove(pokemon, toId(move));
    pokemon.teraType = fields[11]?.split(",")[5] ?? "";
  }
}
