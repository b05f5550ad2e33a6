// What the other seat has received, and facts about the running turn, as far as a seat's own lines show them.
//
// Both seats receive the same lines but for HP, which each sees exactly of its own team only. So the lines of one seat,
// with its own HP as the other seat is shown them, give the other seat's view.

import * as evidence from "./evidence.mjs";
import { Hits } from "./hits.mjs";
import { MoveOrder } from "./order.mjs";
import { parseLine } from "../seat/lines.mjs";
import { effectOf, toId } from "../view/effects.mjs";
import { find, placeNumber } from "../view/roster.mjs";
import { parseDetails, placeIn } from "../view/state.mjs";

/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../view/effects.mjs").KwArgs} KwArgs */

/**
 * @typedef {object} Facts facts about a Pokémon that a view does not keep
 * @property {string} firstForme its species or forme when it entered for the first time
 * @property {boolean} firstEntered true if it has led its team
 * @property {Record<string, Start>} starts how its effects began
 * @property {number} moveActions moves that it has attempted since it entered
 * @property {boolean} substituteHit true if its Substitute has been hit
 * @property {Set<string>} moves moves that it has used since it entered
 * @property {string} lastItem the item that it used up last, "" for none
 * @property {boolean} knockedOff true if generation 3 or 4's Knock Off has made its item useless
 * @property {string} boosted the ability that acts once in a battle and has raised a stat; "" for none
 * @property {boolean} terastallized true if it has terastallized since it entered
 * @property {boolean} ateBerry true if it has eaten a Berry
 * @property {number} entered number of its last entry among all entries of the battle
 * @property {Aim | null} aim the place at which its last move was aimed; null without one since it entered
 * @property {number} entries times that it has entered the field
 * @property {evidence.Evidence} evidence what it cannot have
 * @property {boolean} swapped true if it may hold an item that is not its own
 */

/** @typedef {{side: number, place: number}} Aim */
/**
 * @typedef {object} Start
 * @property {boolean} moved true if the Pokémon had moved in that turn
 * @property {string} effect
 * @property {Pokemon | null} other the Pokémon that began it
 * @property {number} otherPlace where that one was
 */

/** Index of HP and status in the arguments of a line. @type {Record<string, number>} */
const HEALTH_AT = { switch: 3, drag: 3, "-damage": 2, "-heal": 2, "-sethp": 2 };
/** Abilities that raise a stat once in a battle, from generation 9 on. */
const ONCE = new Set(["intrepidsword", "dauntlessshield"]);
/** Lines that begin something else than what a move does. */
const ENDS_MOVE = new Set(["move", "switch", "drag", "cant", "upkeep", "turn"]);
const SWAPS_ITEMS = new Set("trick switcheroo thief covet magician pickpocket bestow symbiosis".split(" "));

/**
 * The Pokémon that an argument of a line names.
 *
 * @param {import("../view/state.mjs").State} state
 * @param {unknown} text
 */
function subjectOf(state, text) {
  return typeof text === "string" && /^p[12][ab]?: /.test(text) ? find(state, text) : null;
}

/** Reads the lines of a seat. */
export class Witness {
  /**
   * @param {import("../seat/seat.mjs").SeatContext} context
   * @param {number} seat whose lines it reads
   * @param {(hp: number, maxhp: number, status: string) => string} shown HP and status as the other seat sees them
   * @param {import("../damage/fighters.mjs").Scout} scout
   */
  constructor({ simulator, views }, seat, shown, scout) {
    this.protocol = simulator.Protocol;
    this.seat = seat;
    this.prefix = `p${seat + 1}`;
    this.shown = shown;
    /** The other seat's view, without its requests. */
    this.view = views.make(1 - seat);
    /** Lines of the battle's log that have been read. */
    this.position = 0;
    /** True from the end of a turn until the next one begins. */
    this.upkeep = false;
    /** The last Pokémon of each side in each place, which stays after it has fainted. @type {(Pokemon | null)[][]} */
    this.last = [0, 1].map(() => Array.from({ length: views.actives }, () => null));
    /** @type {Map<Pokemon, Facts>} */
    this.facts = new Map();
    /** Rounds of the weather and of sides' conditions have their source here. @type {Map<string, Pokemon>} */
    this.sources = new Map();
    /** The user and id of the move that will hit each place of each side later. @type {({pokemon: Pokemon, id: string} | null)[][]} */
    this.future = [[], []];
    /** The last user of Wish by side and place. @type {(Pokemon | null)[][]} */
    this.wishers = [[], []];
    /** Entries of Pokémon so far. */
    this.entered = 0;
    /** The user and id of the last move. @type {{pokemon: Pokemon, id: string} | null} */
    this.lastMove = null;
    this.moveOrder = new MoveOrder();
    this.hits = new Hits(scout);
  }

  /** Facts about a Pokémon. @param {Pokemon} pokemon @returns {Facts} */
  about(pokemon) {
    let facts = this.facts.get(pokemon);
    if (!facts) {
      facts = {
        firstForme: pokemon.baseForme,
        firstEntered: false,
        starts: {},
        moveActions: 0,
        substituteHit: false,
        moves: new Set(),
        lastItem: "",
        ateBerry: false,
        boosted: "",
        terastallized: false,
        knockedOff: false,
        entered: 0,
        aim: null,
        entries: 0,
        evidence: new evidence.Evidence(),
        swapped: false,
      };
      this.facts.set(pokemon, facts);
    }
    return facts;
  }

  /** Read a line. @param {string} line of the seat's own channel */
  read(line) {
    const message = parseLine(this.protocol, line);
    if (!message) {
      if (line === "|") this.eachActive((pokemon, known) => evidence.noteResidualStart(pokemon, known));
      return;
    }
    const { args, kwArgs } = this.asShown(message);
    const { state } = this.view;
    if (ENDS_MOVE.has(args[0])) {
      this.eachActive((pokemon, known) => evidence.noteMoveEnd(state, pokemon, known));
    }
    const subject = subjectOf(state, args[1]);
    const before = subject ? { moved: subject.movedThisTurn, volatiles: { ...subject.volatiles } } : null;
    this.view.receive(args, kwArgs);
    if (args[0] === "win" || args[0] === "tie") this.view.ended = true;
    NOTES[args[0]]?.(this, args, kwArgs);
    this.moveOrder.read(this, args, kwArgs);
    this.hits.read(this, message.args, kwArgs, HEALTH_AT[args[0]]);
    const pokemon = subjectOf(state, args[1]);
    if (!before || !pokemon || pokemon !== subject) return;
    for (const id in pokemon.volatiles) {
      if (pokemon.volatiles[id] === before.volatiles[id]) continue;
      const other = subjectOf(state, kwArgs.of) ?? subjectOf(state, args[3]) ?? state.mover;
      const otherPlace = other ? placeIn(state.sides[other.side].active, other) : -1;
      this.about(pokemon).starts[id] = {
        moved: before.moved,
        effect: effectOf(args[2]).id,
        other,
        otherPlace,
      };
    }
  }

  /** @param {(pokemon: Pokemon, known: evidence.Evidence) => void} note called for every Pokémon on the field */
  eachActive(note) {
    for (const { active } of this.view.state.sides) {
      for (const pokemon of active) if (pokemon) note(pokemon, this.about(pokemon).evidence);
    }
  }

  /** A message with the own HP as the other seat sees them. @param {import("../seat/lines.mjs").Message} message */
  asShown({ args, kwArgs }) {
    const at = HEALTH_AT[args[0]];
    if (!at || !args[1].startsWith(this.prefix)) return { args, kwArgs };
    const [, hp, maxhp, status] = /^(\d+)\/(\d+)(?: (\w+))?$/.exec(args[at]) ?? [];
    if (!hp) return { args, kwArgs };
    const shown = [...args];
    shown[at] = this.shown(Number(hp), Number(maxhp), status ?? "");
    return { args: shown, kwArgs };
  }
}

/** Notes on a line, after the view has read it. @type {Record<string, (witness: Witness, args: string[], kwArgs: KwArgs) => void>} */
const NOTES = {
  turn(witness) {
    const { state } = witness.view;
    witness.upkeep = false;
    witness.eachActive((pokemon, known) => evidence.noteEntry(state, pokemon, known));
  },
  upkeep(witness) {
    const { state } = witness.view;
    witness.upkeep = true;
    witness.eachActive((pokemon, known) => evidence.noteResidualEnd(state, pokemon, known));
  },
  "-damage"(witness, args, kwArgs) {
    const { state } = witness.view;
    const pokemon = subjectOf(state, args[1]);
    if (!pokemon) return;
    const user = state.mover && state.mover !== pokemon ? witness.about(state.mover).evidence : null;
    evidence.noteDamage(state, pokemon, kwArgs, witness.about(pokemon).evidence, user);
  },
  switch: enters,
  drag: enters,
  replace: enters,
  swap(witness, args) {
    const places = witness.last[Number(args[1][1]) - 1];
    const [place, other] = [Number(args[2]), placeNumber(args[1])];
    [places[place], places[other]] = [places[other], places[place]];
  },
  move(witness, args, kwArgs) {
    const { state } = witness.view;
    const pokemon = subjectOf(state, args[1]);
    if (!pokemon) return;
    const facts = witness.about(pokemon);
    const id = state.tables.moveId(args[2]);
    witness.lastMove = { pokemon, id };
    if (id === "wish") witness.wishers[pokemon.side][placeNumber(args[1])] = pokemon;
    facts.aim = args[3] ? { ...state.aim } : null;
    if (kwArgs.from && effectOf(kwArgs.from).id !== "lockedmove") return;
    facts.moveActions += 1;
    facts.moves.add(id);
    if (!kwArgs.from) evidence.noteMove(state, pokemon, id, facts.evidence);
  },
  cant(witness, args) {
    const pokemon = subjectOf(witness.view.state, args[1]);
    if (pokemon) witness.about(pokemon).moveActions += 1;
  },
  "-start"(witness, args) {
    const pokemon = subjectOf(witness.view.state, args[1]);
    const { id } = effectOf(args[2]);
    if (!pokemon || (id !== "futuresight" && id !== "doomdesire")) return;
    const { actives, aim } = witness.view.state;
    const { side, place } = actives > 1 ? aim : { side: 1 - pokemon.side, place: 0 };
    witness.future[side][place] = { pokemon, id };
  },
  "-activate"(witness, args) {
    const pokemon = subjectOf(witness.view.state, args[1]);
    const { id } = effectOf(args[2]);
    if (!pokemon) return;
    if (id === "substitute") witness.about(pokemon).substituteHit = true;
    if (SWAPS_ITEMS.has(id)) swaps(witness, args);
  },
  "-item"(witness, args, kwArgs) {
    const pokemon = subjectOf(witness.view.state, args[1]);
    if (!pokemon) return;
    witness.about(pokemon).evidence.forgetItems();
    if (kwArgs.from) witness.about(pokemon).lastItem = ""; // it may have got its item back
    if (SWAPS_ITEMS.has(effectOf(kwArgs.from).id)) swaps(witness, args);
  },
  "-terastallize"(witness, args) {
    const pokemon = subjectOf(witness.view.state, args[1]);
    if (pokemon) witness.about(pokemon).terastallized = true;
  },
  "-ability"(witness, args) {
    const pokemon = subjectOf(witness.view.state, args[1]);
    const id = toId(args[2] ?? "");
    if (pokemon && ONCE.has(id)) witness.about(pokemon).boosted = id;
  },
  "-enditem"(witness, args, kwArgs) {
    const { state } = witness.view;
    const pokemon = subjectOf(state, args[1]);
    const id = toId(args[2] ?? "");
    if (!pokemon) return;
    if (effectOf(kwArgs.from).id === "knockoff" && state.gen <= 4) witness.about(pokemon).knockedOff = true;
    if (kwArgs.from && !kwArgs.eat) return; // another effect took it
    witness.about(pokemon).lastItem = id;
    if (kwArgs.eat) witness.about(pokemon).ateBerry = true;
  },
  "-weather"(witness, args, kwArgs) {
    const source = subjectOf(witness.view.state, kwArgs.of) ?? witness.view.state.mover;
    if (source && !kwArgs.upkeep) witness.sources.set(effectOf(args[1]).id, source);
  },
  "-fieldstart"(witness, args, kwArgs) {
    const source = subjectOf(witness.view.state, kwArgs.of) ?? witness.view.state.mover;
    if (source) witness.sources.set(effectOf(args[1]).id, source);
  },
  "-sidestart"(witness, args) {
    const source = witness.view.state.mover;
    if (source) witness.sources.set(`${args[1].slice(0, 2)} ${effectOf(args[2]).id}`, source);
  },
};

/** @param {Witness} witness @param {string[]} args */
function enters(witness, args) {
  const { state } = witness.view;
  const pokemon = subjectOf(state, args[1]);
  if (!pokemon) return;
  const known = witness.facts.has(pokemon);
  const facts = witness.about(pokemon);
  if (!known) {
    facts.firstForme = parseDetails(args[2], state.tables).species;
    facts.firstEntered = state.turn === 0;
  }
  if (args[0] === "replace") {
    // It is an Illusion that has acted, or not, since the Pokémon that it looked like seemed to enter.
    const looks = witness.last[pokemon.side][placeNumber(args[1])];
    if (looks) witness.about(looks).evidence = new evidence.Evidence();
    if (looks) facts.entered = witness.about(looks).entered;
  } else {
    facts.entries += 1;
    facts.entered = witness.entered += 1;
    facts.aim = null;
    facts.starts = {};
    facts.terastallized = false;
    facts.moveActions = 0;
    facts.substituteHit = false;
    facts.moves = new Set();
    facts.evidence.chosen.clear();
  }
  witness.last[pokemon.side][placeNumber(args[1])] = pokemon;
}

/** @param {Witness} witness @param {string[]} args */
function swaps(witness, args) {
  for (const { active } of witness.view.state.sides) {
    for (const pokemon of active) {
      if (!pokemon || !args[1]) continue;
      witness.about(pokemon).swapped = true;
      witness.about(pokemon).evidence.forgetItems();
    }
  }
}
