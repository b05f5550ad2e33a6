"""Checks of an installed pokeenv, which `tools.versions` runs in each of its environments.

They need no file of the checkout. The working folder is empty at the start:

    cd "$(mktemp -d)" && python .../tools/installed_checks.py [EXTRAS]

The last line of the output is a JSON object of measurements. Exit code 1: a check failed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

IMPORT_LIMIT_S = 0.5
IMPORT = "import sys, time; t = time.process_time(); import pokeenv; t = time.process_time() - t"
SETTINGS = """
battle_format: gen1randombattle
episodes: 8
episodes_per_update: 8
parallel: 4
num_workers: 1
turn_limit: 40
batch_size: 200
checkpoint_dir: runs
evaluation: {battles: 0}
network: {type: lstm, hidden_size: 16, lstm_hidden_size: 16, embedding_size: 4}
"""


def check_import() -> float:
    """CPU seconds of `import pokeenv` (the least of five), which must not import torch."""
    times = []
    for _ in range(5):
        command = [sys.executable, "-c", f"{IMPORT}; print(t, 'torch' in sys.modules, pokeenv.__file__)"]
        seconds, torch, file = subprocess.check_output(command, text=True).split(maxsplit=2)
        assert torch == "False", "import pokeenv imports torch"
        assert Path(sys.prefix) in Path(file).parents, f"{file} is not that of the environment"
        times.append(float(seconds))
    assert min(times) < IMPORT_LIMIT_S, f"import pokeenv took {min(times):.2f} CPU seconds"
    return round(min(times), 2)


def check_battle() -> int:
    """Turns of one whole battle against `max`."""
    import gymnasium as gym

    import pokeenv

    env = gym.make("pokeenv/Battle-v0", battle_format="gen9randombattle", opponent="max", render_mode="ansi")
    obs, _ = env.reset(seed=1)
    env.action_space.seed(1)
    done = False
    while not done:
        obs, _, terminated, truncated, _ = env.step(env.action_space.sample(mask=obs["action_mask"]))
        done = terminated or truncated
    turn = pokeenv.scene_of(obs).turn
    assert terminated and turn > 1
    env.close()
    return turn


def check_update() -> float:
    """Loss of one training update, of a run that saves a checkpoint which can be loaded."""
    from agents.config import load_config
    from agents.episodes.source import collect
    from agents.players.loading import load_agent
    from agents.runs.run import open_run

    Path("run.yml").write_text(SETTINGS)
    with open_run(load_config("run.yml", [])) as run:
        before = [parameter.detach().clone() for parameter in run.agent.policy_net.parameters()]
        batch = collect(run.begin_battles(), run.config.episodes_per_update)
        loss = run.agent.update(batch)
        after = run.agent.policy_net.parameters()
        assert any(bool((old != new).any()) for old, new in zip(before, after, strict=True))
        path = run.save()
    assert loss == loss, "the loss is not a number"
    load_agent(str(path))
    return round(float(loss), 4)


def check_play() -> int:
    """Bytes of the play page, which answers and plays the first turn against the agent of the package."""
    from websockets.sync.client import connect

    command = [sys.executable, "-m", "agents.play", "--opponent", "pretrained:gen9randombattle"]
    with subprocess.Popen([*command, "--no-browser"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            address = process.stdout.readline().strip()
            pages = [urllib.request.urlopen(address + name).read() for name in ("", "page.css", "page.js")]
            assert all(pages)
            host = address.split("/")[2]
            with connect(
                f"ws{address.removeprefix('http')}socket", origin=f"http://{host}", proxy=None
            ) as tab:
                tab.send(json.dumps({"join": "tab-number-1"}))
                view = json.loads(tab.recv(timeout=120))["view"]
                (action, *_) = re.findall(r'"action": (\d+)', json.dumps(view["board"]["choices"]))
                tab.send(json.dumps({"choose": int(action), "decision": view["decision"]}))
                assert json.loads(tab.recv(timeout=120))["view"]["decision"] > view["decision"]
        finally:
            process.terminate()
    return sum(map(len, pages))


BASE = {"import_cpu_s": check_import, "turns": check_battle, "loss": check_update, "page_bytes": check_play}


def main(names: list[str]) -> int:
    """Run the checks of the package itself, or of some extras."""
    assert not list(Path().iterdir()), "run the checks in an empty folder"
    if names:
        from installed_extras import EXTRAS

        checks = {name: EXTRAS[name] for name in names}
    else:
        checks = BASE
    figures = {}
    for name, check in checks.items():
        started = time.monotonic()
        figures[name] = check()
        print(f"  {name}: {figures[name]} ({time.monotonic() - started:.0f} s)", flush=True)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
