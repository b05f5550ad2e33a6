"""Checks of the optional extras, one small use of each, for `tools/installed_checks.py`."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

FORMAT = "gen1randombattle"
RAY_RUN = """
battle_format: gen1randombattle
episodes: 4
episodes_per_update: 4
parallel: 2
num_workers: 1
turn_limit: 20
checkpoint_dir: ray
evaluation: {battles: 0}
network: {hidden_size: 16, embedding_size: 4}
collection: {source: ray}
"""


def check_pettingzoo() -> int:
    """Agents left after a parallel environment's battle that the first legal actions play."""
    import pokeenv

    env = pokeenv.parallel_env(FORMAT, turn_limit=20)
    obs, _ = env.reset(seed=1)
    while env.agents:
        obs, *_ = env.step({agent: int(obs[agent]["action_mask"].argmax()) for agent in env.agents})
    env.close()
    return len(env.agents)


def check_render() -> int:
    """Frames of a film of some decisions, which moviepy writes."""
    import gymnasium as gym
    from gymnasium.wrappers import RecordVideo

    import pokeenv

    env: Any = gym.make(f"pokeenv/{FORMAT}-v0", opponent="random", render_mode="rgb_array", turn_limit=3)
    film = RecordVideo(env, "film", episode_trigger=lambda episode: True, disable_logger=True)
    obs, _ = film.reset(seed=1)
    frames, done = 1, False
    while not done:
        obs, _, terminated, truncated, _ = film.step(int(obs["action_mask"].argmax()))
        frames, done = frames + 1, terminated or truncated
    film.close()
    assert pokeenv.__version__ and list(Path("film").glob("*.mp4"))
    return frames


def check_sb3() -> int:
    """Decisions that MaskablePPO has learnt from."""
    from sb3_contrib import MaskablePPO
    from stable_baselines3.common.env_util import make_vec_env

    env = make_vec_env(f"pokeenv:pokeenv/{FORMAT}-v0", n_envs=2, seed=0, env_kwargs={"opponent": "random"})
    model = MaskablePPO("MultiInputPolicy", env, n_steps=16, batch_size=16, n_epochs=1, seed=0)
    model.learn(32)
    env.close()
    return int(model.num_timesteps)


def check_live() -> int:
    """Decisions of an episode against a player of poke-env's."""
    import gymnasium as gym

    import pokeenv

    env = gym.make(f"pokeenv/{FORMAT}-v0", opponent="poke-env:SimpleHeuristicsPlayer", turn_limit=20)
    obs, _ = env.reset(seed=1)
    decisions, done = 0, False
    while not done:
        obs, _, terminated, truncated, _ = env.step(int(obs["action_mask"].argmax()))
        decisions, done = decisions + 1, terminated or truncated
    env.close()
    assert pokeenv.__version__
    importlib.import_module("agents.live.session")
    return decisions


def check_ray() -> int:
    """Episodes that an actor has collected."""
    from agents.config import load_config
    from agents.episodes.source import collect
    from agents.runs.run import open_run

    Path("ray.yml").write_text(RAY_RUN)
    with open_run(load_config("ray.yml", [])) as run:
        return collect(run.begin_battles(), 4).num_episodes


def check_bench() -> int:
    """Bytes of a plot, as the benchmarks and the notebook draw them."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(layout="constrained")
    axis.plot([0, 1], [0, 1])
    figure.savefig("plot.svg")
    return Path("plot.svg").stat().st_size


def check_docs() -> int:
    """Bytes of a page that MkDocs makes with the theme of the documentation."""
    Path("site/docs").mkdir(parents=True)
    Path("site/docs/index.md").write_text("# Title\n")
    Path("site/mkdocs.yml").write_text("site_name: test\ntheme: {name: material, font: false}\n")
    subprocess.run([sys.executable, "-m", "mkdocs", "build", "--quiet"], cwd="site", check=True)
    return Path("site/site/index.html").stat().st_size


EXTRAS = {
    "pettingzoo": check_pettingzoo,
    "render": check_render,
    "sb3": check_sb3,
    "live": check_live,
    "ray": check_ray,
    "bench": check_bench,
    "docs": check_docs,
}
