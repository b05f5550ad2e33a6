"""The page of a game in a real browser, and the program around it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agents.play.game import Game, PlaySettings
from agents.play.server import PlayServer
from tests.support.browser import Browser, Tab, needs_chromium
from tests.support.play_client import joined

pytestmark = pytest.mark.slow

READY = "document.getElementById('game')?.getAttribute('aria-busy') === 'false'"
ENDED = "!document.getElementById('after').hidden"
STATUS = "document.getElementById('status').textContent"
FIRST = "document.querySelector('button.choice')"
LOG = "document.getElementById('log').innerText"
MOST_DECISIONS = 300


@contextmanager
def serving(battle_format: str, teams_folder: str, replays: Path) -> Iterator[PlayServer]:
    """A running server of battles against `max`."""
    teams = PlaySettings.read_teams(battle_format, teams_folder, None)
    settings = PlaySettings("max", battle_format, teams, seed=4, replays=replays)
    running = PlayServer(lambda: Game(settings), grace_s=1)
    thread = threading.Thread(target=running.serve)
    thread.start()
    yield running
    running.close()
    thread.join(20)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayServer]:
    """Battles of a format with Team Preview and a gimmick, against an agent that hits hard."""
    with serving("gen9ou", "config/teams/gen9ou", tmp_path_factory.mktemp("replays")) as running:
        yield running


@pytest.fixture(scope="module")
def doubles_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayServer]:
    """Battles in doubles, for which each side picks four of its six Pokémon."""
    folder = "config/teams/gen9championsvgc2026regmb"
    with serving("gen9championsvgc2026regmb", folder, tmp_path_factory.mktemp("replays")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


def ready(tab: Tab) -> None:
    tab.wait(READY)


@needs_chromium
def test_a_whole_battle_is_played_by_keyboard_alone(browser: Browser, server: PlayServer) -> None:
    tab = browser.open(server.address)
    ready(tab)
    assert tab.evaluate(STATUS) == "Pick who leads."
    for _ in range(20):
        tab.press("Tab")
        if tab.evaluate("document.activeElement.matches('button.choice')"):
            break
    tab.press("Enter")
    ready(tab)
    toggled = 0
    for decision in range(MOST_DECISIONS):
        ready(tab)
        if tab.evaluate(ENDED):
            break
        assert tab.evaluate("document.getElementById('choices').contains(document.activeElement)")
        if tab.evaluate("document.querySelector('.toggle') !== null") and decision > 2:
            tab.press("g")
            assert tab.evaluate("document.activeElement.getAttribute('aria-checked')") == "true"
            toggled += 1
        keys = tab.evaluate("[...document.querySelectorAll('button.choice')].map(b => b.dataset.key)")
        key = keys[decision % min(len(keys), 4)]
        tab.press(key[-1], shift=key.startswith("⇧"))
    assert toggled > 0
    assert re.match(r"You (won|lost)\.|A tie\.", tab.evaluate(STATUS))
    assert tab.evaluate("document.activeElement.id") == "result"
    assert "Terastallized" in tab.evaluate(LOG) or "terastal" in tab.evaluate(LOG).lower()
    replay = tab.evaluate("document.getElementById('replay').textContent").removeprefix("Replay: ")
    assert Path(replay).exists()
    while not tab.evaluate("document.activeElement.id === 'show-thoughts'"):
        tab.press("Tab")
    tab.press(" ")
    assert tab.evaluate("document.activeElement.getAttribute('aria-checked')") == "true"
    assert tab.evaluate("document.querySelectorAll('.thought').length") > 5
    tab.evaluate("document.querySelector('[data-again=exchanged]').click()")
    ready(tab)
    assert "Player 2" in tab.evaluate("document.getElementById('facts').textContent")
    assert tab.evaluate(STATUS) == "Pick who leads."
    assert not tab.faults
    tab.close()


@needs_chromium
@pytest.mark.parametrize("width", [390, 1280])
def test_a_whole_battle_in_doubles_is_clicked_through(
    browser: Browser, doubles_server: PlayServer, tmp_path: Path, width: int
) -> None:
    tab = browser.open(doubles_server.address, width=width, height=850, dark=width < 1000)
    ready(tab)
    picks = 0
    statuses, targets = set(), set()
    for decision in range(MOST_DECISIONS):
        ready(tab)
        if tab.evaluate(ENDED):
            break
        status = tab.evaluate(STATUS)
        statuses.add(status)
        picks += "Turn" not in tab.evaluate(LOG)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        labels = tab.evaluate("[...document.querySelectorAll('button.choice')].map(b => b.innerText)")
        targets |= {found.group(1) for label in labels if (found := re.search(r" at (.+)", label))}
        number = decision % min(len(labels), 5)
        if decision in (0, 8):
            tab.screenshot(tmp_path / f"decision-{decision}.png", whole=True)
        tab.evaluate(f"document.querySelectorAll('button.choice')[{number}].click()")
    assert re.match(r"You (won|lost)\.|A tie\.", tab.evaluate(STATUS))
    assert picks >= 4, statuses
    assert len(targets) >= 3, "own and opposing Pokémon can be targets"
    assert len(statuses) >= 3
    left = "[...document.querySelectorAll('#board h2 small')].map(one => parseInt(one.textContent))"
    assert all(number <= 4 for number in tab.evaluate(left)), "four of six were picked"
    assert Path(
        tab.evaluate("document.getElementById('replay').textContent").removeprefix("Replay: ")
    ).exists()
    tab.evaluate("document.getElementById('show-thoughts').click()")
    assert tab.evaluate("document.querySelectorAll('.thought').length") > 5
    tab.screenshot(tmp_path / "end.png", whole=True)
    assert all(path.stat().st_size > 20_000 for path in tmp_path.glob("*.png"))
    assert not tab.faults
    tab.close()


@needs_chromium
def test_a_reload_continues_and_tabs_do_not_disturb_each_other(browser: Browser, server: PlayServer) -> None:
    first, second = browser.open(server.address), browser.open(server.address)
    ready(first)
    ready(second)
    untouched = second.evaluate("document.body.innerText")
    for _ in range(4):
        first.evaluate(f"{FIRST}.click()")
        ready(first)
    board = "document.getElementById('board').innerText + document.getElementById('choices').innerText"
    before, log = first.evaluate(board), first.evaluate(LOG)
    assert "Turn 1" in log
    first.reload()
    first.wait("document.readyState === 'complete'")
    ready(first)
    assert (first.evaluate(board), first.evaluate(LOG)) == (before, log)
    assert second.evaluate("document.body.innerText") == untouched
    second.evaluate(f"{FIRST}.click()")
    ready(second)
    assert first.evaluate(board) == before
    assert server.games >= 2
    first.close()
    second.close()
    deadline = time.monotonic() + 30
    while server.games:
        assert time.monotonic() < deadline, "closed tabs end their simulators"
        time.sleep(0.1)


@needs_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_is_legible_and_has_roles(
    browser: Browser, server: PlayServer, tmp_path: Path, width: int, dark: bool
) -> None:
    tab = browser.open(server.address, width=width, height=850, dark=dark)
    ready(tab)
    for _ in range(3):
        tab.evaluate(f"{FIRST}.click()")
        ready(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    heights = "[...document.querySelectorAll('button.choice')].map(b => b.getBoundingClientRect().height)"
    assert min(tab.evaluate(heights)) >= 44, "a finger can hit every button"
    assert tab.evaluate(CONTRAST) > 4.5
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in nodes if not node["ignored"]}
    assert {"status", "log", "meter", "button", "heading", "main", "article"} <= roles
    unnamed = [
        node for node in nodes if node.get("role", {}).get("value") == "button" and not node["name"]["value"]
    ]
    assert not unnamed
    picture = tmp_path / "page.png"
    tab.screenshot(picture)
    assert picture.stat().st_size > 20_000, "something was painted"
    assert not tab.faults
    tab.close()


# The least contrast of a text with the colour behind it, by WCAG's formula; refused choices are exempt.
CONTRAST = """(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = color.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = rgb(getComputedStyle(one).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const ratios = [];
  for (const element of document.querySelectorAll("body *")) {
    const bare = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!bare || !element.checkVisibility() || element.closest(".refused, noscript")) continue;
    const [one, other] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    ratios.push((Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05));
  }
  return Math.min(...ratios);
})()"""


def children_of(process: int) -> list[str]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")  # each thread has its own children
    return [child for task in tasks for child in task.read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc to count processes")
def test_ctrl_c_ends_the_program_its_games_and_their_simulators(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agents.play", "--opponent", "random", "--no-browser"]
    process = subprocess.Popen(
        [*command, "--battle-format", "gen1randombattle", "--replays", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    assert "Play against random in gen1randombattle" in process.stdout.readline()
    address = process.stdout.readline().strip()
    with joined(address, "tab-number-1") as (_, answer):
        assert answer["view"]["board"]["turn"] == 1
        simulators = children_of(process.pid)
        assert simulators
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert process.stderr.read().strip() == "stopped"
    assert not [pid for pid in simulators if os.path.exists(f"/proc/{pid}/exe")]
