// The client's battle (@pkmn/client), for what words need of it; what seats know is in view/.

const EFFECT_TABLES = /** @type {Record<string, [string, string]>} */ ({
  move: ["moves", "Move"],
  ability: ["abilities", "Ability"],
  item: ["items", "Item"],
});

/**
 * Makes the function that makes trackers. They read effects such as "move: Wrap" with the simulator's own
 * dex, which (unlike the dex that the client was written for) does not look behind the prefix.
 *
 * @param {import("../showdown/simulator.mjs").Simulator} simulator
 * @returns {() => any} a new tracker of a battle
 */
export function trackerFactory({ client, generations }) {
  /** @type {Map<string, {name: string, id: string, kind: string}>} */
  const effects = new Map();
  const ClientBattle = /** @type {new (...args: any[]) => any} */ (client.Battle);
  class Tracker extends ClientBattle {
    /**
     * @param {string} type
     * @param {string | undefined} text
     * @returns {any}
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
  return () => new Tracker(generations);
}
