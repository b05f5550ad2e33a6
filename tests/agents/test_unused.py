"""Settings without effect are named when a run begins."""

from __future__ import annotations

from pathlib import Path

import pytest

import train_selfplay
from agents.config import TrainConfig, load_config
from agents.config.reading import keys_of, sections_of
from agents.runs.unused import CONDITIONS, unused_settings
from tests.support.training import arguments

TEMPLATES = sorted((Path(__file__).parents[2] / "config").glob("*.yml"))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            "network.type=basic sequence_learning.bptt_length=8",
            "sequence_learning.bptt_length: no effect, since the",
        ),
        ("network.type=entity network.use_lstm=false sequence_learning.memory_limit_mb=9", "has no memory"),
        (
            "network.context_length=8",
            "network.context_length: no effect, since network.memory is not attention",
        ),
        ("network.num_heads=2", "network.num_heads: no effect"),
        (
            "network.type=entity network.worth=true network.outlook=false",
            "network.outlook, network.worth: no effect, since network.type is not candidate",
        ),
        ("teacher_until=0.5", "teacher_until: no effect, since there is no teacher"),
        ("network.use_lstm=false", "network.use_lstm: no effect"),
        (
            "league.size=3 league.decay=0.5",
            "league.size, league.decay: no effect, since opponent_mix holds no league",
        ),
        (
            "opponent=max win_rate_threshold=0.5",
            "win_rate_threshold: no effect, since the opponents hold no self",
        ),
        (
            "algorithm=reinforce ppo_epochs=2 clip_range=0.1",
            "ppo_epochs, clip_range: no effect, since algorithm is",
        ),
        ("magnet_coef=0.1", "magnet_coef: no effect, since magnet is none"),
        ("magnet=ema", "magnet: no effect, since magnet_coef is 0"),
        ("magnet=uniform magnet_coef=0.1 magnet_decay=0.5", "magnet_decay: no effect"),
        (
            "search_coef=2 search_targets.sims=8",
            "search_coef, search_targets.sims: no effect, since search_targets.share is 0",
        ),
        ("reward_config=a.yaml", "reward_config: no effect, since reward is win_loss"),
        ("evaluation.interval_battles=2", "evaluation.interval_battles: no effect"),
        (
            "evaluation.battles=0 evaluation.greedy=false",
            "evaluation.greedy: no effect, since nothing is evaluated",
        ),
        (
            "collection.source=process collection.actors=3",
            "collection.actors: no effect, since collection.source is not ray",
        ),
        ("collection.staleness=0", "collection.staleness: no effect, since collection.source is inline"),
        (
            "collection.source=ray collection.battles_per_actor=8 parallel=9",
            "parallel: no effect, since collection.battles_per_actor is set",
        ),
    ],
)
def test_setting_that_the_run_cannot_use_is_named_with_the_reason(settings: str, line: str) -> None:
    lines = list(unused_settings(load_config(None, settings.split())))
    assert len(lines) == 1
    assert line in lines[0]


@pytest.mark.parametrize(
    "settings",
    [
        "sequence_learning.bptt_length=8 sequence_learning.memory_limit_mb=9",
        "network.memory=attention network.context_length=8 network.num_heads=2",
        "network.type=attention network.num_heads=2 network.use_lstm=false",
        "opponent_mix=self:1,league:1 league.size=3 win_rate_threshold=0.5",
        "ppo_epochs=2 clip_range=0.1 target_kl=0.1 batch_size=8",
        "magnet=ema magnet_coef=0.1 magnet_decay=0.5",
        "reward=composite reward_config=config/reward.yaml",
        "algorithm=reinforce ppo_epochs=4",
    ],
)
def test_setting_that_counts_or_has_its_default_is_not_named(settings: str) -> None:
    assert list(unused_settings(load_config(None, settings.split()))) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_templates_are_silent(path: Path) -> None:
    assert list(unused_settings(load_config(path))) == []


def test_table_names_keys_that_exist() -> None:
    known = {*keys_of(TrainConfig), *(f"{section}." for section in sections_of(TrainConfig))}
    assert {key for keys, _, _ in CONDITIONS for key in keys} <= known


def test_run_begins_with_a_line_about_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"episodes": 1, "episodes_per_update": 1, "opponent_mix": "self:1", "network__num_heads": 2}
    assert train_selfplay.main(arguments(tmp_path, **settings)) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert notes == [
        "note: network.num_heads: no effect, since neither network.type nor network.memory is attention",
        "note: league.size, league.interval: no effect, since opponent_mix holds no league",
    ]
