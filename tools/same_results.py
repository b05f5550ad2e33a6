"""Digests of the results of this project, to compare two versions of its code.

    python tools/same_results.py ROOT OUT.json [--python PYTHON] [--only PART ...] [--runs FOLDER]

Runs the code in the folder ROOT, in its own environment, and writes the digests to OUT.json. If a change of
the code does not change its behaviour, everything except `about` stays equal, on the same machine with the
same packages; `compare_results.py` compares two such files. The parts:

- `training`: runs of exactly ten updates each, with their final parameters and metrics;
- `observations`: observations of random players, in generations 1 to 9, also with brought teams;
- `opponents`: observations of random players against the built-in opponents of the environment;
- `pictures`: boards as text and as pictures, decoded observations, replays, snapshots;
- `evaluation`: matches of baselines, and of the agents from `training`.

Only command lines, file formats and public names of `pokeenv` are used, so that modules may move. Names of
parameters may change: tensors are compared by their content.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

# Functions import numpy, torch, gymnasium and pokeenv themselves: the process that the user starts may have
# none of them, and only starts the Python of ROOT.

Json = dict[str, Any]

UPDATES = 10
SEED = 7

COMMON_SETTINGS = {
    "seed": SEED,
    "device": "cpu",
    "precision": "fp32",
    "torch_threads": 1,
    "tensorboard": "false",
    "checkpoint_interval": 4,
    "evaluation.battles": 0,
    "parallel": 16,
    "num_workers": 2,
    "network.embedding_size": 8,
    "network.hidden_size": 48,
    "network.lstm_hidden_size": 32,
    "network.num_layers": 1,
    "batch_size": 256,
}

# An update learns from `episodes_per_update` episodes or a few more. `episodes` is a number that ten updates
# reach and nine do not.
TRAINING: dict[str, dict[str, object]] = {
    "lstm, whole episodes": {
        "network.type": "lstm",
        "network.memory": "lstm",
        "network.shared": "false",
        "sequence_learning.bptt_length": 0,
        "entropy_coef_final": 0.002,
        "opponent_mix": "self:0.5,max:0.2,rule:0.1,random:0.2",
        "episodes_per_update": 24,
        "episodes": 236,
        "evaluation.interval": 5,
        "evaluation.interval_battles": 4,
        "evaluation.battles": 4,
        "evaluation.parallel": 4,
    },
    "entity lstm, truncated": {
        "network.type": "entity",
        "network.memory": "lstm",
        "network.use_lstm": "true",
        "network.shared": "true",
        "sequence_learning.bptt_length": 8,
        "opponent_mix": "self:0.5,max:0.25,rule:0.25",
        "win_rate_threshold": 0.55,
        "win_rate_window": 10,
        "turn_limit": 40,
        "episodes_per_update": 24,
        "episodes": 236,
    },
    "basic without memory, gen9, damage": {
        "battle_format": "gen9randombattle",
        "network.type": "basic",
        "network.observation": "damage",
        "network.num_layers": 2,
        "network.shared": "false",
        "reward": "win_loss",
        "reward_config": "null",
        "gamma": 0.99,
        "value_clip_range": 0.2,
        "target_kl": 0.02,
        "magnet": "uniform",
        "magnet_coef": 0.01,
        "lr_schedule": "constant",
        "opponent_mix": "self:0.4,rule:0.3,max:0.3",
        "episodes_per_update": 20,
        "episodes": 196,
        "tensorboard": "true",
    },
    "attention over the episode, league": {
        "network.type": "attention",
        "network.use_lstm": "true",
        "network.memory": "attention",
        "network.context_length": 16,
        "network.num_heads": 4,
        "network.shared": "true",
        "aux_coef": 0.1,
        "magnet": "ema",
        "magnet_coef": 0.05,
        "magnet_decay": 0.9,
        "value_clip_range": 0.3,
        "ppo_epochs": 2,
        "opponent_mix": "self:0.3,max:0.1,rule:0.2,league:0.4",
        "league.interval": 2,
        "league.size": 3,
        "league.sampling": "pfsp",
        "turn_limit": 100,
        "episodes_per_update": 20,
        "episodes": 196,
    },
    "reinforce with gru, gen5ou": {
        "battle_format": "gen5ou",
        "team": "files",
        "teams_dir": "config/teams/gen5ou",
        "algorithm": "reinforce",
        "ppo_epochs": 1,
        "network.type": "entity",
        "network.memory": "gru",
        "network.use_lstm": "true",
        "network.shared": "false",
        "sequence_learning.memory_limit_mb": 16,
        "opponent_mix": "self:0.5,max:0.5",
        "turn_limit": 60,
        "episodes_per_update": 12,
        "episodes": 117,
    },
}

RANDOM_FORMATS = [f"gen{generation}randombattle" for generation in range(1, 10)]
TEAM_FORMATS = ["gen9ou", "gen5ou", "gen9bssregi"]
BATTLES = 40
SLOTS = 20
TURN_LIMIT = 150  # truncates some battles of the first generations
REWARD = {
    "weights": {
        "win_loss": 1.0,
        "knockout": 0.05,
        "hp_delta": 0.2,
        "pokemon_count": 0.1,
        "turn_penalty": 0.001,
        "fail_immune": 0.01,
        "switch_penalty": 0.01,
    },
    "potential_based": False,
}

# Opponent, format, kind of observation, autoreset mode.
OPPONENT_MATCHES = [
    ("max", "gen1randombattle", "base", "NextStep"),
    ("max", "gen4randombattle", "base", "SameStep"),
    ("max", "gen9randombattle", "damage", "NextStep"),
    ("rule", "gen1randombattle", "base", "SameStep"),
    ("rule", "gen4randombattle", "damage", "NextStep"),
    ("rule", "gen9randombattle", "base", "NextStep"),
    ("rule", "gen9ou", "base", "NextStep"),
    ("random", "gen5ou", "base", "SameStep"),
    ("poke-env:SimpleHeuristicsPlayer", "gen9randombattle", "base", "NextStep"),
]
OPPONENT_BATTLES = 24
OPPONENT_SLOTS = 12

EVALUATION_FORMATS = ["gen1randombattle", "gen9randombattle"]
TRAINED_EVALUATED = {
    "lstm, whole episodes": ["--greedy"],
    "attention over the episode, league": ["--no-greedy"],
}
NOT_COMPARED = {"battles_per_s", "sha256", "checkpoint"}  # keys of an evaluation's JSON


class Failed(Exception):
    """Raised when a program has failed or has not given the expected results."""


class Digests:
    """One sha256 for each of several streams of values."""

    def __init__(self) -> None:
        """Start without streams."""
        self._hashes: dict[str, Any] = {}

    def add(self, name: str, value: object) -> None:
        """Add a value to a stream: arrays as shape, type and bytes, mappings by key, others as text."""
        self._add(self._hashes.setdefault(name, hashlib.sha256()), value)

    def _add(self, found: Any, value: object) -> None:
        import numpy as np

        if isinstance(value, Mapping):
            for key in sorted(value):
                found.update(f"{key}:".encode())
                self._add(found, value[key])
        elif isinstance(value, np.ndarray) and value.dtype != object:
            found.update(f"{value.shape} {value.dtype}".encode())
            found.update(np.ascontiguousarray(value).tobytes())
        elif isinstance(value, np.ndarray):
            found.update(f"{value.shape}".encode())
            for item in value.ravel():
                self._add(found, item)
        elif isinstance(value, bytes):
            found.update(value)
        else:
            found.update(repr(value).encode())

    def result(self) -> dict[str, str]:
        """The digests by the names of their streams."""
        return {name: found.hexdigest() for name, found in sorted(self._hashes.items())}


# Training


def train_all(folder: Path) -> Json:
    """Train with every configuration; the runs stay in `folder`."""
    return {name: train(settings, run_folder(folder, name)) for name, settings in TRAINING.items()}


def run_folder(folder: Path, name: str) -> Path:
    """Folder of the runs of a configuration."""
    return folder / "".join(letter if letter.isalnum() else "_" for letter in name)


def train(settings: Mapping[str, object], folder: Path) -> Json:
    """Train with the command line and read the files of the run."""
    command = ["train_selfplay.py", "--config", "config/train_config.yml"]
    for key, value in {**COMMON_SETTINGS, **settings, "checkpoint_dir": folder}.items():
        command += ["--set", f"{key}={value}"]
    run_python(command)
    runs = list(folder.glob("run_*"))
    if len(runs) != 1:
        raise Failed(f"{folder}: holds {len(runs)} runs, not this one alone")
    run = runs[0]
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    updates = [{key: value for key, value in line.items() if not key.startswith("time/")} for line in lines]
    if [update["step"] for update in updates] != list(range(1, UPDATES + 1)):
        raise Failed(f"{folder.name}: {len(updates)} updates, not {UPDATES}: choose other `episodes`")
    content = read_checkpoint(max(run.glob("checkpoint_*.pt")))
    agent = content["agent"]
    found = {
        "progress": dict(content["progress"]),
        "policy_net": tensor_digests(agent["policy_net"]),
        "value_net": tensor_digests(agent["value_net"]),
        "optimizer": tensor_digests(agent["optimizer"]),
        "algorithm": tensor_digests(agent["algorithm"]),
        "generator": tensor_digests(agent["generator"]),  # torch's global one is never seeded, nor used
        "decisions of each update": [update["rollout/decisions"] for update in updates],
        "metrics of each update": [text_digest(json.dumps(update, sort_keys=True)) for update in updates],
        "metrics of the last update": updates[-1],
    }
    if (run / "evaluation.json").exists():
        found["evaluation"] = without(json.loads((run / "evaluation.json").read_text()), NOT_COMPARED)
    return found


def read_checkpoint(path: Path) -> Json:
    """Content of a checkpoint file: a line of text, the sha256 of what follows, torch's own format."""
    import torch

    line, _, rest = path.read_bytes().partition(b"\n")
    digest, body = rest[:32], rest[32:]
    if not line.startswith(b"pokeenv-checkpoint ") or hashlib.sha256(body).digest() != digest:
        raise Failed(f"{path}: is not a whole checkpoint")
    content: Json = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    return content


def tensors_in(value: object) -> Iterable[Any]:
    """All tensors in nested mappings and sequences."""
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)


def tensor_digests(value: object) -> list[str]:
    """Sorted digests of shape, type and bytes of all tensors in a value, without their names."""
    return sorted(
        text_digest(f"{tuple(tensor.shape)} {tensor.dtype} {tensor.contiguous().numpy().tobytes().hex()}")
        for tensor in tensors_in(value)
    )


def text_digest(text: str) -> str:
    """The sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def without(value: Any, keys: set[str]) -> Any:
    """A JSON value without some keys, at any depth."""
    if isinstance(value, dict):
        return {key: without(item, keys) for key, item in value.items() if key not in keys}
    return [without(item, keys) for item in value] if isinstance(value, list) else value


# Observations


def observe_all(folder: Path) -> Json:
    """Random self-play in all formats, with both kinds of observation."""
    import pokeenv

    found: Json = {"layouts": {kind: layout.hash for kind, layout in sorted(pokeenv.LAYOUTS.items())}}
    for battle_format in [*RANDOM_FORMATS, *TEAM_FORMATS]:
        for kind in ("base", "damage"):
            found[f"{battle_format}, {kind}"] = observe_self_play(battle_format, kind)
    return found


def teams_of(battle_format: str) -> str | None:
    """Folder of the teams of a format, if it needs any."""
    return f"config/teams/{battle_format}" if battle_format in TEAM_FORMATS else None


def observe_self_play(battle_format: str, kind: str) -> Json:
    """Digests of all data that the rows of a self-play environment receive."""
    import numpy as np

    import pokeenv

    rng = np.random.default_rng(SEED)
    digests = Digests()
    ended = decisions = 0
    with pokeenv.SelfPlayVectorEnv(
        battle_format,
        SLOTS,
        num_workers=2,
        reward=REWARD,
        turn_limit=TURN_LIMIT,
        mirrored=battle_format in TEAM_FORMATS,
        teams=teams_of(battle_format),
        info_teams=kind == "base",
        observation=kind,
    ) as env:
        obs, infos = env.reset(seed=SEED)
        digests.add("infos", infos)
        seen = env.acting
        while ended < BATTLES:
            acting = env.acting.copy()
            decisions += int(acting.sum())
            digests.add("acting", acting)
            digests.add("observations", obs["observation"][seen])
            digests.add("masks", obs["action_mask"][seen])
            actions = random_actions(rng, obs["action_mask"])
            obs, rewards, terminated, truncated, infos = env.step(
                np.where(acting, actions, pokeenv.NO_ACTION)
            )
            over = terminated | truncated
            seen = env.acting | over  # the other rows have an earlier step's observation
            ended += int(over.sum()) // 2
            digests.add("rewards", rewards)
            digests.add("ends", np.stack([terminated, truncated]))
            digests.add("infos", infos)
    return {"battles": ended, "decisions": decisions, **digests.result()}


def random_actions(rng: Any, masks: Any) -> Any:
    """A random legal action for every row."""
    return ((rng.random(masks.shape) + 1e-9) * masks).argmax(axis=-1)


def observe_opponents(folder: Path) -> Json:
    """Random play against the opponents inside the environment."""
    return {", ".join(match): observe_opponent(*match) for match in OPPONENT_MATCHES}


def observe_opponent(opponent: str, battle_format: str, kind: str, autoreset: str) -> Json:
    """Digests of all data that random players receive against an opponent."""
    import gymnasium as gym
    import numpy as np

    import pokeenv  # noqa: F401 - registers the environments

    rng = np.random.default_rng(SEED)
    digests = Digests()
    ended = steps = 0
    env = gym.make_vec(
        "pokeenv/Battle-v0",
        num_envs=OPPONENT_SLOTS,
        num_workers=2,
        battle_format=battle_format,
        opponent=opponent,
        reward=REWARD,
        turn_limit=TURN_LIMIT,
        teams=teams_of(battle_format),
        observation=kind,
        autoreset_mode=gym.vector.AutoresetMode(autoreset),
    )
    try:
        obs, infos = env.reset(seed=SEED)
        while ended < OPPONENT_BATTLES:
            for name, value in {"observations": obs["observation"], "masks": obs["action_mask"]}.items():
                digests.add(name, value)
            digests.add("infos", infos)
            obs, rewards, terminated, truncated, infos = env.step(random_actions(rng, obs["action_mask"]))
            ended += int((terminated | truncated).sum())
            steps += 1
            digests.add("rewards", rewards)
            digests.add("ends", np.stack([terminated, truncated]))
    finally:
        env.close()
    return {"battles": ended, "steps": steps, **digests.result()}


def draw_all(folder: Path) -> Json:
    """One battle each of three formats, in all forms of output."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        return {name: draw(name, Path(place)) for name in ("gen1randombattle", "gen9randombattle", "gen9ou")}


def draw(battle_format: str, folder: Path) -> Json:
    """Digests of a battle's boards, decoded observations, replay and snapshot."""
    import gymnasium as gym
    import numpy as np

    import pokeenv

    digests = Digests()
    names = [pokeenv.action_name(action) for action in range(pokeenv.NUM_ACTIONS)]
    digests.add("names of actions", names)
    for mode in ("ansi", "rgb_array"):
        rng = np.random.default_rng(SEED)
        env = gym.make(
            "pokeenv/Battle-v0",
            battle_format=battle_format,
            opponent="random",
            teams=teams_of(battle_format),
            render_mode=mode,
        )
        battle: Any = env.unwrapped
        try:
            obs, info = env.reset(seed=SEED)
            step, over, snapshot = 0, False, None
            while not over:
                if mode == "ansi" or step % 10 == 0:
                    digests.add(f"boards, {mode}", env.render())
                if mode == "ansi":
                    digests.add("decoded", pokeenv.decode(obs["observation"]))
                obs, reward, terminated, truncated, info = env.step(
                    int(random_actions(rng, obs["action_mask"]))
                )
                over = terminated or truncated
                digests.add(f"steps, {mode}", [float(reward), terminated, truncated, sorted(info.items())])
                step += 1
                if step == 5:
                    snapshot = battle.snapshot()
            if mode == "ansi":
                digests.add("boards, ansi", env.render())
                page = battle.save_replay(folder / f"{battle_format}.html")
                digests.add("replay page", page.read_bytes())
                record = json.loads(page.with_suffix(".json").read_text())
                digests.add("replay record", without(record, {"versions"}))
                digests.add("replay outcome", pokeenv.load_record(page.with_suffix(".json")).outcome)
                obs, info = battle.restore(snapshot)
                digests.add("restored", obs)
        finally:
            env.close()
    return digests.result()


# Evaluation


def evaluate_all(folder: Path) -> Json:
    """Matches of the baselines, and of the trained agents if there are any."""
    found: Json = {
        battle_format: evaluate(["random", "max", "rule"], 20, battle_format, folder)
        for battle_format in EVALUATION_FORMATS
    }
    for name, options in TRAINED_EVALUATED.items():
        runs = run_folder(folder, name)
        if runs.exists():
            agents = [str(runs), "max", "random"]
            found[f"trained: {name}"] = evaluate(agents, 10, "gen1randombattle", folder, *options)
    return found


def evaluate(agents: Sequence[str], battles: int, battle_format: str, folder: Path, *options: str) -> Any:
    """Evaluate with the command line; return its JSON without entries that depend on time and place."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "evaluation.json"
        command = ["-m", "agents.evaluate", *agents, "--battles", str(battles), "--seed", str(SEED)]
        command += ["--battle-format", battle_format, "--quiet", "--json", str(path), *options]
        run_python(command)
        text = path.read_text().replace(str(folder), "FOLDER")
    return without(json.loads(text), NOT_COMPARED)


# The program

PARTS: dict[str, Callable[[Path], Json]] = {
    "training": train_all,
    "observations": observe_all,
    "opponents": observe_opponents,
    "pictures": draw_all,
    "evaluation": evaluate_all,
}


def run_python(arguments: Sequence[str]) -> None:
    """Run a program of ROOT, which is the working directory, with this Python."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(arguments)}: exit status {done.returncode}\n{done.stdout}\n{done.stderr}")


def about() -> Json:
    """Everything on which the results depend besides the code."""
    import numpy as np
    import torch

    return {
        "root": os.getcwd(),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }


def record_all(out: Path, parts: Sequence[str], runs: Path | None) -> None:
    """Run the parts in ROOT, which is the working directory, and write the results."""
    import pokeenv

    if Path.cwd() not in Path(pokeenv.__file__).resolve().parents:
        raise Failed(f"pokeenv comes from {pokeenv.__file__}, not from {Path.cwd()}")
    found: Json = {"about": about()}
    with tempfile.TemporaryDirectory(prefix="same-results-") as temporary:
        folder = runs or Path(temporary)
        for name in parts:
            started = time.perf_counter()
            found[name] = PARTS[name](folder)
            print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
    out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def main() -> int:
    """Start the Python of ROOT; in that process, do the work."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", type=Path, help="folder of the code")
    parser.add_argument("out", type=Path, help="file for the results")
    parser.add_argument("--python", type=Path, help="default: ROOT/.venv/bin/python, else this one")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to run")
    parser.add_argument(
        "--runs",
        type=Path,
        metavar="FOLDER",
        help="where training leaves its runs (default: none are kept); with --only evaluation, those that "
        "are there play: so one version of the code reads the checkpoints of another",
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        # Python puts the folder of this script first; its modules have other names than those of ROOT.
        sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).parent]
        try:
            record_all(args.out, args.only, args.runs)
        except Failed as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        return 0
    root = args.root.resolve()
    own = root / ".venv/bin/python"
    python = args.python.absolute() if args.python else own if own.exists() else Path(sys.executable)
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    script, out = str(Path(__file__).resolve()), str(args.out.absolute())
    command = [str(python), script, str(root), out, "--inside", "--only", *args.only]
    if args.runs is not None:
        args.runs.mkdir(parents=True, exist_ok=True)
        command += ["--runs", str(args.runs.absolute())]
    return subprocess.run(command, cwd=root, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
