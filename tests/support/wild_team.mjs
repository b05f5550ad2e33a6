// A team that may hold any move, ability and item of a generation.

// Impossible in a battle: a forme without its item, and Struggle among the moves.
const FORMES = /^(Arceus|Silvally)/;

/** @param {any} generator the simulator's generator of a generation's random battles @returns {any[]} sets */
export function wildTeam(generator) {
  const sets = generator.randomHCTeam().filter((/** @type {any} */ set) => !FORMES.test(set.species));
  for (const set of sets) set.moves = set.moves.filter((/** @type {string} */ move) => move !== "struggle");
  return sets;
}
