"""Matches: counted without bias, mirrored, reproducible."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import train_selfplay
from agents.agent import RLAgent
from agents.checkpoints.checkpoint import Progress, save_checkpoint
from agents.config import NetworkSettings, load_config
from agents.evaluate import __main__ as evaluate
from agents.evaluate import ratings
from agents.evaluate.match_result import PAIR_SCORES, MatchResult, format_table, wilson_interval
from agents.evaluate.matches import Matches, evaluate_agent, play_matches
from agents.evaluate.ratings import bradley_terry
from agents.networks import build_networks
from agents.players.scripted.max_damage import MaxDamageAgent
from agents.players.scripted.random_legal import RandomAgent
from agents.runs.build import make_agent as make_run_agent
from pokeenv import OBS_SIZE, SINGLES, load_record
from tests.support.training import arguments

FORMAT = "gen1randombattle"


def make_agent() -> RLAgent:
    settings = NetworkSettings(hidden_size=16, lstm_hidden_size=16, num_layers=1, embedding_size=4)
    return RLAgent(*build_networks(settings, SINGLES, seed=0), None, None)


def test_wilson_interval_solves_its_own_equation() -> None:
    """The bounds p are where |share - p| = z * sqrt(p (1 - p) / n)."""
    for score, battles in [(0, 10), (7, 10), (130.5, 200), (200, 200)]:
        share = score / battles
        for bound in wilson_interval(score, battles):
            if 0 < bound < 1:
                assert math.isclose(
                    abs(share - bound), 1.96 * math.sqrt(bound * (1 - bound) / battles), rel_tol=1e-3
                )
    assert wilson_interval(0, 10)[0] == pytest.approx(0)
    assert wilson_interval(10, 10)[1] == pytest.approx(1)
    assert wilson_interval(0, 0) == (0, 1)


def test_tie_counts_half() -> None:
    assert MatchResult(wins=1, losses=2, ties=1, truncated=0, turns=1.0, battles_per_s=1.0).win_rate == 0.375


@pytest.fixture(scope="module")
def matches() -> Iterator[Matches]:
    """Simulators of six battles, shared by the tests."""
    with Matches(FORMAT, parallel=6, turn_limit=100) as shared:
        yield shared


@pytest.mark.parametrize("battles", [10, 2])
def test_exactly_the_battles_asked_for_are_counted(matches: Matches, battles: int) -> None:
    ended: list[int] = []
    result = matches.play(MaxDamageAgent(), RandomAgent(), battles, progress=ended.append)
    assert result.battles == sum(ended) == battles
    assert result.wins > result.losses


@pytest.mark.parametrize("make", [make_agent, MaxDamageAgent])
def test_greedy_agent_against_itself_is_exactly_symmetric(
    matches: Matches, make: Callable[[], RLAgent | MaxDamageAgent]
) -> None:
    """Battles come in pairs that differ only in the seats: one agent loses what the other wins."""
    result = matches.play(make(), make(), 8)
    assert result.wins == result.losses
    assert result.win_rate == 0.5
    # An untrained network may play in circles up to the turn limit; counting damage does not.
    assert result.ties < result.battles or make is make_agent


def test_swapping_the_agents_swaps_the_result(matches: Matches) -> None:
    here = matches.play(MaxDamageAgent(), make_agent(), 6)
    there = matches.play(make_agent(), MaxDamageAgent(), 6)
    assert (here.wins, here.losses, here.turns) == (there.losses, there.wins, there.turns)


def test_result_depends_on_the_seed_alone(matches: Matches) -> None:
    results = [matches.play(RandomAgent(), MaxDamageAgent(), 6, seed=seed) for seed in (3, 3, 4)]
    first, second, other = [(result.wins, result.ties, result.turns) for result in results]
    assert first == second
    assert first != other


@pytest.mark.parametrize(
    ("opponent", "greedy"),
    [
        (MaxDamageAgent, True),
        (RandomAgent, False),
        pytest.param(MaxDamageAgent, False, marks=pytest.mark.slow),
        pytest.param(RandomAgent, True, marks=pytest.mark.slow),
    ],
)
def test_result_does_not_depend_on_the_number_of_battles_at_a_time(
    matches: Matches, opponent: Callable[[], MaxDamageAgent | RandomAgent], greedy: bool
) -> None:
    """Also of agents that draw: each battle has a random stream of its own."""

    def played(matches: Matches) -> tuple[object, ...]:
        result = matches.play(opponent(), make_agent(), 14, seed=5, greedy=greedy)
        return result.wins, result.ties, result.truncated, result.turns, result.pair_counts

    with Matches(FORMAT, parallel=10, turn_limit=100) as other:
        assert played(other) == played(matches)


def test_formats_with_teams_brought_are_measured_with_them() -> None:
    teams = Path(__file__).parents[2] / "config" / "teams" / "gen1ou"
    result = play_matches(RandomAgent(), RandomAgent(), "gen1ou", 2, turn_limit=1, teams=teams)
    assert result.battles == result.truncated == 2


def test_turn_limit_makes_a_tie() -> None:
    result = play_matches(RandomAgent(), RandomAgent(), FORMAT, 4, turn_limit=3)
    assert (result.ties, result.truncated, result.win_rate) == (4, 4, 0.5)


def test_match_that_cannot_be_mirrored_is_refused(matches: Matches) -> None:
    for battles in (0, 7):
        with pytest.raises(ValueError, match="even number"):
            matches.play(RandomAgent(), RandomAgent(), battles)
    agent = RandomAgent()
    with pytest.raises(ValueError, match="make two agents"):
        matches.play(agent, agent, 2)


def test_evaluating_a_learner_leaves_its_streams_alone() -> None:
    agent, twin = make_agent(), make_agent()
    obs = np.ones((2, OBS_SIZE), dtype=np.float32)
    masks, rows = np.ones((2, 26), dtype=np.int8), np.arange(2)
    for each in (agent, twin):
        each.begin(2, seed=5)
        each.act(obs, masks, rows)
    options = {"seed": 0, "greedy": True, "parallel": 2, "turn_limit": 5}
    evaluate_agent(agent, ["random"], FORMAT, 2, **options)  # type: ignore[arg-type]
    after, expected = agent.act(obs, masks, rows), twin.act(obs, masks, rows)
    np.testing.assert_array_equal(after.actions, expected.actions)
    np.testing.assert_array_equal(after.log_probs, expected.log_probs)


@pytest.fixture
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rougher intervals of the ratings, which the command line computes after every pair."""
    monkeypatch.setattr(ratings, "_RESAMPLES", 20)


@pytest.mark.usefixtures("few_resamples")
def test_command_line_plays_all_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.json"
    options = ["--battles", "2", "--battle-format", FORMAT, "--quiet", "--json", str(path)]
    assert evaluate.main(["max", "random", "random", *options]) == 0
    table = capsys.readouterr().out
    content = json.loads(path.read_text(encoding="utf-8"))
    pairs = [(match["agent"], match["opponent"]) for match in content["matches"]]
    assert pairs == [("max", "random"), ("max", "random (2)"), ("random", "random (2)")]
    assert all(match["wins"] + match["losses"] + match["ties"] == 2 for match in content["matches"])
    assert table.count("random (2)") == 3  # two matches and a rating
    assert evaluate.main(["max", "nobody", "--quiet"]) == 2
    assert "neither a checkpoint nor one of" in capsys.readouterr().err


def test_table_has_a_line_per_match() -> None:
    result = MatchResult(wins=150, losses=48, ties=2, truncated=0, turns=30.0, battles_per_s=10.0)
    lines = format_table({("agent", "random"): result, ("agent", "max"): result}).splitlines()
    assert len(lines) == 3
    assert "0.755  [0.691, 0.809]" in lines[1]


def make_result(pair_counts: tuple[int, ...]) -> MatchResult:
    score = sum(2 * count * share for count, share in zip(pair_counts, PAIR_SCORES, strict=True))
    battles = 2 * sum(pair_counts)
    wins = int(score)
    return MatchResult(wins, battles - wins, 0, 0, 20.0, 5.0, pair_counts)


def test_ratings_of_two_agents_are_the_log_odds_of_their_match() -> None:
    (best, worst) = bradley_terry({("a", "b"): make_result((500, 0, 0, 0, 1500))})
    assert (best.name, worst.name) == ("a", "b")
    assert best.elo - worst.elo == pytest.approx(400 * math.log10(3), rel=1e-3)
    assert best.interval[0] < best.elo < best.interval[1]
    # The deviation of a win rate of 0.75 over 2,000 pairs, in Elo, by the delta method; half of it per agent.
    deviation = 400 / math.log(10) * math.sqrt(0.75 * 0.25 / 2000) / (0.75 * 0.25) / 2
    assert best.interval[1] - best.interval[0] == pytest.approx(2 * 1.96 * deviation, rel=0.15)


def test_ratings_explain_consistent_matches_of_three_agents() -> None:
    """Odds of 3 and 3 in a chain make odds of 9 between its ends."""
    results = {
        ("a", "b"): make_result((250, 0, 0, 0, 750)),
        ("b", "c"): make_result((250, 0, 0, 0, 750)),
        ("a", "c"): make_result((100, 0, 0, 0, 900)),
    }
    ratings = {rating.name: rating.elo for rating in bradley_terry(results)}
    assert ratings["a"] - ratings["b"] == pytest.approx(400 * math.log10(3), abs=2)
    assert ratings["a"] - ratings["c"] == pytest.approx(400 * math.log10(9), abs=2)
    assert sum(ratings.values()) == pytest.approx(0)
    assert bradley_terry(dict(reversed(results.items()))) == bradley_terry(results)  # as they may come


def test_pairs_that_always_split_leave_little_doubt() -> None:
    (first, second) = bradley_terry({("a", "b"): make_result((0, 0, 100, 0, 0))})
    assert first.elo == pytest.approx(0) == second.elo
    assert first.interval == pytest.approx((0, 0), abs=5)


@pytest.mark.parametrize("battles", [2, 20, 200])
def test_an_agent_that_never_lost_has_a_wide_interval(battles: int) -> None:
    """The prior's half wins give the rating; the lower bound is near that of the win rate."""
    (best, worst) = bradley_terry({("a", "b"): make_result((0, 0, 0, 0, battles // 2))})
    assert best.elo - worst.elo == pytest.approx(400 * math.log10((battles + 0.5) / 0.5))
    low, high = best.interval
    assert low < best.elo < high
    share, _ = wilson_interval(battles, battles)
    assert 2 * low == pytest.approx(400 * math.log10(share / (1 - share)), abs=150)
    assert high - best.elo > best.elo - low, "there is no upper limit to how strong it may be"


def test_ratings_of_a_chain_are_symmetric() -> None:
    names = "abcd"
    results = {
        (a, b): make_result((0, 0, 0, 0, 500)) for place, a in enumerate(names) for b in names[place + 1 :]
    }
    down = [rating.elo for rating in bradley_terry(results)]
    assert down == pytest.approx([-elo for elo in reversed(down)])
    seen_from_below = {(b, a): make_result((500, 0, 0, 0, 0)) for a, b in reversed(results)}
    assert [rating.elo for rating in bradley_terry(seen_from_below)] == pytest.approx(down)


def test_the_prior_hardly_moves_balanced_results() -> None:
    best = bradley_terry({("a", "b"): make_result((100, 50, 150, 50, 150))})[0]
    assert best.elo == pytest.approx(200 * math.log10(0.55 / 0.45), abs=0.1)


@pytest.mark.usefixtures("few_resamples")
def test_interrupted_evaluation_continues_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.json"
    command = ["max", "random", "max", "--battles", "2", "--battle-format", FORMAT, "--quiet"]
    command += ["--json", str(path)]
    assert evaluate.main(command) == 0
    whole, table = json.loads(path.read_text()), capsys.readouterr().out
    path.write_text(json.dumps(whole | {"matches": whole["matches"][:1]}))
    played: list[str] = []
    play = Matches.play
    monkeypatch.setattr(
        Matches, "play", lambda *args, **kwargs: played.append(args[1].name) or play(*args, **kwargs)
    )
    assert evaluate.main(command) == 0
    assert played == ["max", "random"]

    def timeless(content: dict[str, object]) -> str:
        return re.sub(r'"battles_per_s": [0-9.]+', "", json.dumps(content))

    assert timeless(json.loads(path.read_text())) == timeless(whole)
    capsys.readouterr()
    assert evaluate.main(command) == 0
    assert len(played) == 2
    assert capsys.readouterr().out.splitlines()[-4:] == table.splitlines()[-4:]
    assert evaluate.main([*command, "--seed", "5"]) == 2
    assert "contains another evaluation (seed: 0 there, 5 here)" in capsys.readouterr().err
    path.write_text("[]")
    assert evaluate.main(command) == 2
    assert "not an evaluation that can be continued" in capsys.readouterr().err


def save(folder: Path, update: int, seed: int) -> Path:
    spec = ["network.hidden_size=8", "network.lstm_hidden_size=8", "network.embedding_size=2"]
    config = load_config(None, [*spec, f"seed={seed}"])
    path = folder / f"checkpoint_{update:08d}.pt"
    save_checkpoint(path, config=config, agent=make_run_agent(config), progress=Progress(update, 1, 1))
    return path


@pytest.mark.usefixtures("few_resamples")
def test_a_running_training_is_measured_by_one_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, out = tmp_path / "run_001", tmp_path / "out.json"
    first = save(run, 1, seed=1)
    sha256 = hashlib.sha256(first.read_bytes()).hexdigest()
    players: list[tuple[int, float]] = []

    def play(matches: Matches, a: object, b: object, *args: object, **options: object) -> MatchResult:
        for agent in (a, b):
            if isinstance(agent, RLAgent):
                weights = sum(float(each.detach().sum()) for each in agent.policy_net.parameters())
                players.append((id(agent.policy_net), weights))
                kept.append(agent)
        first.unlink(missing_ok=True)
        save(run, 2, seed=2)
        return make_result((0, 0, 1, 0, 0))

    kept: list[object] = []
    monkeypatch.setattr(Matches, "play", play)
    command = [str(run), "random", str(run), "--battles", "2", "--battle-format", FORMAT, "--quiet"]
    assert evaluate.main([*command, "--json", str(out)]) == 0
    assert len({weights for _, weights in players}) == 1
    assert len({number for number, _ in players}) == len(players) == 4, "a copy for each match"
    agents = json.loads(out.read_text(encoding="utf-8"))["agents"]
    facts = {"checkpoint": str(first), "sha256": sha256}
    assert agents == [
        {"name": str(run), **facts},
        {"name": "random"},
        {"name": f"{run} (2)", **facts},
    ]


def test_what_cannot_be_done_is_refused_before_the_first_battle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file := tmp_path / "file").write_text("", encoding="utf-8")
    for options, reason in (
        (["--seed", "-1"], "--seed must be from 0"),
        (["--parallel", "-5"], "--parallel must be from 2 to 4096, not -5"),
        (["--turn-limit", "0"], "--turn-limit must be from 1 to 1000, not 0"),
        (["--num-replays", "-1"], "--num-replays must not be negative"),
        (["--json", str(tmp_path)], "is a folder"),
        (["--json", str(file / "out.json")], "cannot be written: Not a directory"),
        (["--replays", str(file)], "cannot be written: Not a directory"),
    ):
        with pytest.raises(SystemExit) as refused:
            evaluate.main(["random", "max", *options])
        assert refused.value.code == 2
        assert reason in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.usefixtures("few_resamples")
def test_replays_of_the_first_battles_can_be_played_again(tmp_path: Path) -> None:
    command = ["random", "max", "--battles", "4", "--battle-format", FORMAT, "--quiet"]
    assert evaluate.main([*command, "--replays", str(tmp_path), "--num-replays", "2"]) == 0
    folder = tmp_path / "random vs max"
    assert len(list(folder.glob("*.html"))) == 2
    records = [load_record(path) for path in sorted(folder.glob("*.json"))]
    assert [len(records), *(record.ended for record in records)] == [2, True, True]
    assert {" ".join(path.stem.split()[1:]) for path in folder.glob("*.json")} <= {
        "p1-random p2-max",
        "p1-max p2-random",
    }


@pytest.mark.slow
def test_a_checkpoint_is_measured_as_its_run_measured_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"turn_limit": 3, "seed": 5, "evaluation__battles": 4, "evaluation__parallel": 2}
    assert train_selfplay.main(arguments(tmp_path, episodes=4, **options)) == 0
    stored = json.loads((tmp_path / "run_001" / "evaluation.json").read_text(encoding="utf-8"))
    capsys.readouterr()
    path = tmp_path / "out.json"
    assert evaluate.main([str(tmp_path), "max", "--quiet", "--json", str(path)]) == 0
    table = capsys.readouterr().out
    assert f"{FORMAT}, 4 battles per pair, turn limit 3, seed 5, 2 battles at a time, greedy" in table
    (match,) = json.loads(path.read_text(encoding="utf-8"))["matches"]
    timeless = {key: value for key, value in stored["max"].items() if key != "battles_per_s"}
    assert {key: match[key] for key in timeless} == timeless
    assert match["truncated"] == 4
    assert evaluate.main([str(tmp_path), "max", "--quiet", "--turn-limit", "2", "--battles", "2"]) == 0
    assert "2 battles per pair, turn limit 2, seed 5" in capsys.readouterr().out
