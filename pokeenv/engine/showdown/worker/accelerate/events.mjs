// Speeds up events: searches handlers only among the effects that have one, and ends events without handlers early.

import { eventOf, listenersOf } from "./listeners.mjs";
import { expectSource, replace } from "./replace.mjs";
import { NONE, makeSearch } from "./search.mjs";

/** @import { SimBattle, SimEffect, SimPokemon } from "../showdown/types.mjs" */
/** @import { Class } from "./index.mjs" */
/** @import { Method } from "./replace.mjs" */
/** @import { Handler, Search } from "./search.mjs" */

/** Replace the methods that run events. @param {import("./index.mjs").Classes} classes */
export function accelerateEvents({ Battle, Pokemon, Side, Dex }) {
  const battle = Battle.prototype;
  for (const [name, digest] of Object.entries(ASSUMED)) expectSource(name, battle[name], digest);
  const trunc = Object.getPrototypeOf(Dex).trunc;
  const { modify } = battle;
  const search = makeSearch(Pokemon, Side);
  replace(battle, "findEventHandlers", "7f64f1e5c6af238e", (original) =>
    makeFindEventHandlers(original, search),
  );
  replace(battle, "runEvent", "31073834bc7e3218", (original) =>
    makeRunEvent(original, { Battle, Pokemon, search, trunc, modify }),
  );
  replace(battle, "singleEvent", "f94ad5abfcdc2813", makeSingleEvent);
}

// The stock methods that the replacements call or rely on.
const ASSUMED = {
  getCallback: "91f23c58022e4bc0",
  modify: "0b40b8aca0387db5",
  findPokemonEventHandlers: "caacad8cc496a6d7",
  findSideEventHandlers: "89d824400b881612",
  findFieldEventHandlers: "5fd1796aec489aa9",
  findBattleEventHandlers: "763099a7e759f162",
};

/**
 * `Battle.findEventHandlers` with the faster search.
 *
 * @param {Method} original
 * @param {Search} search
 */
function makeFindEventHandlers(original, search) {
  return /** @this {SimBattle} */ function findEventHandlers(
    /** @type {any} */ target,
    /** @type {string} */ eventName,
    /** @type {SimPokemon | null} */ source,
  ) {
    const listeners = listenersOf(this);
    if (listeners === null) return original.call(this, target, eventName, source);
    const event = eventOf(eventName);
    if (!Array.isArray(target)) {
      const handlers = search(this, listeners, target, event, source);
      return handlers === NONE ? [] : handlers;
    }
    /** @type {Handler[]} */
    const handlers = [];
    for (let index = 0; index < target.length; index++) {
      for (const handler of search(this, listeners, target[index], event, source)) {
        handler.target = target[index];
        handler.index = index;
        handlers.push(handler);
      }
    }
    return handlers;
  };
}

const LEFT_TO_RIGHT = ["Invulnerability", "TryHit", "DamagingHit", "EntryHazard"];

/**
 * `Battle.runEvent` with the faster search and an early return.
 *
 * @param {Method} original
 * @param {{Battle: Class, Pokemon: Class, search: Search, trunc: Method, modify: Method}} stock
 */
function makeRunEvent(original, { Battle, Pokemon, search, trunc, modify }) {
  /**
   * The result of an event without handlers.
   *
   * @param {SimBattle} battle
   * @param {any} target
   * @param {any} relayVar
   */
  function unheard(battle, target, relayVar) {
    if (Array.isArray(target)) return Array.isArray(relayVar) ? relayVar : target.map(() => true);
    if (relayVar === undefined || relayVar === null) return true;
    if (typeof relayVar === "number" && relayVar === Math.abs(Math.floor(relayVar))) {
      // Below this limit the stock arithmetic, times 4096 by 4096, returns the number itself.
      if (relayVar > 0 && relayVar < 0x100000 && battle.trunc === trunc && battle.modify === modify)
        return relayVar;
      return battle.modify(relayVar, 1);
    }
    return relayVar;
  }

  return /** @this {SimBattle} */ function runEvent(
    /** @type {string} */ eventid,
    /** @type {any} */ target,
    /** @type {any} */ source,
    /** @type {SimEffect} */ sourceEffect,
    /** @type {any} */ relayVar,
    /** @type {boolean} */ onEffect,
    /** @type {boolean} */ fastExit,
  ) {
    if (this.eventDepth >= 8) {
      return original.call(this, eventid, target, source, sourceEffect, relayVar, onEffect, fastExit);
    }
    if (!target) target = this;
    const effectSource = source instanceof Pokemon ? source : null;
    const listeners = listenersOf(this);
    const handlers =
      listeners === null || onEffect || Array.isArray(target)
        ? this.findEventHandlers(target, eventid, effectSource)
        : search(this, listeners, target, eventOf(eventid), effectSource);
    if (onEffect) addEffectHandler(this, handlers, eventid, target, sourceEffect);
    if (handlers.length === 0) return unheard(this, target, relayVar);
    if (handlers.length > 1) {
      if (LEFT_TO_RIGHT.includes(eventid)) handlers.sort(Battle.compareLeftToRightOrder);
      else if (fastExit) handlers.sort(Battle.compareRedirectOrder);
      else this.speedSort(handlers);
    }
    return runHandlers(
      this,
      handlers,
      { eventid, target, source, sourceEffect, relayVar, fastExit },
      Pokemon,
    );
  };
}

/**
 * Add the handler of the effect that caused the event.
 *
 * @param {SimBattle} battle
 * @param {Handler[]} handlers
 * @param {string} eventid
 * @param {any} target
 * @param {SimEffect} sourceEffect
 */
function addEffectHandler(battle, handlers, eventid, target, sourceEffect) {
  if (!sourceEffect) throw new Error("onEffect passed without an effect");
  const name = eventOf(eventid).plain;
  const callback = sourceEffect[name];
  if (callback === undefined) return;
  if (Array.isArray(target)) throw new Error("");
  const handler = {
    effect: sourceEffect,
    callback,
    state: battle.initEffectState({}),
    end: null,
    effectHolder: target,
  };
  handlers.unshift(battle.resolvePriority(handler, name));
}

/**
 * The rest of `Battle.runEvent`, after the handlers have been sorted.
 *
 * @param {SimBattle} battle
 * @param {Handler[]} handlers
 * @param {Record<string, any>} call the arguments of runEvent
 * @param {Class} Pokemon
 */
function runHandlers(
  battle,
  handlers,
  { eventid, target, source, sourceEffect, relayVar, fastExit },
  Pokemon,
) {
  let hasRelayVar = 1;
  const args = [target, source, sourceEffect];
  if (relayVar === undefined || relayVar === null) {
    relayVar = true;
    hasRelayVar = 0;
  } else {
    args.unshift(relayVar);
  }
  const parentEvent = battle.event;
  battle.event = { id: eventid, target, source, effect: sourceEffect, modifier: 1 };
  battle.eventDepth++;
  const many = Array.isArray(target);
  /** @type {any[]} */
  let targetRelayVars = [];
  if (many) targetRelayVars = Array.isArray(relayVar) ? relayVar : target.map(() => true);
  for (const handler of handlers) {
    const { index } = handler;
    if (index !== undefined) {
      if (!targetRelayVars[index] && !(targetRelayVars[index] === 0 && eventid === "DamagingHit")) continue;
      if (handler.target) {
        args[hasRelayVar] = handler.target;
        battle.event.target = handler.target;
      }
      if (hasRelayVar) args[0] = targetRelayVars[index];
    }
    if (isSuppressed(battle, handler, eventid, Pokemon)) continue;
    const returnVal = callHandler(battle, handler, args);
    if (returnVal === undefined) continue;
    relayVar = returnVal;
    if (!relayVar || fastExit) {
      if (index === undefined) break;
      targetRelayVars[index] = relayVar;
      if (targetRelayVars.every((value) => !value)) break;
    }
    if (hasRelayVar) args[0] = relayVar;
  }
  battle.eventDepth--;
  if (typeof relayVar === "number" && relayVar === Math.abs(Math.floor(relayVar))) {
    relayVar = battle.modify(relayVar, battle.event.modifier);
  }
  battle.event = parentEvent;
  return many ? targetRelayVars : relayVar;
}

/**
 * Call one handler.
 *
 * @param {SimBattle} battle
 * @param {Handler} handler
 * @param {any[]} args
 */
function callHandler(battle, handler, args) {
  const { callback } = handler;
  if (typeof callback !== "function") return callback;
  const { effect, effectState } = battle;
  battle.effect = handler.effect;
  battle.effectState = handler.state || battle.initEffectState({});
  battle.effectState.target = handler.effectHolder;
  const returned = callback.apply(battle, args);
  battle.effect = effect;
  battle.effectState = effectState;
  return returned;
}

/**
 * True if a handler of `runEvent` is suppressed.
 *
 * @param {SimBattle} battle
 * @param {Handler} handler
 * @param {string} eventid
 * @param {Class} Pokemon
 */
function isSuppressed(battle, { effect, effectHolder }, eventid, Pokemon) {
  const { effectType } = effect;
  if (effectType === "Status" && effectHolder.status !== effect.id) return true;
  if (effectType === "Ability" && effect.flags["breakable"] && battle.suppressingAbility(effectHolder)) {
    battle.debug(eventid + " handler suppressed by Mold Breaker");
    return true;
  }
  if (effectType === "Item") {
    if (
      eventid !== "Start" &&
      eventid !== "SwitchIn" &&
      eventid !== "TakeItem" &&
      effectHolder instanceof Pokemon &&
      effectHolder.ignoringItem()
    ) {
      if (eventid !== "Update") battle.debug(eventid + " handler suppressed by Embargo, Klutz or Magic Room");
      return true;
    }
  } else if (effectType === "Ability") {
    if (eventid !== "End" && effectHolder instanceof Pokemon && effectHolder.ignoringAbility()) {
      if (eventid !== "Update")
        battle.debug(eventid + " handler suppressed by Gastro Acid or Neutralizing Gas");
      return true;
    }
  }
  if (
    (effectType === "Weather" || eventid === "Weather") &&
    eventid !== "Residual" &&
    eventid !== "End" &&
    battle.field.suppressingWeather()
  ) {
    battle.debug(eventid + " handler suppressed by Air Lock");
    return true;
  }
  return false;
}

/**
 * `Battle.singleEvent` that returns early if the effect has no callback. Suppression would not change the result.
 *
 * @param {Method} original
 */
function makeSingleEvent(original) {
  return /** @this {SimBattle} */ function singleEvent(
    /** @type {string} */ eventid,
    /** @type {SimEffect} */ effect,
    /** @type {any} */ state,
    /** @type {any} */ target,
    /** @type {any} */ source,
    /** @type {SimEffect} */ sourceEffect,
    /** @type {any} */ relayVar,
    /** @type {any} */ customCallback,
  ) {
    if (
      !customCallback &&
      effect[eventOf(eventid).plain] === undefined &&
      !this.debugMode &&
      this.eventDepth < 8 &&
      this.log.length - this.sentLogPos <= 1000
    ) {
      return relayVar === undefined ? true : relayVar;
    }
    return original.call(
      this,
      eventid,
      effect,
      state,
      target,
      source,
      sourceEffect,
      relayVar,
      customCallback,
    );
  };
}
