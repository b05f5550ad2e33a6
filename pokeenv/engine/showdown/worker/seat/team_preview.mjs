// Team Preview: forbids picks that a rule about whole selections would refuse.

/**
 * The judge of whole selections, from a rule such as "Max Total Level"; null if the format has no such rule.
 *
 * @param {import("../showdown/types.mjs").SimBattle} battle
 * @param {number} index of the seat
 * @returns {((selection: number[]) => boolean) | null} returns true if these team slots may be selected
 */
export function pickJudge(battle, index) {
  const rule = battle.ruleTable.onChooseTeam?.[0];
  if (!rule) return null;
  return (selection) =>
    typeof rule.call(battle, [...selection], battle.sides[index].pokemon, false) !== "string";
}

/**
 * Remove the picks after which every selection would be refused, since a policy picks members one by one.
 *
 * @param {(selection: number[]) => boolean} judge
 * @param {number} size number of members of a selection
 * @param {number[]} picked team slots picked so far
 * @param {(string | null)[]} choices of the seat; those that allow no selection become null
 * @param {number} first action of team slot 0
 */
export function forbidPicks(judge, size, picked, choices, first) {
  const free = choices.flatMap((choice, action) => (choice === null ? [] : [action - first]));
  /** @param {number[]} selection @returns {boolean} */
  const canEnd = (selection) =>
    selection.length === size
      ? judge(selection)
      : free.some((slot) => !selection.includes(slot) && canEnd([...selection, slot]));
  for (const slot of free) {
    if (!canEnd([...picked, slot])) choices[first + slot] = null;
  }
}
