// Usage statistics as a source of sets: each part of a set is drawn by its own weight.

import { weighted } from "./set_sources.mjs";

/** @import { SimSet } from "../showdown/types.mjs" */
/** @typedef {import("./prior.mjs").Sample} Sample */
/** @typedef {import("./prior.mjs").Shown} Shown */
/** @typedef {import("./prior.mjs").Random} Random */
/** @typedef {import("./set_tools.mjs").SetTools} SetTools */

/** @typedef {Record<string, number>} Weights by id or name */

/**
 * @typedef {object} UsedSpecies an entry of a chaos file, in part
 * @property {number} usage share of teams that have it
 * @property {Weights} Abilities
 * @property {Weights} Items
 * @property {Weights} Spreads by texts such as "Jolly:0/252/0/0/4/252"
 * @property {Weights} Moves
 * @property {Weights} TeraTypes
 * @property {Weights} Teammates
 */

/** @typedef {Record<string, UsedSpecies>} Usage by species */

const SETS = 64; // that are drawn for what was shown of a species
const KNOWN = 2048; // answers that are kept
const MOVES = 4;
const STATS = ["hp", "atk", "def", "spa", "spd", "spe"];
const HIDDEN_POWER = "hiddenpower";

/** The sets of a format's usage statistics. */
export class UsageSets {
  /**
   * @param {SetTools} tools
   * @param {Usage} usage
   */
  constructor(tools, usage) {
    this.tools = tools;
    /** Entries by base species. @type {Map<string, Entry[]>} */
    this.entries = Map.groupBy(
      Object.entries(usage).flatMap(([name, used]) => {
        const species = tools.dex.species.get(name);
        return species.exists ? [new Entry(tools, species.name, used)] : [];
      }),
      ({ name }) => tools.baseOf(name),
    );
    /** Sets by what was shown. @type {Map<string, Sample[]>} */
    this.known = new Map();
  }

  /** @param {Shown} shown @returns {Sample[]} */
  samples(shown) {
    const { forme, level, item, ability, teraType } = shown;
    const moves = [...shown.moves].sort(); // battles that share an answer may have shown them in another order
    const key = [forme, level, moves, item, ability, teraType].join("|");
    let samples = this.known.get(key);
    if (!samples) {
      samples = this.tools.samplesOf(this.drawn({ ...shown, moves }), shown);
      if (this.known.size >= KNOWN) this.known.clear();
      this.known.set(key, samples);
    }
    return samples;
  }

  /** Sets of a species that have what was shown. @param {Shown} shown @returns {SimSet[]} */
  drawn(shown) {
    const { tools } = this;
    const entries = this.entries.get(tools.baseOf(shown.forme)) ?? [];
    const first = tools.firstForme(shown.forme);
    const same = entries.filter(({ name }) => tools.firstForme(name) === first);
    const from = same.length ? same : entries;
    const choices = from.map((one) => /** @type {[Entry, number]} */ ([one, one.usage]));
    const random = tools.fixedRandom(SETS);
    const sets = [];
    for (let number = 0; from.length && number < SETS; number++) {
      const entry = weighted(choices, random);
      sets.push((entry ?? from[0]).draw(shown, random));
    }
    return sets;
  }

  /** Members by the mean share of teams with a seen species that have them. @param {string[]} seen base species @returns {[string, number][]} */
  species(seen) {
    const all = [...this.entries.values()].flat();
    const beside = seen.flatMap((base) => this.entries.get(base) ?? []);
    return all.map((entry) => {
      if (!beside.length) return [entry.name, entry.usage];
      const shares = beside.map((other) => other.shareBeside(entry));
      return [entry.name, shares.reduce((sum, share) => sum + share, 0) / shares.length];
    });
  }
}

/** One species of the statistics. */
class Entry {
  /**
   * @param {SetTools} tools
   * @param {string} name
   * @param {UsedSpecies} used
   */
  constructor(tools, name, used) {
    const { dex } = tools;
    this.tools = tools;
    this.name = name;
    this.usage = used.usage;
    this.teammates = used.Teammates;
    /** Older files have the surplus over a chance meeting, which may be negative. */
    this.isSurplus = Object.values(used.Teammates).some((weight) => weight < 0);
    this.total = Object.values(used.Abilities).reduce((sum, weight) => sum + weight, 0);
    const known = (/** @type {Weights | undefined} */ weights, /** @type {any} */ table) =>
      Object.entries(weights ?? {}).flatMap(([id, weight]) => {
        const entry = table.get(id);
        return entry.exists ? [/** @type {[any, number]} */ ([entry, weight])] : [];
      });
    this.abilities = known(used.Abilities, dex.abilities);
    this.items = known(used.Items, dex.items);
    const nothing = Object.entries(used.Items).find(([id]) => id === "nothing" || id === "");
    if (nothing) this.items.push([null, nothing[1]]);
    this.moves = known(used.Moves, dex.moves);
    this.types = known(used.TeraTypes, dex.types);
    this.spreads = Object.entries(used.Spreads);
  }

  /**
   * Share of this species' teams that have another one.
   *
   * @param {Entry} other
   */
  shareBeside(other) {
    const share = (this.teammates[other.name] ?? 0) / Math.max(1, this.total);
    return Math.max(0, this.isSurplus ? share + other.usage : share);
  }

  /**
   * Draw a set that has what was shown.
   *
   * @param {Shown} shown
   * @param {Random} random
   * @returns {SimSet}
   */
  draw(shown, random) {
    const { dex } = this.tools;
    const species = dex.species.get(this.name);
    const first = dex.species.get(this.tools.firstForme(this.name));
    const ability = shown.ability
      ? dex.abilities.get(shown.ability)
      : weighted(
          // The ability of a Mega Evolution is not that of its set.
          this.abilities.filter(
            ([one]) => species === first || Object.values(first.abilities).includes(one.name),
          ),
          random,
        );
    const item = shown.item ? dex.items.get(shown.item) : weighted(this.items, random);
    const [nature, evs] = readSpread(weighted(this.spreads, random) ?? "");
    return {
      name: species.baseSpecies,
      species: first.name,
      level: shown.level,
      ability: ability?.name ?? (dex.gen > 2 ? first.abilities["0"] : ""),
      item: item?.name ?? "",
      moves: this.drawMoves(shown, item?.id ?? "", random),
      nature,
      evs,
      ivs: Object.fromEntries(STATS.map((stat) => [stat, 31])),
      teraType: shown.teraType || weighted(this.types, random)?.name || species.types[0],
    };
  }

  /**
   * Moves that begin with the shown ones.
   *
   * @param {Shown} shown
   * @param {string} item id
   * @param {Random} random
   * @returns {string[]} ids
   */
  drawMoves({ moves }, item, random) {
    const isHiddenPower = (/** @type {string} */ id) => id.startsWith(HIDDEN_POWER);
    const ids = moves.filter((id) => !isHiddenPower(id));
    let left = this.moves.filter(
      ([{ id, category }]) => !ids.includes(id) && !(item === "assaultvest" && category === "Status"),
    );
    if (ids.length < moves.length) {
      const type = weighted(
        left.filter(([{ id }]) => isHiddenPower(id)),
        random,
      );
      ids.push(type?.id ?? HIDDEN_POWER);
    }
    while (ids.length < MOVES) {
      if (ids.some(isHiddenPower)) left = left.filter(([{ id }]) => !isHiddenPower(id));
      const move = weighted(left, random);
      if (move === null) break;
      ids.push(move.id);
      left = left.filter(([other]) => other !== move);
    }
    return ids;
  }
}

/** Nature and effort values. @param {string} text such as "Jolly:0/252/0/0/4/252" @returns {[string, Record<string, number>]} */
function readSpread(text) {
  const [nature, numbers = ""] = text.split(":");
  const values = numbers.split("/").map(Number);
  return [nature, Object.fromEntries(STATS.map((stat, index) => [stat, values[index] || 0]))];
}
