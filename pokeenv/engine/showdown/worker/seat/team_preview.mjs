// Team Preview: which team members can be picked next, where a rule judges the picks together.

/**
 * The rule that refuses whole selections, such as "Max Total Level"; null where the format has none.
 *
 * @param {any} battle
 * @param {number} index of the seat
 * @returns {((selection: number[]) => boolean) | null} whether these team slots may be brought
 */
export function pickJudge(battle, index) {
  const rule = battle.ruleTable.onChooseTeam?.[0];
  if (!rule) return null;
  return (selection) =>
    typeof rule.call(battle, [...selection], battle.sides[index].pokemon, false) !== "string";
}

/**
 * Take away the picks after which no selection would be allowed: a policy picks one member after the other.
 *
 * @param {(selection: number[]) => boolean} judge
 * @param {number} size members of a selection
 * @param {number[]} picked team slots picked so far
 * @param {(string | null)[]} choices of `fillChoices`, by team slot
 */
export function forbidPicks(judge, size, picked, choices) {
  const free = choices.flatMap((choice, slot) => (choice === null ? [] : [slot]));
  /** @param {number[]} selection @returns {boolean} */
  const canEnd = (selection) =>
    selection.length === size
      ? judge(selection)
      : free.some((slot) => !selection.includes(slot) && canEnd([...selection, slot]));
  for (const slot of free) {
    if (!canEnd([...picked, slot])) choices[slot] = null;
  }
}
