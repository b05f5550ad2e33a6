"""The training script as users run it, on real battles."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

import train_selfplay
from agents.agent import RLAgent
from agents.algorithms import BaseAlgorithm, Episodes, PPOAlgorithm, ReinforceAlgorithm
from agents.checkpoints.checkpoint import load_checkpoint
from agents.checkpoints.run_folder import RunFolder
from agents.config import load_config
from agents.episodes.episode_batch import EpisodeBatch
from agents.errors import ConfigError, LeagueError
from agents.runs.battles import InlineBattles
from agents.runs.build import make_agent, make_algorithm, make_training_reward
from agents.runs.logger import MetricsLogger, read_metrics
from agents.runs.run import check_in_advance, open_run, plan_run
from agents.runs.stop_signal import StopSignal
from pokeenv import PokeenvError
from tests.support.training import arguments

ROOT = Path(__file__).parents[2]


def state_bytes(state: object) -> bytes:
    if isinstance(state, torch.Tensor):
        return state.numpy().tobytes()
    if isinstance(state, dict):
        return b"".join(
            str(key).encode() + state_bytes(value) for key, value in sorted(state.items(), key=str)
        )
    return repr(state).encode()


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run that was not interrupted."""
    runs = tmp_path_factory.mktemp("runs")
    assert train_selfplay.main(arguments(runs, save_model=runs / "final.pt")) == 0
    return runs / "run_001"


def test_resumed_run_equals_the_uninterrupted_one_bit_for_bit(finished_run: Path, tmp_path: Path) -> None:
    checkpoints = sorted(finished_run.glob("*.pt"))
    middle, end = checkpoints[0], checkpoints[-1]
    assert 0 < load_checkpoint(middle).progress.update < load_checkpoint(end).progress.update
    copied = tmp_path / "run_001" / middle.name
    copied.parent.mkdir()
    shutil.copyfile(middle, copied)
    shutil.copyfile(finished_run / "metrics.jsonl", copied.parent / "metrics.jsonl")
    shutil.copytree(finished_run / "league", copied.parent / "league")
    (copied.parent / "evaluation.json").write_text("{}", encoding="utf-8")
    torch.manual_seed(12345)  # nothing may depend on the state of the process
    assert train_selfplay.main(["--resume", str(tmp_path)]) == 0

    ours, theirs = load_checkpoint(copied.parent / end.name), load_checkpoint(end)
    assert ours.progress == theirs.progress
    assert not (copied.parent / "evaluation.json").exists(), "it was another policy's"
    assert ours.opponents["version"] > 0, "a snapshot was taken"
    assert ours.opponents["league"]["left"], "a full league was left"
    assert state_bytes(ours.opponents) == state_bytes(theirs.opponents)
    assert state_bytes(ours.agent) == state_bytes(theirs.agent)

    def comparable(path: Path) -> list[dict[str, float | None]]:
        lines = read_metrics(path / "metrics.jsonl")
        return [{k: v for k, v in line.items() if not k.startswith("time/")} for line in lines]

    assert comparable(copied.parent) == comparable(finished_run)


def test_run_leaves_configuration_metrics_and_checkpoints(finished_run: Path) -> None:
    lines = read_metrics(finished_run / "metrics.jsonl")
    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    for key in ("loss", "entropy", "approx_kl", "win_rate/random", "time/decisions_per_s", "rollout/move"):
        assert key in lines[-1], key
    assert lines[0]["lr"] == 3e-4
    assert 0 < lines[-1]["lr"] < lines[0]["lr"], "annealed, yet never 0 while there is something to learn"
    assert load_config(finished_run / "config.yml").seed == 3
    final = sorted(finished_run.glob("*.pt"))[-1]
    copied = load_checkpoint(finished_run.parent / "final.pt")
    assert state_bytes(copied.agent) == state_bytes(load_checkpoint(final).agent)
    assert copied.progress.episodes >= 17


def test_a_planned_run_has_written_nothing(finished_run: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished_run.rglob("*")}
    newest = sorted(finished_run.glob("*.pt"))[-1]
    resumed = plan_run(resume=newest, overrides=["episodes=99"])
    assert (resumed.config.episodes, resumed.resumed_from) == (99, newest)
    assert resumed.progress == load_checkpoint(newest).progress
    config = load_config(None, ["network.hidden_size=16", f"checkpoint_dir={tmp_path / 'runs'}"])
    assert plan_run(config).progress.update == 0
    assert not list(tmp_path.iterdir())
    assert {path: path.stat().st_mtime_ns for path in finished_run.rglob("*")} == before


def test_an_open_run_has_all_its_parts_and_holds_its_folder(finished_run: Path, tmp_path: Path) -> None:
    run_folder = tmp_path / finished_run.name
    shutil.copytree(finished_run, run_folder)
    newest = sorted(run_folder.glob("*.pt"))[-1]
    with open_run(resume=newest) as run:
        assert run.folder.path == run_folder
        assert isinstance(run.battles, InlineBattles)
        assert [env.num_battles for env in run.battles.envs] == [2, 2]
        assert state_bytes(run.pool.state_dict()) == state_bytes(load_checkpoint(newest).opponents)
        assert run.progress == load_checkpoint(newest).progress
        assert run.save() == newest, "a checkpoint of this update is there"
        with pytest.raises(PokeenvError, match="another process is writing this run"):
            plan_run(resume=newest)
    plan_run(resume=newest)


def test_a_damaged_league_is_refused_before_anything_is_written(finished_run: Path, tmp_path: Path) -> None:
    run_folder = tmp_path / finished_run.name
    shutil.copytree(finished_run, run_folder)
    newest = sorted(run_folder.glob("*.pt"))[-1]
    member = load_checkpoint(newest).opponents["league"]["members"][0]
    (run_folder / "league" / f"{member['update']:08d}.pt").write_bytes(b"torn")
    with pytest.raises(LeagueError, match="checksum"):
        plan_run(resume=newest)
    plan_run(resume=newest, overrides=["opponent_mix=random:1"])


def test_weights_can_start_a_new_run(finished_run: Path, tmp_path: Path) -> None:
    options = {"load_model": finished_run, "reset_optimizer": "true", "episodes": 1, "evaluation__battles": 2}
    assert train_selfplay.main(arguments(tmp_path, **options, evaluation__opponents="[max]")) == 0
    results = json.loads((tmp_path / "run_001" / "evaluation.json").read_text(encoding="utf-8"))
    assert results["max"]["battles"] == 2
    other = arguments(tmp_path, **(options | {"network__hidden_size": 24}))
    assert train_selfplay.main(other) == 2, "networks of another shape"


@pytest.mark.parametrize(
    ("number", "source"),
    [
        (signal.SIGINT, "process"),
        pytest.param(signal.SIGINT, "inline", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, "inline", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, "ray", marks=pytest.mark.slow),
    ],
)
def test_signal_saves_and_leaves_nothing_running(tmp_path: Path, number: signal.Signals, source: str) -> None:
    settings = arguments(
        tmp_path, episodes=100_000, checkpoint_interval=1, turn_limit=10, collection__source=source
    )
    command = [sys.executable, "train_selfplay.py", *settings]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("run_001/*.pt")) and time.monotonic() < deadline:
            time.sleep(0.1)
        if number == signal.SIGINT:
            os.killpg(run.pid, number)  # as a terminal does: the simulators get it too
        else:
            run.send_signal(number)
        stderr = run.communicate(timeout=60)[1]
    assert run.returncode == 128 + number, stderr
    newest = sorted(tmp_path.glob("run_001/*.pt"))[-1]
    assert f"--resume {newest}" in stderr
    assert "Traceback" not in stderr
    load_checkpoint(newest)
    with pytest.raises(ProcessLookupError):
        for _ in range(50):  # the helper of Python's own that follows a started process ends a moment later
            os.killpg(run.pid, 0)
            time.sleep(0.1)


def test_stop_is_acknowledged_while_the_main_thread_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[float, bytes]] = []
    monkeypatch.setattr(os, "write", lambda _, data: written.append((time.monotonic(), data)))
    stop = StopSignal()
    stop.notice = "stopping: update 12"
    with stop.listening():
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        hashlib.pbkdf2_hmac("sha256", b"", b"", 1_000_000)  # no handler of Python runs meanwhile
        ended = time.monotonic()
        assert stop.requested()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    ((at, text),) = written
    assert text == b"\nstopping: update 12\n"
    assert at < ended - 0.05


@pytest.mark.slow
def test_checkpoints_by_time_change_nothing_else(finished_run: Path, tmp_path: Path) -> None:
    seen: set[str] = set()
    save = RunFolder.save

    def saved(folder: RunFolder, **options: Any) -> Path:
        path = save(folder, **options)
        seen.update(file.name for file in folder.checkpoints())
        return path

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunFolder, "save", saved)
        assert train_selfplay.main(arguments(tmp_path, checkpoint_minutes=1e-9)) == 0
    ours, theirs = (sorted(folder.glob("*.pt")) for folder in (tmp_path / "run_001", finished_run))
    assert [path.name for path in ours] == [path.name for path in theirs]
    assert "checkpoint_00000001.pt" in seen, "between two scheduled ones"
    one, other = load_checkpoint(ours[-1]), load_checkpoint(theirs[-1])
    assert state_bytes(one.agent) == state_bytes(other.agent)
    assert state_bytes(one.opponents) == state_bytes(other.opponents)


@pytest.mark.slow
def test_run_continues_from_a_checkpoint_by_time(tmp_path: Path) -> None:
    settings = arguments(tmp_path, checkpoint_interval=1000, checkpoint_minutes=1e-9, episodes=9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_selfplay, "finish", lambda *_: None)  # as if it were killed now
        assert train_selfplay.main(settings) == 0
    (path,) = tmp_path.glob("run_001/*.pt")
    assert path.name != "checkpoint_00000001.pt"
    assert train_selfplay.main(["--resume", str(path), "--set", "episodes=13"]) == 0


def test_sigterm_stops_a_run_as_ctrl_c_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    update = RLAgent.update

    def interrupted(agent: RLAgent, batch: EpisodeBatch, **options: Any) -> float:
        signal.raise_signal(signal.SIGTERM)
        return update(agent, batch, **options)

    monkeypatch.setattr(RLAgent, "update", interrupted)
    assert train_selfplay.main(arguments(tmp_path, num_workers=1)) == 128 + signal.SIGTERM
    (checkpoint,) = tmp_path.glob("run_001/*.pt")
    assert checkpoint.name == "checkpoint_00000000.pt", "the first update was dropped"
    assert f"--resume {checkpoint}" in capsys.readouterr().err


def test_diverged_run_ends_with_the_command_to_resume_its_last_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    update, updates = RLAgent.update, []

    def third_overflows(agent: RLAgent, batch: EpisodeBatch, **options: Any) -> float:
        updates.append(batch)
        if len(updates) == 3:
            batch.old_log_probs.fill_(-200.0)
        return update(agent, batch, **options)

    monkeypatch.setattr(RLAgent, "update", third_overflows)
    assert train_selfplay.main(arguments(tmp_path)) == 1
    errors = capsys.readouterr().err
    (checkpoint,) = (tmp_path / "run_001").glob("checkpoint_*.pt")
    assert checkpoint.name == "checkpoint_00000002.pt"
    assert "error: update 3: the update has diverged: " in errors
    assert errors.endswith(f"to resume: python train_selfplay.py --resume {checkpoint} --set lr=0.00015\n")


def test_faults_are_reported_in_one_line_and_make_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for faulty in (["--set", "gama=0.9"], ["--set", "load_model=nowhere.pt"], ["--resume", "nowhere.pt"]):
        assert train_selfplay.main([*arguments(tmp_path), *faulty]) == 2
        assert capsys.readouterr().err.startswith("error: ")
    assert list(tmp_path.glob("run_*")) == []


@pytest.mark.parametrize(
    ("overrides", "kind", "sequence"),
    [
        ([], PPOAlgorithm, True),
        (["algorithm=reinforce"], ReinforceAlgorithm, True),
        (["network.type=basic"], PPOAlgorithm, False),
        (["network.type=basic", "algorithm=reinforce"], ReinforceAlgorithm, False),
        (["network.type=entity"], PPOAlgorithm, True),
        (["network.type=entity", "network.use_lstm=false"], PPOAlgorithm, False),
        (
            ["network.type=attention", "network.use_lstm=false", "sequence_learning.enabled=false"],
            PPOAlgorithm,
            False,
        ),
    ],
)
def test_configuration_chooses_the_algorithm(
    overrides: list[str], kind: type[BaseAlgorithm], sequence: bool
) -> None:
    config = load_config(None, [*overrides, "network.hidden_size=16", "network.lstm_hidden_size=16"])
    agent = make_agent(config)
    assert type(agent.algorithm) is kind
    assert agent.algorithm.sequence == sequence
    assert agent.policy_net.recurrent == config.network.recurrent


@pytest.mark.parametrize("name", ["poke-env:Nope", "maxx", "x" * 300], ids=lambda name: name[:13])
def test_unknown_opponent_is_reported_with_its_key(name: str) -> None:
    config = load_config(None, [f"evaluation.opponents=['{name}']"])
    with pytest.raises(PokeenvError, match=rf"^evaluation\.opponents: .*{name[-4:]}"):
        check_in_advance(config)


def test_sequence_settings_reach_the_algorithm() -> None:
    options = ["sequence_learning.bptt_length=7", "sequence_learning.grad_clip_norm=0.5", "clip_range=0.3"]
    algorithm = make_algorithm(load_config(None, options))
    assert isinstance(algorithm, PPOAlgorithm)
    assert isinstance(algorithm.batching, Episodes)
    reached = algorithm.batching.bptt_length, algorithm.grad_clip_norm, algorithm.clip_range
    assert reached == (7, 0.5, 0.3)


def test_recurrent_network_is_never_trained_decision_by_decision() -> None:
    with pytest.raises(ConfigError, match=r"sequence_learning\.enabled"):
        load_config(None, ["network.type=lstm", "sequence_learning.enabled=false"])


def test_shaping_must_discount_as_the_learner_does() -> None:
    reward = ["reward=composite", f"reward_config={ROOT / 'config/reward.yaml'}"]
    make_training_reward(load_config(None, reward))
    with pytest.raises(ConfigError, match=r"gamma 1\.0 is not the learner's gamma 0\.9"):
        make_training_reward(load_config(None, [*reward, "gamma=0.9"]))


def test_logger_drops_the_steps_that_a_resumed_run_repeats(tmp_path: Path) -> None:
    with MetricsLogger(tmp_path, tensorboard=True) as logger:
        for step in range(1, 6):
            logger.write({"loss": step / 2}, step)
    with (tmp_path / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 6, "lo')  # a crash in the middle of a line
    with MetricsLogger(tmp_path, tensorboard=False, resume_step=3) as logger:
        logger.write({"loss": float("nan")}, 4)
    lines = read_metrics(tmp_path / "metrics.jsonl")
    assert lines == [{"step": n, "loss": n / 2} for n in (1, 2, 3)] + [{"step": 4, "loss": None}]
    assert len(list((tmp_path / "tensorboard").iterdir())) == 1


def test_a_damaged_line_costs_itself_and_not_those_after_it(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [json.dumps({"step": step, "loss": 0.5}) for step in range(1, 6)]
    for damaged in ('{"step": 2, "lo', "[1]", '{"loss": 2}', "\x00\xff"):
        path.write_text("\n".join([lines[0], damaged, *lines[2:]]) + "\n", encoding="latin-1")
        MetricsLogger(tmp_path, tensorboard=False, resume_step=4).close()
        assert [line["step"] for line in read_metrics(path)] == [1, 3, 4]
