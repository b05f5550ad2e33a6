// "Nothing" in the forms in which servers send it: no ability, item, move or type.

/** @import { SeatRequest } from "../showdown/types.mjs" */

const NAMES = /^(none|no ?ability|no ?item|no ?move|no ?type|null|-)?$/i;

/** True if a value of a server's message means nothing. @param {string | null | undefined} value */
export function isNothing(value) {
  return value === null || value === undefined || NAMES.test(value);
}

/** The id of an ability, "noability" for none; "" is an unknown one. @param {string} id */
export function abilityId(id) {
  return id !== "" && isNothing(id) ? "noability" : id;
}

/** The name of a type, "???" for none. @param {string} name */
export function typeName(name) {
  return isNothing(name) ? "???" : name;
}

/**
 * Replace every form of nothing in a server's request by the one that the simulator sends.
 *
 * @param {SeatRequest} request
 */
export function readNothing(request) {
  for (const entry of request.side.pokemon) {
    if (isNothing(entry.baseAbility)) entry.baseAbility = "noability";
    if (entry.ability !== undefined && isNothing(entry.ability)) entry.ability = "noability";
    if (isNothing(entry.item)) entry.item = "";
    if (isNothing(entry.teraType)) delete entry.teraType;
    dropLast(entry.moves ?? [], (id) => isNothing(id));
  }
  for (const active of request.active ?? []) dropLast(active.moves ?? [], ({ id }) => isNothing(id));
}

/**
 * Remove the last items that stand for nothing. Earlier ones stay, since choices number the moves.
 *
 * @template T
 * @param {T[]} items
 * @param {(item: T) => boolean} isEmpty
 */
function dropLast(items, isEmpty) {
  while (items.length && isEmpty(items[items.length - 1])) items.pop();
}
