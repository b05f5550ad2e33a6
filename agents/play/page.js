// The page of a game: draws each view that the server sends, and sends the person's choices back.
"use strict";

const GIMMICKS = {
  mega: "Mega Evolution",
  zmove: "Z-Move",
  dynamax: "Dynamax",
  terastallize: "Terastallize",
};
const LAST_MOVE = "the only move left";
const RETRY_MS = 1000;
const MOST_OPTIONS = 4; // of a decision of the agent, so that a long battle stays readable

const get = (id) => document.getElementById(id);

/** An element with a class and children; texts are never read as HTML. */
function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

/** A text for screen readers alone. */
const spoken = (text) => make("span", "spoken", text);

const percent = (share) => `${Math.round(100 * share)}%`;
const signed = (value, digits) => `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(digits)}`;

function hpText(pokemon) {
  if (pokemon.fainted) return "fainted";
  return pokemon.hp > 0 && pokemon.hp < 0.01 ? "under 1%" : percent(pokemon.hp);
}

function hpBar(pokemon) {
  const state = pokemon.hp > 0.5 ? "" : pokemon.hp > 0.2 ? "hurt" : "low";
  const bar = make("div", `hp ${state}`, make("i"));
  bar.firstChild.style.width = `${100 * pokemon.hp}%`;
  bar.setAttribute("role", "meter");
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "100");
  bar.setAttribute("aria-valuenow", String(Math.round(100 * pokemon.hp)));
  bar.setAttribute("aria-valuetext", hpText(pokemon));
  bar.setAttribute("aria-label", `HP of ${pokemon.name}`);
  return bar;
}

const typeChip = (type) => make("span", `chip type t-${type.toLowerCase().replace("???", "none")}`, type);

function chips(...children) {
  const list = make("ul", "chips");
  for (const child of children) list.append(make("li", "", child));
  return list;
}

function boostChips({ boosts }) {
  return Object.entries(boosts).map(([label, stage]) =>
    make("span", `chip ${stage > 0 ? "up" : "down"}`, `${label} ${signed(stage, 0)}`),
  );
}

function stateChips(pokemon) {
  const status = pokemon.status ? [make("span", "chip down", pokemon.status)] : [];
  const tera = pokemon.terastallized ? [make("span", "chip up", `Terastallized ${pokemon.tera_type}`)] : [];
  const volatiles = pokemon.volatiles.map((text) => make("span", "chip", text));
  return [...status, ...tera, ...boostChips(pokemon), ...volatiles];
}

/** The Pokémon on the field, or a place for it. */
function drawActive(pokemon, own) {
  if (!pokemon) return make("div", "active empty", "No Pokémon is on the field.");
  const name = make("div", "name", make("b", "", pokemon.name), make("small", "", `Lv. ${pokemon.level}`));
  name.append(make("span", "percent", hpText(pokemon)));
  const facts = [pokemon.ability, pokemon.item].filter(Boolean);
  if (own && pokemon.tera_type && !pokemon.terastallized) facts.push(`Tera type ${pokemon.tera_type}`);
  const active = make("div", "active", name, hpBar(pokemon));
  active.append(chips(...pokemon.types.map(typeChip), ...stateChips(pokemon)));
  if (facts.length) active.append(make("p", "facts", facts.join(" · ")));
  if (!own && pokemon.moves.length) {
    active.append(make("p", "facts", `Moves seen: ${pokemon.moves.map((move) => move.name).join(", ")}`));
  }
  return active;
}

/** One line of a team: who, how much HP, which status. */
function drawMember(pokemon) {
  const row = make("li", pokemon.fainted ? "member fainted" : "member", make("span", "who", pokemon.name));
  if (pokemon.status) row.append(make("span", "chip down", pokemon.status));
  row.append(hpBar(pokemon), make("small", "", hpText(pokemon)));
  return row;
}

function drawSide(side, title, own) {
  const actives = side.team.filter((pokemon) => pokemon.active);
  actives.sort((one, other) => one.place.localeCompare(other.place)); // in doubles the left one first
  const left = side.team.filter((pokemon) => !pokemon.fainted).length + side.unknown - side.spare;
  const heading = make("h2", "", title, make("small", "", `${left} left`));
  const element = make(
    "article",
    own ? "side own" : "side opposing",
    heading,
    ...(actives.length ? actives : [null]).map((pokemon) => drawActive(pokemon, own)),
  );
  element.setAttribute("aria-label", own ? "Your side" : "The opponent's side");
  if (side.conditions.length)
    element.append(chips(...side.conditions.map((text) => make("span", "chip", text))));
  if (!own) {
    const bench = make("ul", "bench", ...side.team.filter((pokemon) => !pokemon.active).map(drawMember));
    if (side.unknown) bench.append(make("li", "member unknown", `${side.unknown} not seen yet`));
    element.append(bench);
  }
  return element;
}

function drawBoard({ board, opponent }) {
  const field = chips(...board.field.map((text) => make("span", "chip", text)));
  get("board").replaceChildren(
    ...(board.field.length ? [field] : []),
    drawSide(board.opposing, opponent, false),
    drawSide(board.own, "You", true),
  );
}

function effectiveness(move, doubles) {
  // In doubles the number is that of the weaker of two opponents.
  if (doubles || move.category === "status" || move.effectiveness === 1) return null;
  const factor = { 0.125: "⅛", 0.25: "¼", 0.5: "½" }[move.effectiveness] ?? String(move.effectiveness);
  const [kind, words] =
    move.effectiveness === 0
      ? ["down", "no effect"]
      : move.effectiveness < 1
        ? ["down", `${factor}× resisted`]
        : ["up", `${factor}× super effective`];
  return make("span", `chip ${kind}`, words);
}

function moveFacts(move, doubles) {
  const facts = [];
  if (move.category !== "status") facts.push(move.power ? `power\u00a0${move.power}` : "power varies");
  facts.push(percent(move.accuracy), `PP\u00a0${move.pp}/${move.max_pp}`);
  if (move.priority) facts.push(`priority ${signed(move.priority, 0)}`);
  const accuracy = make("span", "facts", facts.join(" · "));
  return make(
    "span",
    "line",
    typeChip(move.type),
    make("small", "", move.category),
    accuracy,
    effectiveness(move, doubles),
  );
}

/** The buttons of a decision. What is not legal is text, without a button. */
class Choices {
  constructor(root, choose) {
    this.root = root;
    this.choose = choose;
    this.gimmick = "";
    root.addEventListener("keydown", (event) => this.key(event));
  }

  draw(view) {
    const focused = this.root.contains(document.activeElement);
    this.view = view;
    this.gimmick = "";
    this.redraw();
    this.root.hidden = view.ended;
    if (focused && !view.ended) this.root.querySelector("button")?.focus({ preventScroll: true });
  }

  redraw() {
    const { board } = this.view;
    const moves = board.choices.filter((choice) => choice.kind === "move");
    const gimmicks = [...new Set(moves.map((choice) => choice.gimmick))].filter(Boolean);
    // Now and then only moves with a gimmick are legal, such as Max Moves of disabled moves.
    if (moves.length && !moves.some((choice) => choice.gimmick === this.gimmick)) this.gimmick = gimmicks[0];
    this.root.replaceChildren(
      ...(moves.length ? [this.moves(moves, gimmicks)] : []),
      this.team(board.choices.filter((choice) => choice.kind !== "move")),
    );
  }

  /** The Pokémon that decides; in doubles the phase says which one. */
  get deciding() {
    const { own, phase } = this.view.board;
    const place = /the (left|right) one/.exec(phase)?.[1] ?? "";
    const actives = own.team.filter((pokemon) => pokemon.active);
    return actives.find((pokemon) => pokemon.place === place) ?? actives[0];
  }

  moves(legal, gimmicks) {
    const toggles = gimmicks.map((gimmick) => this.toggle(gimmick));
    const doubles = Boolean(this.deciding.place);
    const now = legal.filter(
      (choice) => choice.gimmick === this.gimmick && !choice.name.startsWith(LAST_MOVE),
    );
    const cells = this.deciding.moves.flatMap((move, slot) => {
      const targets = now.filter((choice) => choice.slot === slot);
      if (!targets.length) return [this.refused(make("b", "", move.name), moveFacts(move, doubles))];
      return targets.map((choice) => {
        const key = doubles ? now.indexOf(choice) + 1 : slot + 1;
        const name = make("b", "", move.name, choice.target ? make("small", "", ` at ${choice.target}`) : "");
        return this.button(choice, String(key), name, moveFacts(move, doubles));
      });
    });
    const last = legal.find((choice) => choice.name.startsWith(LAST_MOVE));
    if (last) {
      const words = make("small", "", "such as Struggle or a recharge");
      cells.unshift(this.button(last, "1", make("b", "", "The only move left"), words));
    }
    const heading = make("h2", "", doubles ? `Moves of ${this.deciding.name}` : "Moves", ...toggles);
    return make("div", "group", heading, make("div", "grid", ...cells));
  }

  toggle(gimmick) {
    const type = this.deciding.tera_type;
    const tera = gimmick === "terastallize" && type ? ` into ${type}` : "";
    const button = make("button", "toggle", GIMMICKS[gimmick] + tera, make("kbd", "", "G"));
    button.type = "button";
    button.dataset.gimmick = gimmick;
    button.setAttribute("role", "switch");
    button.setAttribute("aria-checked", String(this.gimmick === gimmick));
    button.addEventListener("click", () => this.take(gimmick));
    return button;
  }

  /** Choose a gimmick for the next move, or none where it was chosen before. */
  take(gimmick) {
    this.gimmick = this.gimmick === gimmick ? "" : gimmick;
    this.redraw();
    this.root.querySelector(`[data-gimmick="${gimmick}"]`).focus({ preventScroll: true });
  }

  team(legal) {
    const { board, picked, picks } = this.view;
    const preview = board.phase.includes("Team Preview");
    const cells = board.own.team.map((pokemon, slot) => {
      const choice = legal.find((one) => one.kind === "switch" && one.slot === slot);
      const name = make(
        "span",
        "line",
        make("b", "", pokemon.name),
        make("small", "", `Lv. ${pokemon.level}`),
      );
      if (pokemon.status) name.append(make("span", "chip down", pokemon.status));
      const health = make("span", "line health", hpBar(pokemon), make("small", "", hpText(pokemon)));
      const moves = make("small", "known", pokemon.moves.map((move) => move.name).join(", "));
      const types = make("span", "line", ...pokemon.types.map(typeChip));
      const content = [name, health, types, moves];
      if (!choice) return this.refused(...content, spoken(this.reason(pokemon, preview)));
      const move = board.choices.some((one) => one.kind === "move");
      return this.button(choice, move ? `⇧${slot + 1}` : String(slot + 1), ...content);
    });
    const pass = legal.find((one) => one.kind === "pass");
    if (pass) cells.push(this.button(pass, "0", make("b", "", "No switch")));
    const heading = make("h2", "", preview ? "Pick your team" : "Your team");
    if (preview) {
      const order = picked.length ? `Picked: ${picked.join(", ")}. ` : "The first pick leads. ";
      heading.append(make("small", "", order + (picks ? `Pick ${picks}.` : "")));
    }
    return make("div", "group", heading, make("div", "grid team", ...cells));
  }

  reason(pokemon, preview) {
    if (pokemon.active) return "on the field";
    return preview ? "picked" : "cannot be sent in now";
  }

  button(choice, key, ...content) {
    const button = make("button", "choice", ...content, make("kbd", "", key));
    button.type = "button";
    button.dataset.key = key;
    button.dataset.action = String(choice.action);
    button.addEventListener("click", () => this.choose(choice.action));
    return button;
  }

  refused(...content) {
    return make("div", "choice refused", ...content);
  }

  /** Number keys, while the focus is among the choices. */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key.toLowerCase() === "g") {
      this.root.querySelector(".toggle")?.click();
      return;
    }
    const digit = /^Digit([0-9])$/.exec(event.code)?.[1];
    if (digit) this.root.querySelector(`[data-key="${event.shiftKey ? "⇧" : ""}${digit}"]`)?.click();
  }
}

/** The battle in words. Only new sentences are added, so that a screen reader reads them once. */
class Log {
  constructor(root) {
    this.root = root;
    this.clear(0);
  }

  clear(battle) {
    this.battle = battle;
    this.shown = [];
    this.root.replaceChildren();
  }

  draw({ battle, turns }) {
    if (battle !== this.battle) this.clear(battle);
    turns.forEach(({ turn, messages }, place) => {
      if (!messages.length) return;
      let shown = this.shown[place];
      if (!shown) {
        const list = make("div", "", make("h3", "", turn ? `Turn ${turn}` : "Start"));
        shown = this.shown[place] = { list, count: 0 };
        this.root.append(list);
      }
      for (const message of messages.slice(shown.count)) {
        shown.list.append(make("p", message.startsWith(" ") ? "follows" : "", message.trim()));
      }
      shown.count = messages.length;
    });
    this.root.scrollTop = this.root.scrollHeight;
  }
}

/** The agent's expected value from decision to decision, as a line. */
function valueLine(values) {
  const [width, height] = [600, 90];
  const most = Math.max(1, ...values.map(Math.abs));
  const points = values.map((value, place) => {
    const x = (width * place) / Math.max(1, values.length - 1);
    return `${x.toFixed(1)},${((height / 2) * (1 - value / most)).toFixed(1)}`;
  });
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute(
    "aria-label",
    `Expected value: ${signed(values[0], 2)} first, ${signed(values.at(-1), 2)} at the end`,
  );
  for (const [name, places] of [
    ["zero", `0,${height / 2} ${width},${height / 2}`],
    ["value", points.join(" ")],
  ]) {
    const line = document.createElementNS(space, "polyline");
    line.setAttribute("class", name);
    line.setAttribute("points", places);
    svg.append(line);
  }
  return make(
    "figure",
    "",
    svg,
    make(
      "figcaption",
      "",
      "Expected return, from the agent's side. If it learnt from wins and losses alone, +1 is a sure win.",
    ),
  );
}

function drawThought(thought) {
  const verb = thought.kind === "move" ? "" : thought.turn ? "switch to " : "pick ";
  const where = [thought.turn ? `Turn ${thought.turn}` : thought.phase, thought.pokemon]
    .filter(Boolean)
    .join(" · ");
  const heading = make("h3", "", make("small", "", where), `${verb}${thought.chosen}`);
  if (thought.value !== null) heading.append(make("span", "percent", signed(thought.value, 2)));
  const options = thought.options.slice(0, MOST_OPTIONS).map(({ name, kind, score }) => {
    const row = make(
      "li",
      name === thought.chosen && kind === thought.kind ? "chosen" : "",
      make("span", "who", name),
    );
    if (thought.probabilities) {
      const bar = make("span", "bar", make("i"));
      bar.firstChild.style.width = percent(score);
      row.append(bar);
    }
    row.append(make("small", "", thought.probabilities ? percent(score) : signed(score, 2)));
    return row;
  });
  const more = thought.options.length - options.length;
  if (more > 0) options.push(make("li", "more", `and ${more} more`));
  return make("article", "thought", heading, make("ul", "", ...options));
}

function drawThoughts(thoughts) {
  const values = thoughts.map((thought) => thought.value).filter((value) => value !== null);
  const legend = thoughts.some((thought) => thought.probabilities)
    ? "Each decision with its most probable actions."
    : thoughts.some((thought) => thought.options.length)
      ? "Each decision with the actions that the agent rated highest, in its own unit."
      : "This agent gives its decisions alone.";
  get("thoughts").replaceChildren(
    ...(values.some(Boolean) ? [valueLine(values)] : []),
    make("p", "facts", legend),
    make("div", "cards", ...thoughts.map(drawThought)),
  );
}

function drawEnd(view) {
  const after = get("after");
  const before = after.hidden;
  after.hidden = !view.ended;
  if (!view.ended) return;
  get("result").textContent = `${view.board.result}.`;
  get("replay").textContent = `Replay: ${view.replay}`;
  drawThoughts(view.thoughts);
  if (before) get("result").focus();
}

/** The turn, and what the person is asked for. */
function question({ board, ended, picked }) {
  if (ended) return `${board.result}.`;
  if (board.phase.includes("Team Preview")) return picked.length ? "Pick the next one." : "Pick who leads.";
  const place = /the (left|right) one/.exec(board.phase)?.[1];
  const who = board.own.team.find((pokemon) => place && pokemon.active && pokemon.place === place);
  const ask = board.phase.includes("revive")
    ? "choose a Pokémon to revive"
    : board.choices.some((choice) => choice.kind === "move")
      ? "choose a move or a switch"
      : "choose the next Pokémon";
  return `Turn ${board.turn}: ${ask}${who ? ` for ${who.name}` : ""}.`;
}

class Page {
  constructor() {
    this.view = null;
    this.waiting = true;
    this.choices = new Choices(get("choices"), (action) => this.choose(action));
    this.log = new Log(get("log"));
    this.tries = 0;
    get("give-up").addEventListener("click", () => {
      if (confirm("Give up this battle?")) this.send({ give_up: true });
    });
    for (const button of document.querySelectorAll("[data-again]")) {
      button.addEventListener("click", () => this.send({ again: button.dataset.again }));
    }
    const thoughts = get("show-thoughts");
    thoughts.addEventListener("click", () => {
      const show = get("thoughts").hidden;
      get("thoughts").hidden = !show;
      thoughts.setAttribute("aria-checked", String(show));
    });
    this.connect();
  }

  /** The name of this tab's game, which outlives a reload but not the tab. */
  get game() {
    if (!sessionStorage.game) sessionStorage.game = crypto.randomUUID();
    return sessionStorage.game;
  }

  connect() {
    this.socket = new WebSocket(`ws://${location.host}${location.pathname}socket`);
    this.socket.addEventListener("open", () => this.socket.send(JSON.stringify({ join: this.game })));
    this.socket.addEventListener("message", (event) => this.receive(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => this.lost());
  }

  lost() {
    if (this.over) return;
    this.say(
      this.tries < 3
        ? "The connection was lost. Trying again…"
        : "The program has ended. Start it again, and open its new address.",
    );
    this.tries += 1;
    this.busy(true);
    setTimeout(() => this.connect(), RETRY_MS * this.tries);
  }

  receive({ view, error, ended }) {
    this.tries = 0;
    if (ended !== undefined) {
      this.over = true;
      delete sessionStorage.game;
      this.busy(true);
      this.say(`${ended} Reload the page for a new battle.`);
      return;
    }
    this.busy(false);
    if (error) {
      this.say(error);
      return;
    }
    this.view = view;
    this.draw(view);
  }

  draw(view) {
    get("game").hidden = false;
    get("opponent").textContent = view.opponent;
    document.title = `${view.ended ? view.board.result : `Turn ${view.board.turn}`} · against ${view.opponent}`;
    get("facts").textContent = `${view.format} · you are Player ${view.seat + 1} · seed ${view.seed}`;
    get("give-up").hidden = view.ended;
    drawBoard(view);
    this.log.draw(view);
    this.choices.draw(view);
    drawEnd(view);
    this.say(question(view));
  }

  choose(action) {
    if (!this.waiting) this.send({ choose: action, decision: this.view.decision });
  }

  send(message) {
    if (this.waiting) return;
    this.busy(true);
    this.say(`${this.view.opponent} decides…`);
    this.socket.send(JSON.stringify(message));
  }

  busy(waiting) {
    this.waiting = waiting;
    get("game").setAttribute("aria-busy", String(waiting));
  }

  say(text) {
    get("status").textContent = text;
  }
}

new Page();
