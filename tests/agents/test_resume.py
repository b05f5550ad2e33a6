"""Killed and resumed runs: real training, real SIGKILL, the same parameters at the end."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import agents.checkpoints.checkpoint
import train_selfplay
from agents.checkpoints.checkpoint import load_checkpoint
from agents.checkpoints.run_folder import RunFolder, find_checkpoint
from agents.config import load_config
from agents.runs.logger import read_metrics

SETTINGS = {
    "battle_format": "gen1randombattle",
    "seed": 5,
    "parallel": 4,
    "num_workers": 1,
    "turn_limit": 30,
    "episodes": 25,
    "episodes_per_update": 4,
    "checkpoint_interval": 1,
    "keep_checkpoints": 100,
    "ppo_epochs": 2,
    "opponent_mix": "self:0.5,random:0.5",
    "win_rate_threshold": 0.2,
    "win_rate_window": 1,
    "network.hidden_size": 16,
    "network.lstm_hidden_size": 16,
    "network.embedding_size": 4,
    "evaluation.battles": 0,
}

VGC_CONFIG = Path(__file__).parents[2] / "config" / "train_config_vgc.yml"
TIMEOUT_S = 240

# One process that has imported everything; children are forked from it and need not.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__, "torch._dynamo"])  # the latter is what optimizers import


def arguments(folder: Path, **overrides: object) -> list[str]:
    config = folder / "empty.yml"
    config.write_text("", encoding="utf-8")
    settings = SETTINGS | {"checkpoint_dir": folder} | overrides
    return ["--config", str(config), *(f"--set={key}={value}" for key, value in settings.items())]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _at_call(number: int) -> None:
    """Die at the given call of a Python function of ours, counted from the first update on."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        if event == "call" and "/agents/" in frame.f_code.co_filename:
            count += 1
            if count >= number:
                _die()

    collect = train_selfplay.collect

    def collect_and_trace(*args: object) -> object:
        batch = collect(*args)  # type: ignore[arg-type]
        sys.setprofile(trace)
        return batch

    train_selfplay.collect = collect_and_trace  # type: ignore[assignment]


def _in_a_write(number: int) -> None:
    """Die when half of the n-th checkpoint is written."""
    written = 0
    write = agents.checkpoints.checkpoint.write_atomically

    def write_half(path: Path, data: bytes) -> None:
        nonlocal written
        written += path.suffix == ".pt"
        if written == number:
            path.with_name(f".{path.name}.{os.getpid()}.tmp").write_bytes(data[: len(data) // 2])
            _die()
        write(path, data)

    agents.checkpoints.checkpoint.write_atomically = write_half


def _after_a_torn_write(number: int) -> None:
    """Leave the n-th checkpoint torn under its name, as a file system may after a power cut, and die."""
    replaced = 0
    replace = os.replace

    def replace_and_tear(source: Path, target: Path) -> None:
        nonlocal replaced
        replace(source, target)
        replaced += target.suffix == ".pt"
        if replaced == number:
            os.truncate(target, target.stat().st_size // 2)
            _die()

    os.replace = replace_and_tear  # type: ignore[assignment]


FAULTS: dict[str, Callable[[int], None]] = {
    "at a call": _at_call,
    "in a write": _in_a_write,
    "after a torn write": _after_a_torn_write,
}


def _train(args: Sequence[str], fault: str | None, number: int, log: Path) -> None:
    output = log.open("a", encoding="utf-8")
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    torch.set_num_threads(1)
    if fault is not None:
        FAULTS[fault](number)
    code = train_selfplay.main(args)
    output.flush()
    os._exit(code)


def train(folder: Path, args: Sequence[str], fault: str | None = None, number: int = 0) -> int:
    """Exit code of a training process of its own; its output goes to `folder/log`."""
    process = PROCESSES.Process(target=_train, args=(args, fault, number, folder / "log"))
    process.start()
    process.join(TIMEOUT_S)
    assert process.exitcode is not None, "hangs"
    return process.exitcode


def digests(run: Path) -> dict[str, str]:
    """Hashes of each whole checkpoint of a run: networks, optimizer, opponents, counters."""

    def feed(value: object) -> None:
        if isinstance(value, torch.Tensor):
            state.update(value.cpu().numpy().tobytes())
        elif isinstance(value, dict):
            for key in sorted(value, key=str):
                state.update(str(key).encode())
                feed(value[key])
        else:
            state.update(repr(value).encode())

    found = {}
    for path in RunFolder(run).checkpoints():
        state = hashlib.sha256()
        checkpoint = load_checkpoint(path)
        for part in (checkpoint.agent, checkpoint.opponents, checkpoint.progress):
            feed(part)
        found[path.name] = state.hexdigest()
    return found


# A chain of processes: beside other work it may take longer than tests usually may.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run that nobody killed; a twin of it ran at the same time in the same place."""
    folder = tmp_path_factory.mktemp("whole")
    args = arguments(folder)
    twins = [PROCESSES.Process(target=_train, args=(args, None, 0, folder / "log")) for _ in range(2)]
    for twin in twins:
        twin.start()
    for twin in twins:
        twin.join(TIMEOUT_S)
    assert [twin.exitcode for twin in twins] == [0, 0], (folder / "log").read_text(encoding="utf-8")
    return folder / "run_001"


def assert_same_run(killed: Path, whole: Path) -> None:
    assert digests(killed) == digests(whole)
    steps = [line["step"] for line in read_metrics(killed / "metrics.jsonl")]
    assert steps == list(range(1, len(steps) + 1)), "each update once"
    events = EventAccumulator(str(killed / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("loss")] == steps
    losses = [line["loss"] for line in read_metrics(whole / "metrics.jsonl")]
    assert [event.value for event in events.Scalars("loss")] == pytest.approx(losses, abs=1e-6)
    assert not list(killed.glob(".*.tmp"))


def test_killed_run_reaches_the_same_parameters(whole_run: Path, tmp_path: Path) -> None:
    """One run, killed at a random call, in a write, after a torn write, and at a random call again."""
    rng = random.Random(20261124)
    run, log = tmp_path / "run_001", tmp_path / "log"
    resume = ["--resume", str(tmp_path)]
    assert train(tmp_path, arguments(tmp_path), "at a call", rng.randrange(2_000, 4_000)) == -signal.SIGKILL
    assert RunFolder(run).checkpoints(), "killed after the first checkpoint"
    assert train(tmp_path, resume, "in a write", 2) == -signal.SIGKILL
    assert len(list(run.glob(".checkpoint_*.tmp"))) == 1
    assert train(tmp_path, resume, "after a torn write", 1) == -signal.SIGKILL
    torn = RunFolder(run).checkpoints()[-1]
    assert train(tmp_path, resume, "at a call", rng.randrange(100, 2_000)) == -signal.SIGKILL
    assert f"{torn}: torn or damaged" in log.read_text(encoding="utf-8")
    assert (run / f"{torn.name}.torn").exists()
    assert train(tmp_path, resume) == 0, log.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.glob("run_*")] == ["run_001"]
    assert_same_run(run, whole_run)


def test_finished_run_is_not_changed_by_a_resume(whole_run: Path, tmp_path: Path) -> None:
    run = tmp_path / whole_run.name
    shutil.copytree(whole_run, run)
    newest = find_checkpoint(run)
    content, opponents = newest.read_bytes(), load_checkpoint(newest).opponents
    assert train(tmp_path, ["--resume", str(run)]) == 0
    assert newest.read_bytes() == content
    assert train(tmp_path, ["--resume", str(run), "--set=evaluation.parallel=3"]) == 0
    other = load_checkpoint(newest)
    assert other.config.evaluation.parallel == 3
    assert repr(other.opponents) == repr(opponents), "not the draws for battles that were dropped"
    assert digests(run).keys() == digests(whole_run).keys()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_run_killed_at_random_times_reaches_the_same_parameters(
    seed: int, whole_run: Path, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    args = arguments(tmp_path)
    for _ in range(6):
        process = PROCESSES.Process(target=_train, args=(args, None, 0, tmp_path / "log"))
        process.start()
        time.sleep(rng.uniform(0.5, 6))
        process.kill()
        process.join()
        if list(tmp_path.glob("run_*/*.pt")):
            args = ["--resume", str(tmp_path)]
    assert train(tmp_path, args) == 0, (tmp_path / "log").read_text(encoding="utf-8")
    assert_same_run(find_checkpoint(tmp_path).parent, whole_run)


@pytest.mark.slow
def test_killed_run_that_collects_in_another_process_reaches_the_same_parameters(tmp_path: Path) -> None:
    """Checkpoints are far enough apart for episodes that are collected during updates, and updates grow."""
    settings = {
        "collection.source": "process",
        "checkpoint_interval": 4,
        "episodes": 90,
        "episodes_per_update_final": 8,
    }
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    assert train(whole, arguments(whole, **settings)) == 0, (whole / "log").read_text(encoding="utf-8")
    args = arguments(killed, **settings)
    for calls in (3_500, 1_000):
        assert train(killed, args, "at a call", calls) == -signal.SIGKILL
        args = ["--resume", str(killed)]
    assert train(killed, args) == 0, (killed / "log").read_text(encoding="utf-8")
    assert_same_run(killed / "run_001", whole / "run_001")


@pytest.mark.slow
def test_killed_run_of_vgc_with_teams_from_files_reaches_the_same_parameters(tmp_path: Path) -> None:
    """Killed in a battle and within a write; both sides bring four of six Pokémon of a drawn team."""
    sizes = {
        "seed": 5,
        "parallel": 4,
        "num_workers": 1,
        "turn_limit": 12,
        "episodes": 25,
        "episodes_per_update": 4,
        "checkpoint_interval": 1,
        "keep_checkpoints": 100,
        "network.hidden_size": 16,
        "network.embedding_size": 4,
        "evaluation.battles": 0,
    }
    whole, killed = tmp_path / "whole", tmp_path / "killed"

    def of(folder: Path) -> list[str]:
        folder.mkdir()
        settings = sizes | {"checkpoint_dir": folder}
        return ["--config", str(VGC_CONFIG), *(f"--set={key}={value}" for key, value in settings.items())]

    assert train(whole, of(whole)) == 0, (whole / "log").read_text(encoding="utf-8")
    config = load_checkpoint(find_checkpoint(whole)).config
    assert config.battle_format.startswith("gen9championsvgc") and config.team == "files"
    args = of(killed)
    for fault, number in (("at a call", 3_000), ("in a write", 2), ("at a call", 1_000)):
        assert train(killed, args, fault, number) == -signal.SIGKILL, (killed / "log").read_text("utf-8")
        args = ["--resume", str(killed)]
    assert train(killed, args) == 0, (killed / "log").read_text(encoding="utf-8")
    assert_same_run(killed / "run_001", whole / "run_001")


def test_two_runs_at_once_in_one_folder_do_not_disturb_each_other(whole_run: Path) -> None:
    assert_same_run(whole_run.with_name("run_002"), whole_run)


def test_run_that_another_process_is_writing_is_not_resumed(
    whole_run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    newest = find_checkpoint(whole_run)
    held = RunFolder.of_checkpoint(newest, whole_run.parent)
    try:
        assert train_selfplay.main(["--resume", str(whole_run), "--set=episodes=1000"]) == 2
    finally:
        held.close()
    assert f"error: {whole_run}: another process is writing this run" in capfd.readouterr().err
    assert len(list(whole_run.parent.glob("run_*"))) == 2


def test_configuration_is_kept_as_resolved_also_after_a_resume_with_another(
    whole_run: Path, tmp_path: Path
) -> None:
    kept = load_config(whole_run / "config.yml")
    assert (kept.seed, kept.opponent_mix) == (5, "self:0.5,random:0.5")
    newest = find_checkpoint(whole_run)
    assert (
        train_selfplay.main(["--resume", str(newest), "--set=lr=0.5", "--set=evaluation.greedy=false"]) == 0
    )
    changed = load_config(whole_run / "config.yml")
    assert changed == load_checkpoint(newest).config
    assert (changed.lr, changed.evaluation.greedy, changed.seed) == (0.5, False, 5)


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("battle_format=gen9foo", "unknown battle format 'gen9foo'"),
        ("battle_format=gen1ou", "teams"),
        ("device=cuda:99", "device: 'cuda:99' is not on this machine"),
        ("evaluation.battles=2", "evaluation.opponents: 'maxx' is neither"),
        ("save_model=/dev/null/model.pt", "save_model: /dev/null/model.pt: no file can be written there"),
        ("load_model=nowhere.pt", "nowhere.pt: no such checkpoint"),
    ],
)
def test_refused_run_leaves_no_folder(
    override: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        train_selfplay.main([*arguments(tmp_path), "--set=evaluation.opponents=[maxx]", "--set", override])
        == 2
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert reason in line
    assert [path.name for path in tmp_path.iterdir()] == ["empty.yml"]


def test_full_disk_ends_the_run_with_the_command_to_resume(
    whole_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write, written = agents.checkpoints.checkpoint.write_atomically, []

    def full(path: Path, data: bytes) -> None:
        if path.suffix == ".pt":
            if written:
                raise OSError(28, "No space left on device")
            written.append(path)
        write(path, data)

    monkeypatch.setattr(agents.checkpoints.checkpoint, "write_atomically", full)
    assert train_selfplay.main(arguments(tmp_path)) == 1
    errors = capsys.readouterr().err
    assert "checkpoint_00000002.pt: cannot be written: No space left on device" in errors
    assert errors.endswith(f"to resume: python train_selfplay.py --resume {written[0]}\n")
    assert digests(tmp_path / "run_001").items() <= digests(whole_run).items()
