// The replays' viewer, and the numbers under the pointer. Plain JavaScript, for a page without other files.
"use strict";

/** An element with a class and children; texts are never read as HTML. */
function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/** A button with its meaning for those who cannot see the sign on it. */
function makeButton(sign, meaning, onClick) {
  const button = make("button", "", sign);
  button.type = "button";
  button.title = meaning;
  button.setAttribute("aria-label", meaning);
  button.addEventListener("click", onClick);
  return button;
}

/** The scene speaks to the agent: "You won". */
function inWords(result = "") {
  return result.replace(/^You /, "").toLowerCase();
}

function percent(share) {
  return `${Math.round(100 * share)}%`;
}

function healthBar(hp) {
  const bar = make("div", hp > 0.5 ? "hp" : hp > 0.2 ? "hp hurt" : "hp bad", make("i"));
  bar.firstChild.style.width = `${100 * hp}%`;
  return bar;
}

function chips(texts, className = "") {
  return make("div", "chips", ...texts.map((text) => make("span", `chip ${className}`, text)));
}

function drawBoosts(boosts) {
  const signed = Object.entries(boosts).map(([label, stage]) => {
    const text = `${label} ${stage > 0 ? "+" : "\u2212"}${Math.abs(stage)}`;
    return make("span", `chip ${stage > 0 ? "up" : "down"}`, text);
  });
  return make("div", "chips", ...signed);
}

// What is empty, zero or false has been left out of the data.
function drawActive({ name, level, hp = 0, status, types = [], facts = [], ...rest }, chosen) {
  const heading = make("div", "name", name, make("small", "", `L${level}`));
  if (status) heading.append(make("span", "chip status", status));
  heading.append(make("span", "percent", percent(hp)));
  const moves = (rest.moves ?? []).map((move) => {
    const kind = move.unusable ? "unusable" : move.name === chosen ? "chosen" : "";
    return make("span", kind, move.name, make("small", "", move.type ?? ""));
  });
  return make(
    "div",
    "active",
    heading,
    healthBar(hp),
    chips([...types, ...facts]),
    drawBoosts(rest.boosts ?? {}),
    chips(rest.volatiles ?? []),
    make("div", "moves", ...moves),
  );
}

function drawBench({ name, hp = 0, status }, chosen) {
  const fainted = status === "fainted";
  const row = make("div", "", make("span", fainted ? "fainted" : name === chosen ? "chosen" : "", name));
  if (status && !fainted) row.append(make("span", "chip status", status));
  row.append(healthBar(hp));
  return row;
}

function drawSide(kind, title, { actives = [], bench = [], unknown = 0, conditions = [] }, chosen) {
  const team = [...actives, ...bench];
  const balls = team.map((pokemon) => make("i", pokemon.status === "fainted" ? "fainted" : ""));
  for (let count = 0; count < unknown; count++) balls.push(make("i", "unknown"));
  return make(
    "div",
    `side ${kind}`,
    make("h3", "", title, make("span", "team", ...balls)),
    ...(actives.length
      ? actives.map((active) => drawActive(active, chosen))
      : [make("div", "active", "nobody on the field")]),
    chips(conditions),
    make("div", "bench", ...bench.map((pokemon) => drawBench(pokemon, chosen))),
  );
}

function drawMessages({ messages = [], choice, probability = 0, value = 0 }) {
  const told = make("div", "told");
  for (const message of messages) {
    told.append(make("p", message.startsWith(" ") ? "follows" : "", message.trim()));
  }
  if (choice) {
    const expected = `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`;
    told.append(
      make(
        "p",
        "choice",
        `chooses: ${choice} `,
        make("small", "", `probability ${percent(probability)}, expects ${expected}`),
      ),
    );
  }
  return told;
}

/** Shows one decision of one replay at a time; the address's fragment says which. */
class Viewer {
  constructor(root, replays) {
    this.root = root;
    this.replays = replays;
    this.number = 0;
    this.place = 0;
    this.timer = 0;
    root.tabIndex = 0;
    this.tabs = replays.map((replay, number) =>
      makeButton(`${replay.opponent}: ${inWords(replay.result)}`, `replay ${number + 1}`, () =>
        this.go(number, 0),
      ),
    );
    this.buttons = {
      first: makeButton("\u00ab", "first", () => this.go(this.number, 0)),
      previous: makeButton("\u2039", "previous", () => this.go(this.number, this.place - 1)),
      play: makeButton("\u25b6\ufe0e", "play", () => this.toggle()),
      next: makeButton("\u203a", "next", () => this.go(this.number, this.place + 1)),
      last: makeButton("\u00bb", "last", () => this.go(this.number, Infinity)),
    };
    for (const [name, button] of Object.entries(this.buttons)) button.dataset.go = name;
    this.slider = make("input");
    this.slider.type = "range";
    this.slider.setAttribute("aria-label", "decision");
    this.slider.addEventListener("input", () => this.go(this.number, Number(this.slider.value)));
    this.where = make("span", "where");
    this.board = make("div");
    const controls = make("div", "controls", ...Object.values(this.buttons), this.slider, this.where);
    root.append(make("div", "tabs", ...this.tabs), controls, this.board);
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("hashchange", () => this.read());
    this.read();
  }

  get frames() {
    return this.replays[this.number].frames;
  }

  /** Go where the fragment says: `#replay=1&turn=3` or `#replay=1&decision=5`, counted from 1. */
  read() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const number = Math.min(Math.max(Number(wanted.get("replay")) || 1, 1), this.replays.length) - 1;
    const turn = Number(wanted.get("turn"));
    const ofTurn = turn ? this.replays[number].frames.findIndex((frame) => (frame.turn ?? 0) >= turn) : 0;
    const place = wanted.has("decision")
      ? Number(wanted.get("decision")) - 1 || 0
      : ofTurn < 0
        ? Infinity
        : ofTurn;
    this.show(number, place);
    if (wanted.has("replay")) this.root.scrollIntoView();
  }

  go(number, place) {
    this.show(number, place);
    history.replaceState(null, "", `#replay=${this.number + 1}&decision=${this.place + 1}`);
  }

  show(number, place) {
    this.number = number;
    this.place = Math.min(Math.max(place, 0), this.frames.length - 1);
    const frame = this.frames[this.place];
    const end = this.place === this.frames.length - 1;
    if (end) this.stop();
    this.tabs.forEach((tab, index) => tab.setAttribute("aria-pressed", String(index === number)));
    this.buttons.first.disabled = this.buttons.previous.disabled = this.place === 0;
    this.buttons.next.disabled = this.buttons.last.disabled = this.buttons.play.disabled = end;
    this.slider.max = String(this.frames.length - 1);
    this.slider.value = String(this.place);
    const heading = [frame.turn ? `Turn ${frame.turn}` : "Start", frame.phase, inWords(frame.result)].filter(
      Boolean,
    );
    this.where.replaceChildren(
      heading.join(" \u00b7 "),
      make("small", "", `${this.place + 1} of ${this.frames.length}`),
    );
    const { opponent } = this.replays[number];
    this.board.replaceChildren(
      chips(frame.field ?? []),
      make(
        "div",
        "board",
        drawSide("own", "agent", frame.own ?? {}, frame.chosen),
        drawSide("opposing", opponent, frame.opposing ?? {}),
      ),
      drawMessages(frame),
    );
  }

  toggle() {
    if (this.timer) return this.stop();
    this.timer = setInterval(() => this.go(this.number, this.place + 1), 900);
    this.buttons.play.textContent = "\u23f8\ufe0e";
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.buttons.play.textContent = "\u25b6\ufe0e";
  }

  /** Arrow keys step wherever the reader is; Home and End belong to the page unless the viewer has the focus. */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === this.slider) return;
    const inside = this.root.contains(document.activeElement);
    const steps = { ArrowLeft: this.place - 1, ArrowRight: this.place + 1 };
    const place = { ...steps, ...(inside ? { Home: 0, End: Infinity } : {}) }[event.key];
    if (place === undefined) return;
    event.preventDefault();
    this.go(this.number, place);
  }
}

/** Under the pointer: the update that is nearest, and every curve's number there. */
function followPointer(figure, decisions) {
  const canvas = figure.querySelector(".canvas");
  const series = Object.entries(JSON.parse(figure.querySelector("script").textContent));
  const [low, high] = canvas.dataset.x.split(" ").map(Number);
  const cursor = make("div", "cursor");
  const tip = make("div", "tip");
  canvas.addEventListener("pointermove", (event) => {
    const { left, width } = canvas.getBoundingClientRect();
    const wanted = low + ((event.clientX - left) / width) * (high - low);
    const distances = decisions.map((count) => Math.abs(count - wanted));
    const place = distances.indexOf(Math.min(...distances));
    const share = (decisions[place] - low) / (high - low);
    const lines = series.flatMap(([name, values]) =>
      values[place] === null ? [] : [`${name}  ${values[place]}`],
    );
    tip.textContent = [`${decisions[place].toLocaleString("en")} decisions`, ...lines].join("\n");
    cursor.style.left = tip.style.left = `${100 * share}%`;
    tip.style.transform = `translateX(${share > 0.5 ? "calc(-100% - 8px)" : "8px"})`;
    canvas.append(cursor, tip);
  });
  canvas.addEventListener("pointerleave", () => {
    cursor.remove();
    tip.remove();
  });
}

const decisions = JSON.parse(document.getElementById("decision-data").textContent);
for (const figure of document.querySelectorAll(".plot")) followPointer(figure, decisions);
const viewer = document.getElementById("viewer");
if (viewer) new Viewer(viewer, JSON.parse(document.getElementById("replay-data").textContent));
