"""Files of a run that come from elsewhere: whatever they hold, they are used or refused in words."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import train_selfplay
from agents.checkpoints import checkpoint as checkpoint_module
from agents.checkpoints.checkpoint import MAGIC, Progress, load_checkpoint, restore_agent, save_checkpoint
from agents.config import loading
from agents.config.reading import keys_of
from agents.config.schema import TrainConfig
from agents.errors import CheckpointError, LeagueError, ReportError
from agents.evaluate import __main__ as evaluate
from agents.evaluate.match_result import MatchResult
from agents.evaluate.ratings import bradley_terry
from agents.evaluate.results_file import read_evaluation, read_final_evaluation
from agents.live import __main__ as live
from agents.players.loading import load_agent
from agents.runs.build import make_agent, make_pool
from agents.runs.logger import parse_metrics
from agents.runs.run import plan_run
from tests.support.checkpoints import save, small_config

OPTIONS = (
    "opponent_mix='self:0.5,random:0.3,league:0.2'",
    "win_rate_threshold=0.5",
    "magnet=ema",
    "magnet_coef=0.1",
    "aux_coef=0.1",
)


def write(path: Path, content: object) -> Path:
    """A checkpoint with a right envelope around any content."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return seal(path, buffer.getvalue())


def seal(path: Path, body: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(MAGIC + hashlib.sha256(body).digest() + body)
    return path


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The content of a checkpoint in which every part is present."""
    path = tmp_path_factory.mktemp("valid") / "a.pt"
    save(path, small_config(*OPTIONS))
    content: dict[str, Any] = torch.load(io.BytesIO(path.read_bytes()[len(MAGIC) + 32 :]), weights_only=True)
    league = content["opponents"]["league"]
    league["left"]["00000001.pt"] = 1
    content["opponents"]["scores"]["random"] = [1.0, 0.5]
    return content


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all values inside nested containers; of many tensors or states the first and the last."""
    items = list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    if len({type(inner) for _, inner in items}) == 1 and isinstance(items[0][1], torch.Tensor | dict):
        items = [items[0], items[-1]]
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(content: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    """A copy in which the container of a value has been changed; it shares everything off the way."""
    new = copy.copy(content)
    part: Any = new
    for key in path[:-1]:
        part[key] = copy.copy(part[key])
        part = part[key]
    change(part, path[-1])
    return new


def remove(part: Any, key: Any) -> None:
    del part[key]


def retype(part: Any, key: Any) -> None:
    """Another type: tensors become text, text a number, everything else a tensor."""
    value = part[key]
    part[key] = "text" if isinstance(value, torch.Tensor) else 7 if isinstance(value, str) else torch.ones(2)


def spoil(part: Any, key: Any) -> None:
    """A value out of range."""
    value = part[key]
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        part[key] = torch.full_like(value, torch.nan)
    elif isinstance(value, torch.Tensor):
        part[key] = value[:-1]
    elif isinstance(value, bool | None):
        part[key] = "neither"
    elif isinstance(value, int | float):
        part[key] = -1 if isinstance(value, int) else -1.0
    elif isinstance(value, tuple):
        part[key] = tuple(2.0 for _ in value)
    else:
        raise LookupError  # texts, mappings and lists have no range


# A list may be shorter and a text another one; the state of another device's generator has another length.
FREE = (
    "config.evaluation.opponents.",
    "config.reward_config",
    "config.load_model",
    "config.collection.address",
    "config.teacher",
    "config.save_model",
    "opponents.scores.random.",
    "opponents.league.left.",
    "agent.generator",
)


@pytest.mark.parametrize("change", [remove, retype, spoil])
def test_checkpoint_with_one_wrong_value_is_refused_in_words(
    valid: dict[str, Any], monkeypatch: pytest.MonkeyPatch, change: Callable[[Any, Any], None]
) -> None:
    """Read and restored without the file around the content, which would cost a minute."""
    agent, accepted, refused = make_agent(small_config(*OPTIONS)), [], 0
    for path in places(valid):
        try:
            content = changed(valid, path, change)
        except LookupError:
            continue
        monkeypatch.setattr(checkpoint_module, "_read_body", lambda _: b"")
        monkeypatch.setattr(checkpoint_module, "read_safely", lambda *_, content=content: content)
        try:
            restore_agent(load_checkpoint("a.pt"), agent, source="a.pt")
            accepted.append(".".join(map(str, path)))
        except CheckpointError as error:
            refused += 1
            assert "a.pt" in str(error)
    whole = tuple(place for place in FREE if place.endswith("."))
    free = {place for place in accepted if place in FREE or place.startswith(whole)}
    if change is remove:
        later = {f"config.{key}" for key in loading.LATER_KEYS}
        sections = {"config.collection", "config.search_targets"}  # whose keys are all later ones
        free |= later | sections | {"opponents.replaced_at", "agent.algorithm.updates"}
    assert [place for place in accepted if change is retype or place not in free] == []
    assert refused > 100


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({}, "layout_hash: missing; config: missing; agent: missing; and 4 more"),
        ([1, 2], "must be a mapping, not a list"),
        (None, "not null"),
        (torch.ones(2), "not a Tensor"),
    ],
)
def test_foreign_content_is_refused(tmp_path: Path, content: object, reason: str) -> None:
    with pytest.raises(CheckpointError, match=rf"a\.pt: .*{reason}"):
        load_checkpoint(write(tmp_path / "a.pt", content))


class Planted:
    """An object whose reading would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_bytes_that_no_safe_reader_takes_are_refused_and_run_nothing(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    unsafe = pickle.dumps(Planted(planted))
    inside = write(tmp_path / "b.pt", {"agent": Planted(planted)}).read_bytes()[len(MAGIC) + 32 :]
    for body in (b"", b"PK\x03\x04", b"not a pickle", b"\x80\x02" + bytes(9), unsafe, inside):
        with pytest.raises(CheckpointError, match=r"a\.pt: the content cannot be read safely"):
            load_checkpoint(seal(tmp_path / "a.pt", body))
    assert not planted.exists()


@pytest.mark.parametrize("weights", [torch.full((2, 2), torch.nan), torch.zeros(1).expand(10**14)])
def test_weights_that_are_no_plain_numbers_are_refused(
    valid: dict[str, Any], tmp_path: Path, weights: torch.Tensor
) -> None:
    content = changed(valid, ("agent", "policy_net", "x"), lambda part, key: part.update({key: weights}))
    with pytest.raises(CheckpointError, match=r"agent\.policy_net\.x: (holds numbers|must be a plain)"):
        load_agent(str(write(tmp_path / "a.pt", content)))


def test_league_file_may_not_be_a_path(valid: dict[str, Any], tmp_path: Path) -> None:
    def lead_out(part: Any, key: str) -> None:
        part[key] = {"../../00000001.pt": 1}

    content = changed(valid, ("opponents", "league", "left"), lead_out)
    with pytest.raises(CheckpointError, match=r"opponents\.league\.left"):
        load_checkpoint(write(tmp_path / "a.pt", content))


def test_every_program_refuses_foreign_checkpoints_with_status_2(
    valid: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(tmp_path / "run_001" / "checkpoint_00000001.pt", changed(valid, ("progress",), remove)))
    save_config = ["--config", str(tmp_path / "empty.yml")]
    (tmp_path / "empty.yml").write_text("", encoding="utf-8")
    programs: dict[str, Callable[[], int]] = {
        "resume": lambda: train_selfplay.main(["--resume", path]),
        "load_model": lambda: train_selfplay.main([*save_config, "--set", f"load_model={path}"]),
        "opponent": lambda: train_selfplay.main([*save_config, "--set", f"evaluation.opponents=[{path}]"]),
        "evaluate": lambda: evaluate.main(["random", path, "--quiet"]),
        "live": lambda: live.main(["--model", path]),
    }
    for name, program in programs.items():
        assert program() == 2, name
        error = capsys.readouterr().err
        assert "progress: missing" in error, name
        assert len(error.splitlines()) == 1, name


def test_keys_of_the_format_are_those_that_every_checkpoint_has() -> None:
    """A new key belongs to `LATER_KEYS` with the value that earlier runs behaved by, so that they resume."""
    assert set(loading.LATER_KEYS) <= set(keys_of(TrainConfig))
    first = hashlib.sha256(",".join(sorted(set(keys_of(TrainConfig)) - set(loading.LATER_KEYS))).encode())
    assert first.hexdigest()[:8] == "51c0dcc7", "a key is neither one of format 2 nor one of LATER_KEYS"


def test_checkpoint_from_before_a_key_has_the_value_that_it_ran_with(
    valid: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = changed(valid, ("config", "league", "decay"), remove)
    with pytest.raises(CheckpointError, match=r"lacks league\.decay"):
        load_checkpoint(write(tmp_path / "a.pt", content))
    monkeypatch.setitem(loading.LATER_KEYS, "league.decay", 0.5)  # type: ignore[arg-type]
    assert load_checkpoint(tmp_path / "a.pt").config.league.decay == 0.5


def league_run(tmp_path: Path) -> tuple[Path, Path]:
    """A checkpoint with a league of one member, and the member's file."""
    config = small_config(*OPTIONS, f"checkpoint_dir={tmp_path}")
    agent, folder = make_agent(config), tmp_path / "run_001"
    pool = make_pool(config, agent, folder)
    pool.begin(1, seed=0)
    save_checkpoint(
        folder / "checkpoint_00000001.pt",
        config=config,
        agent=agent,
        progress=Progress(1, 1, 1),
        opponents=pool.state_dict(),
    )
    return folder / "checkpoint_00000001.pt", folder / "league" / "00000000.pt"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"trunk.x": torch.ones(2)}, "does not fit the networks of this run: policy_net."),
        ({"trunk.x": torch.full((2,), torch.inf)}, r"trunk\.x: holds numbers that are not finite"),
        ([torch.ones(2)], "must be a mapping, not a list"),
        (None, "cannot be read safely"),
    ],
)
def test_foreign_file_of_the_league_is_refused(tmp_path: Path, content: object, reason: str) -> None:
    checkpoint, file = league_run(tmp_path)
    plan_run(resume=checkpoint)
    buffer = io.BytesIO()
    torch.save(content, buffer)
    file.write_bytes(buffer.getvalue() if content is not None else b"foreign")
    stored = torch.load(io.BytesIO(checkpoint.read_bytes()[len(MAGIC) + 32 :]), weights_only=True)
    stored["opponents"]["league"]["members"][0]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(LeagueError, match=rf"{file}: .*{reason}"):
        plan_run(resume=write(checkpoint, stored))


RESULT = MatchResult(
    wins=3, losses=1, ties=0, truncated=0, turns=20.0, battles_per_s=5.0, pair_counts=(0, 0, 1, 0, 1)
)


def evaluation() -> dict[str, Any]:
    """The content of a file of `agents.evaluate`."""
    settings = {
        "battle_format": "gen1ou",
        "teams": "t",
        "battles": 4,
        "seed": 0,
        "greedy": True,
        "parallel": 4,
    }
    agents = [{"name": "a", "checkpoint": "a.pt", "sha256": "0"}, {"name": "b"}]
    match = {"agent": "a", "opponent": "b"} | RESULT.to_json()
    ratings = [rating.to_json() for rating in bradley_terry({("a", "b"): RESULT})]
    return settings | {"agents": agents, "matches": [match], "ratings": ratings}


def spoil_number(part: Any, key: Any) -> None:
    if isinstance(part[key], str | list | dict | bool):
        raise LookupError
    part[key] = -(10**12)


def retype_json(part: Any, key: Any) -> None:
    part[key] = "text" if not isinstance(part[key], str) else [1]


@pytest.mark.parametrize("change", [remove, retype_json, spoil_number])
@pytest.mark.parametrize("final", [False, True])
def test_evaluation_with_one_wrong_value_is_refused_in_words(
    tmp_path: Path, final: bool, change: Callable[[Any, Any], None]
) -> None:
    content = {"random": RESULT.to_json()} if final else evaluation()
    path, read = tmp_path / "evaluation.json", read_final_evaluation if final else read_evaluation
    path.write_text(json.dumps(content), encoding="utf-8")
    read(path, ReportError)
    free = ("random", "agents.0", "agents.1", "matches.0", "ratings.0", "ratings.1")  # may be fewer
    optional = ("agents.0.checkpoint", "agents.0.sha256")
    for place in places(content):
        name = ".".join(map(str, place))
        try:
            path.write_text(json.dumps(changed(content, place, change)), encoding="utf-8")
        except LookupError:
            continue
        if change is remove and name in (*free, *optional):
            continue
        with pytest.raises(ReportError, match=r"evaluation\.json: "):
            read(path, ReportError)
            pytest.fail(f"{name} is accepted")


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 10**5, '{"random": ' + "9" * 6000 + "}", '{"random": NaN}', "\x00", "[]"]
)
def test_results_that_are_no_json_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "evaluation.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=r"evaluation\.json: "):
        read_final_evaluation(tmp_path / "evaluation.json", ReportError)


@pytest.mark.parametrize(
    "line",
    ['{"step": 3, "loss": NaN}', '{"step": 3, "loss": -Infinity}', '{"step": 3, "loss": 1e999}'],
)
def test_metric_that_is_no_number_is_missing(line: str) -> None:
    assert parse_metrics(line) == {"step": 3, "loss": None}


@pytest.mark.parametrize(
    "line",
    [
        "[" * 10**5,
        '{"step": ' + "9" * 6000 + "}",
        '{"step": true}',
        '{"step": -1}',
        '{"step": 1.5}',
        '{"step": NaN}',
        '{"step": 1, "loss": true}',
        '{"step": 1, "loss": {}}',
    ],
)
def test_metrics_of_another_kind_are_a_damaged_line(line: str) -> None:
    assert parse_metrics(line) is None
