// The client's battle (@pkmn/client), which the narration needs. Observations use view/ instead.

/** @typedef {any} ClientBattle a `Battle` of @pkmn/client */

/** Table and kind of an effect by its prefix. */
const EFFECT_TABLES = /** @type {Record<string, [string, string]>} */ ({
  move: ["moves", "Move"],
  ability: ["abilities", "Ability"],
  item: ["items", "Item"],
});

/**
 * Make the factory of client battles. They look up effects such as "move: Wrap" in the simulator's own dex, which,
 * unlike the dex that the client was written for, does not parse the prefix.
 *
 * @param {import("../showdown/simulator.mjs").Simulator} simulator
 * @returns {() => ClientBattle} makes the client's battle of a new battle
 */
export function clientBattleFactory({ client, generations }) {
  /** @type {Map<string, {name: string, id: string, kind: string}>} */
  const effects = new Map();
  const StockBattle = /** @type {new (...args: any[]) => ClientBattle} */ (client.Battle);
  class NamedBattle extends StockBattle {
    /**
     * Look up an entry of a table, as the client does.
     *
     * @param {string} type a table such as "conditions"
     * @param {string | undefined} text
     * @returns {unknown} an effect, or an entry of another table
     */
    get(type, text) {
      if (type !== "conditions" || !text) return super.get(type, text);
      const key = `${this.gen.num}${text}`;
      let effect = effects.get(key);
      if (!effect) {
        const [, prefix, name] = /^(move|ability|item): ?(.*)$/.exec(text) ?? ["", "", text];
        const [table, kind] = EFFECT_TABLES[prefix] ?? ["conditions", "Condition"];
        const found = super.get(table, name);
        effect = { name: found.name, id: found.name.toLowerCase().replace(/[^a-z0-9]+/g, ""), kind };
        effects.set(key, effect);
      }
      return effect;
    }
  }
  return () => new NamedBattle(generations);
}
