// Changes what a seat cannot know in a battle, for tests that imagined battles do not depend on it.

/** @import { SimBattle, SimPokemon } from "../showdown/types.mjs" */

/**
 * Change the opponent's unseen Pokémon, unseen moves and unknown items, its exact HP and stats, and the random generator.
 * The seat's own view, requests and lines stay as they are. The battle need not make sense afterwards.
 *
 * @param {SimBattle} battle
 * @param {number} seat that does not know
 * @param {import("../view/view.mjs").SeatView} view of the seat
 * @returns {number} Pokémon changed
 */
export function changeHidden(battle, seat, view) {
  const opposing = battle.sides[1 - seat];
  const others = battle.sides[seat].pokemon;
  opposing.pokemon.forEach((/** @type {SimPokemon} */ pokemon, /** @type {number} */ index) => {
    const seen = view.foe.team.find(({ originalIdent }) => originalIdent === pokemon.fullname);
    const model = others[index % others.length];
    if (!seen) {
      pokemon.species = pokemon.baseSpecies = model.baseSpecies;
      pokemon.set = { ...model.set };
      pokemon.name = "Somebody";
      pokemon.fullname = `${opposing.id}: Somebody`;
    }
    const known = (seen?.moveSlots ?? []).map(({ id }) => id);
    for (const slots of [pokemon.baseMoveSlots, pokemon.moveSlots]) {
      for (const slot of slots)
        if (!known.includes(slot.id)) Object.assign(slot, { id: "splash", move: "Splash", pp: 1 });
    }
    if (!seen?.item && !seen?.noItem) pokemon.item = "metronome";
    if (pokemon.hp > 1 && seen?.hp !== seen?.maxhp) pokemon.hp -= 1;
    for (const stat in pokemon.storedStats) pokemon.storedStats[stat] += 7;
    if (pokemon.statusState.time) pokemon.statusState.time += 1;
    if (pokemon.volatiles.confusion) pokemon.volatiles.confusion.time += 1;
  });
  for (const pokemon of others) {
    if (pokemon.statusState.time) pokemon.statusState.time += 1;
    if (pokemon.volatiles.confusion) pokemon.volatiles.confusion.time += 1;
    if (pokemon.volatiles.substitute) pokemon.volatiles.substitute.hp = 1;
  }
  for (const side of battle.sides) {
    for (const id in side.sideConditions)
      if (side.sideConditions[id].duration) side.sideConditions[id].duration += 1;
  }
  battle.effectOrder += 100;
  battle.prng.setSeed("9,9,9,9");
  return opposing.pokemon.length;
}
