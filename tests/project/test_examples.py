"""The examples: short, listed in the documentation, and each of them runs."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
FILES = sorted(path.name for path in FOLDER.glob("*.py"))


def main_of(name: str) -> Callable[..., Any]:
    specification = importlib.util.spec_from_file_location(name.removesuffix(".py"), FOLDER / name)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    main: Callable[..., Any] = module.main
    return main


def check_sb3(model: Any, steps: int) -> None:
    assert model.num_timesteps >= steps and len(model.ep_info_buffer) > 0


CHECKS: dict[str, Callable[[Callable[..., Any]], None]] = {}
"""By file: runs its `main` in small and checks the result."""


def check(name: str) -> Callable[[Callable[[Callable[..., Any]], None]], None]:
    def keep(function: Callable[[Callable[..., Any]], None]) -> None:
        CHECKS[name] = function

    return keep


@check("random_agent.py")
def _(main: Callable[..., Any]) -> None:
    main()


@check("sb3_ppo.py")
def _(main: Callable[..., Any]) -> None:
    check_sb3(main(timesteps=256, rollout=64), 256)


@check("sb3_contrib_ppo.py")
def _(main: Callable[..., Any]) -> None:
    for algorithm in ("maskable", "recurrent"):
        check_sb3(main(algorithm, timesteps=256, rollout=64), 256)


@check("recurrent_ppo.py")
def _(main: Callable[..., Any]) -> None:
    outcomes = main(updates=12)
    assert sum(outcomes[-3:]) > sum(outcomes[:3]), "it learns"


@check("pettingzoo_selfplay.py")
def _(main: Callable[..., Any]) -> None:
    assert sum(main(battles=2).values()) <= 2


@check("opponent_and_reward.py")
def _(main: Callable[..., Any]) -> None:
    assert -2 < main() < 2


@check("poke_env_player.py")
def _(main: Callable[..., Any]) -> None:
    assert main(battles=4).battles == 4


@check("one_ply_search.py")
def _(main: Callable[..., Any]) -> None:
    assert main(battles=3) == 3, "a search with the true dice beats random actions"


@check("scripted_player.py")
def _(main: Callable[..., Any]) -> None:
    assert main(battles=60) > 0.5, "it beats max"


@check("language_model.py")
def _(main: Callable[..., Any]) -> None:
    assert main() in (-1.0, 0.0, 1.0)
    with pytest.raises(KeyError):
        main(lambda prompt: {}[prompt])


@check("rllib_masked_ppo.py")
def _(main: Callable[..., Any]) -> None:
    returns = main(iterations=2, decisions=300)
    assert len(returns) == 2 and all(-1 <= mean <= 1 for mean in returns)


def test_every_example_is_short_checked_and_listed() -> None:
    assert set(CHECKS) == set(FILES)
    page = (FOLDER.parent / "docs" / "examples.md").read_text(encoding="utf-8")
    for name in FILES:
        assert len((FOLDER / name).read_text(encoding="utf-8").splitlines()) <= 120, name
        assert f"examples/{name}" in page, f"docs/examples.md does not list {name}"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", FILES)
def test_an_example_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name.startswith("rllib"):
        pytest.importorskip("tree", reason="RLlib needs the extra rllib, which make test-slow installs")
    CHECKS[name](main_of(name))
    assert capsys.readouterr().out, "it shows its result"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="the notebook draws with matplotlib (extra bench)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    notebook = json.loads((FOLDER / "first_steps.ipynb").read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            code = "".join(cell["source"]).replace("TIMESTEPS = 20_000", "TIMESTEPS = 1_024")
            exec(compile(code, f"cell {number}", "exec"), names)
    assert len(names["rewards"]) > 10 and names["info"]["outcome"] in (-1, 0, 1)
    assert (tmp_path / "curve.png").exists() and (tmp_path / "battle.html").exists()
