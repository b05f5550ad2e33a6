"""The page about a real run: read back number by number, and clicked through in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html import unescape
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

import train_selfplay
from agents.checkpoints.checkpoint import load_checkpoint
from agents.checkpoints.run_folder import find_checkpoint
from agents.evaluate.match_result import MatchResult
from agents.report.__main__ import main, play
from agents.report.page import report_page
from agents.report.run_data import read_run
from agents.runs.logger import read_metrics
from tests.support.page_reader import Elements, data_of, drawn, figures

OPPONENTS = ("random", "max")
RUN = {
    "battle_format": "gen1randombattle",
    "parallel": 4,
    "num_workers": 1,
    "episodes": 12,
    "episodes_per_update": 4,
    "opponent_mix": "'random:0.3,max:0.2,self:0.2,league:0.3'",
    "turn_limit": 40,
    "network.hidden_size": 16,
    "network.lstm_hidden_size": 16,
    "tensorboard": "false",
    "evaluation.battles": 2,
    "evaluation.opponents": f"[{', '.join(OPPONENTS)}]",
}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run: a few updates and its final evaluation."""
    runs = tmp_path_factory.mktemp("runs")
    (runs / "empty.yml").write_text("", encoding="utf-8")
    settings = RUN | {"checkpoint_dir": runs}
    options = [option for key, value in settings.items() for option in ("--set", f"{key}={value}")]
    assert train_selfplay.main(["--config", str(runs / "empty.yml"), *options]) == 0
    return runs / "run_001"


@pytest.fixture(scope="module")
def page(run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of that run with two replays."""
    output = tmp_path_factory.mktemp("page") / "deep" / "page.html"
    assert main([str(run_dir), "--replays", "2", "--output", str(output)]) == 0
    return output.read_text(encoding="utf-8")


@pytest.fixture
def copied_run(run_dir: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(run_dir, tmp_path / "run_001"))


def test_page_is_whole_and_needs_nothing_beside_itself(page: str) -> None:
    elements = Elements(page)
    assert [tag for tag, _ in elements.found].count("main") == 1
    assert not re.search(r"https?:|@import|url\(|\bimport\b.*from|fetch\(", page)
    for tag, attributes in elements.found:
        assert "src" not in attributes, tag
        assert attributes.get("href") in (None, "data:,"), tag
    identities = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(identities) == len(set(identities))


def test_ladder_holds_the_final_evaluation(page: str, run_dir: Path) -> None:
    results = json.loads((run_dir / "evaluation.json").read_text(encoding="utf-8"))
    assert tuple(results) == OPPONENTS
    ladder = page[page.index('<section id="ladder">') : page.index('<section id="replays">')]
    for name, result in results.items():
        row = re.search(rf"<td>{name}</td>(.*?)</tr>", ladder)
        assert row is not None
        low, high = result["interval"]
        cells = re.findall(r"<td>([^<]*)</td>", row.group(1))
        numbers = [f"{result['win_rate']:.3f}", f"{low:.3f} to {high:.3f}"]
        assert cells[:-1] == [*numbers, *(str(result[key]) for key in ("wins", "losses", "ties"))]


def test_facts_equal_the_counters_of_the_last_checkpoint(page: str, run_dir: Path) -> None:
    done = load_checkpoint(find_checkpoint(run_dir)).progress
    assert f"<dt>decisions learnt from</dt><dd>{done.decisions:,}</dd>" in page
    assert f"<dt>episodes</dt><dd>{done.episodes} <small>of 12</small></dd>" in page
    assert f"<dt>updates</dt><dd>{done.update}</dd>" in page
    assert "all episodes learnt from" in page


def test_every_number_of_the_metrics_is_in_the_page_as_it_is(page: str, run_dir: Path) -> None:
    lines = read_metrics(run_dir / "metrics.jsonl")
    plots = figures(page)
    for title, label, name in (
        ("Win rate", "random", "win_rate/random"),
        ("Win rate", "league", "win_rate/league"),
        ("League", "hardest", "league/rating_hardest"),
        ("Policy entropy", "entropy", "entropy"),
        ("Gradient norm", "policy", "grad_norm_policy"),
        ("Actions", "switch", "rollout/switch"),
        ("Decisions", "learnt from", "time/decisions_per_s"),
        ("Learning rate", "lr", "lr"),
    ):
        (numbers,) = data_of(plots[title])
        expected = [line.get(name) for line in lines]
        assert numbers[label] == [
            None if value is None else pytest.approx(value, rel=1e-5) for value in expected
        ]
    in_order = list(accumulate(int(line["rollout/decisions"] or 0) for line in lines))
    assert in_order in data_of(page)
    known = {name for line in lines for name in line}
    assert not [name for name in known if name in plots], "nothing is left for the section of others"


def test_what_is_drawn_lies_where_the_numbers_say(page: str, run_dir: Path) -> None:
    lines = read_metrics(run_dir / "metrics.jsonl")
    decisions = list(accumulate(int(line["rollout/decisions"] or 0) for line in lines))
    (numbers,) = data_of(figure := figures(page)["Win rate"])
    for color, name in enumerate(numbers):
        there = [place for place, line in enumerate(lines) if f"win_rate/{name}" in line]
        points = drawn(figure, "line", color)
        assert [x for x, _ in points] == pytest.approx(
            [decisions[place] for place in there], abs=decisions[-1] / 1e4
        )
        assert [y for _, y in points] == pytest.approx([numbers[name][place] for place in there], abs=1e-3)
        band = drawn(figure, "band", color)
        edges = [lines[place][f"win_rate_high/{name}"] for place in there]
        edges += [lines[place][f"win_rate_low/{name}"] for place in reversed(there)]
        assert [y for _, y in band] == pytest.approx(edges, abs=1e-3)


def test_same_run_gives_the_same_page(page: str, run_dir: Path, tmp_path: Path) -> None:
    output = tmp_path / "again.html"
    assert main([str(run_dir.parent), "--replays", "2", "--output", str(output)]) == 0, "a folder of runs"
    assert output.read_text(encoding="utf-8") == page


def test_configuration_shows_what_differs_first(page: str) -> None:
    configuration = page[page.index('<section id="configuration">') :]
    before, folded = configuration.split("<details>")
    for key in ("battle_format", "network.hidden_size", "evaluation.battles"):
        assert f"<code>{key}</code>" in before
    assert "<code>gamma</code>" not in before
    assert "<code>gamma</code>" in folded
    assert "torch " in folded, "versions"


def test_replays_tell_what_the_agent_chose_and_what_came_of_it(page: str) -> None:
    replays = next(data for data in data_of(page) if isinstance(data, list) and isinstance(data[0], dict))
    assert [replay["opponent"] for replay in replays] == list(OPPONENTS)
    assert [replay["seat"] for replay in replays] == [1, 2]
    moves = 0
    for replay in replays:
        *frames, last = replay["frames"]
        assert frames[0]["messages"][0].startswith("Battle started")
        assert last["result"] == replay["result"]
        assert "choice" not in last
        for frame, after in zip(frames, replay["frames"][1:], strict=True):
            assert 0 < frame["probability"] <= 1
            name = next(iter(frame["own"].get("actives", [])), {}).get(
                "name", "nobody"
            )  # a fainted Pokémon is no longer
            if used := re.findall(
                rf"^{re.escape(name)} used (.*)!$", "\n".join(after.get("messages", [])), re.M
            ):
                moves += 1
                assert frame["choice"] in (used[0], "the only move left")
            if frame["choice"].startswith("switch to "):
                incoming = frame["chosen"]
                assert incoming in {pokemon["name"] for pokemon in frame["own"]["bench"]}
                assert any(incoming in message for message in after["messages"])
    assert moves > 10


def test_evaluation_of_all_pairs_brings_ratings(run_dir: Path, tmp_path: Path) -> None:
    match = MatchResult(3, 1, 0, 0, 20.0, 5.0, (0, 0, 1, 0, 1)).to_json()
    settings = {"battle_format": "gen1ou", "teams": None, "battles": 4, "seed": 0, "greedy": True}
    content = settings | {
        "parallel": 4,
        "agents": [{"name": "a/runs/run_001"}, {"name": "<script>"}],
        "matches": [{"agent": "a/runs/run_001", "opponent": "<script>", **match}],
        "ratings": [
            {"agent": "a/runs/run_001", "elo": 95.4, "interval": [-20.0, 300.0]},
            {"agent": "<script>", "elo": -95.4, "interval": [-300.0, 20.0]},
        ],
    }
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    output = tmp_path / "page.html"
    assert main([str(run_dir), "--replays", "0", "--evaluation", str(path), "--output", str(output)]) == 0
    page = output.read_text(encoding="utf-8")
    Elements(page)
    assert "<td>&lt;script&gt;</td>" in page
    assert "<td>runs/run_001</td>" in page
    assert "<td>+95</td><td>−20 to +300</td>" in page
    assert 'id="viewer"' not in page


def test_run_that_goes_on_is_reported(copied_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (*copied_run.glob("*.pt"), copied_run / "evaluation.json"):
        path.unlink()
    lines = (copied_run / "metrics.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (copied_run / "metrics.jsonl").write_text(lines[0] + lines[1][:40], encoding="utf-8")
    assert main([str(copied_run)]) == 0
    page = (copied_run / "report.html").read_text(encoding="utf-8")
    Elements(page)
    assert "not finished" in page
    assert "There is no final evaluation yet." in page
    assert "<dt>updates</dt><dd>1</dd>" in page
    errors = capsys.readouterr().err
    assert "note: No replays: the run has no checkpoint to play them." in errors
    assert "damaged" not in errors, "an incomplete last line is not damaged"


def test_what_a_resumed_run_did_in_another_folder_is_counted(copied_run: Path) -> None:
    file = copied_run / "metrics.jsonl"
    whole = read_run(copied_run).metrics
    _, *later = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(later), encoding="utf-8")
    run = read_run(copied_run)
    assert run.finished
    assert run.metrics.episodes == whole.episodes
    assert run.metrics.decisions == whole.decisions[1:]
    assert "Metrics begin with update 2" in run.notes[0]
    played = run.metrics.decisions[-1] - whole.decisions[0]
    assert run.metrics.decisions_per_s == pytest.approx(played / run.metrics.seconds)
    for path in copied_run.glob("*.pt"):
        path.unlink()
    assert read_run(copied_run).metrics.decisions[-1] == played


@pytest.mark.parametrize(
    ("opponents", "reason"), [([], "opponents is empty"), (["poke-env:RandomPlayer"], "is not installed")]
)
def test_without_an_opponent_there_are_no_replays(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch, opponents: list[str], reason: str
) -> None:
    monkeypatch.setitem(sys.modules, "poke_env.player", None)
    run = read_run(run_dir)
    assert run.checkpoint is not None
    path, checkpoint = run.checkpoint
    evaluation = checkpoint.config.evaluation.model_copy(update={"opponents": opponents})
    config = checkpoint.config.model_copy(update={"evaluation": evaluation})
    replays, (note,) = play(replace(run, checkpoint=(path, replace(checkpoint, config=config))), 3)
    assert replays == []
    assert note.startswith("No replays: ")
    assert reason in note


def test_damaged_line_is_left_out_and_told(copied_run: Path) -> None:
    file = copied_run / "metrics.jsonl"
    first, second, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True)
    for damaged in (
        second[:50] + "\n",
        "[1]\n",
        '{"step": 2, "loss": "low"}\n',
        '{"loss": 2}\n',
        "\x00\xff\n",
    ):
        file.write_text(first + damaged + "".join(rest), encoding="latin-1")
        run = read_run(copied_run)
        assert run.metrics.steps == (1, *range(3, 3 + len(rest)))
        assert any("line 2 is damaged" in note for note in run.notes)


def test_odd_numbers_make_a_page_all_the_same(copied_run: Path) -> None:
    file = copied_run / "metrics.jsonl"
    (first, *_) = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    for value in ("NaN", "-Infinity", "1e400", "1e99", "-1e99", "1e-300", "-5", "0", "null", str(2**53)):
        odd = {name: "VALUE" for name in first if name != "step"}
        lines = [json.dumps({"step": step} | odd).replace('"VALUE"', value) for step in (1, 2, 3)]
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        for path in copied_run.glob("*.pt"):
            path.unlink()
        Elements(report_page(read_run(copied_run), []))


def test_what_is_missing_is_told_in_one_line(
    copied_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*argv: str) -> str:
        assert main(["--replays", "0", *argv]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        return error

    assert "no such folder" in told(str(tmp_path / "nowhere"))
    assert "no run with metrics" in told(str(copied_run / "league"))
    assert "cannot be read" in told(str(copied_run), "--evaluation", str(tmp_path / "nowhere.json"))
    results = copied_run / "evaluation.json"
    assert "battle_format: missing" in told(str(copied_run), "--evaluation", str(results))
    assert "cannot be written" in told(
        str(copied_run), "--output", str(copied_run / "config.yml" / "page.html")
    )
    results.write_text("{", encoding="utf-8")
    assert "evaluation.json: not valid JSON" in told(str(copied_run))
    (copied_run / "metrics.jsonl").write_text("{\n", encoding="utf-8")
    assert "no update that can be read" in told(str(copied_run))
    (copied_run / "metrics.jsonl").write_text("", encoding="utf-8")
    assert "no metrics yet" in told(str(copied_run))


def test_a_damaged_checkpoint_costs_the_replays_only(copied_run: Path) -> None:
    for path in copied_run.glob("*.pt"):
        path.write_bytes(b"torn")
    run = read_run(copied_run)
    assert run.config is not None, "from config.yml"
    assert "every checkpoint is torn" in run.notes[0]
    Elements(report_page(run, []))


CLICKS = """<script>{
const log = [];
addEventListener("error", (event) => log.push(`error: ${event.message}`));
const shown = () => log.push(document.querySelector("#viewer .where").textContent);
const click = (name) => { document.querySelector(`#viewer [data-go=${name}]`).click(); shown(); };
const key = (name) => { document.dispatchEvent(new KeyboardEvent("keydown", { key: name })); shown(); };
shown();
["next", "next", "previous", "last", "first"].forEach(click);
["ArrowRight", "ArrowRight", "ArrowLeft"].forEach(key);
document.querySelectorAll("#viewer .tabs button")[1].click();
shown();
log.push(location.hash);
const canvas = document.querySelector(".plot .canvas");
const { left, width, top } = canvas.getBoundingClientRect();
canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: left + width, clientY: top }));
log.push(canvas.querySelector(".tip").textContent);
document.body.dataset.log = JSON.stringify(log);
}</script>"""


def browse(page: Path, fragment: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Open a page without a network; the console's output goes to stderr."""
    assert CHROMIUM is not None
    quiet = ("background-networking", "component-update", "sync", "gpu", "extensions")
    command = [
        *(CHROMIUM, "--headless", "--no-sandbox", "--no-first-run", "--enable-logging=stderr"),
        *(f"--disable-{name}" for name in quiet),
        *("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}", "--virtual-time-budget=3000"),
        *options,
        f"{page.as_uri()}{fragment}",
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium or google-chrome is installed")
def test_a_browser_clicks_through_a_replay(page: str, tmp_path: Path) -> None:
    first, second = next(data for data in data_of(page) if isinstance(data, list) and "frames" in str(data))
    file = tmp_path / "page.html"
    file.write_text(page.replace("</body>", f"{CLICKS}</body>"), encoding="utf-8")
    result = browse(file, "#replay=1&decision=3", tmp_path / "profile", "--dump-dom")
    assert "CONSOLE" not in result.stderr
    found = re.search(r"data-log=\"(.*?)\"", result.stdout)
    assert found is not None, result.stderr
    *places, fragment, tip = json.loads(unescape(found.group(1)))

    def where(replay: dict[str, Any], place: int) -> str:
        frame = replay["frames"][place]
        turn = f"Turn {frame['turn']}" if "turn" in frame else "Start"
        result = frame.get("result", "").removeprefix("You ").lower()
        place %= len(replay["frames"])
        heading = " · ".join(filter(None, (turn, frame.get("phase"), result)))
        return f"{heading}{place + 1} of {len(replay['frames'])}"

    assert places == [where(first, place) for place in (2, 3, 4, 3, -1, 0, 1, 2, 1)] + [where(second, 0)]
    assert fragment == "#replay=2&decision=1"
    assert tip.split("\n")[0].endswith(" decisions")
    assert "random" in tip


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium or google-chrome is installed")
@pytest.mark.parametrize("turn", [1, 3])
def test_a_fragment_opens_a_replay_at_its_turn(page: str, tmp_path: Path, turn: int) -> None:
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    picture = tmp_path / "page.png"
    options = (f"--screenshot={picture}", "--window-size=1200,3000", "--dump-dom")
    result = browse(file, f"#replay=2&turn={turn}", tmp_path / "profile", *options)
    assert "CONSOLE" not in result.stderr
    assert re.search(rf'class="where">Turn {turn}\b', result.stdout)
    assert len(re.findall('<button[^>]* aria-pressed="true"', result.stdout)) == 1
    assert picture.stat().st_size > 50_000, "something was painted"
