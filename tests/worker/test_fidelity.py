"""The accelerated simulator plays exactly as the unpatched one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pokeenv.engine.showdown.install import node_executable, simulator_path
from tests.campaigns.fidelity import RANDOM_BATTLES, Pair
from tests.campaigns.team_sources import DOUBLES
from tests.support.play import FAST_GENERATIONS

ACCELERATE = Path(__file__).parents[2] / "pokeenv/engine/showdown/worker/accelerate" / "index.mjs"
LEARNSETS = Path(__file__).parent / "learnsets.mjs"
ACTIVE_MOVES = Path(__file__).parent / "active_moves.mjs"

# Replaces the source of one method, then accelerates.
CHANGED = """
import { createRequire } from "node:module";
import { accelerate } from %(accelerate)r;
const require = createRequire(%(package)r);
const { Battle } = require("pokemon-showdown/dist/sim/battle");
const { Dex } = require("pokemon-showdown/dist/sim/dex");
const owners = [Battle.prototype, Object.getPrototypeOf(Dex)];
owners.find((owner) => "%(method)s" in owner).%(method)s = function %(method)s() { return null; };
accelerate(require, true);
"""
# Mods that change learnsets in their own code load theirs and their parents' at once.
EARLY = {"base", "gen9", "afd", "ccapm2025", "chatbats", "woomod"}


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with Pair() as pair:
        yield pair


@pytest.mark.parametrize(
    ("battle_format", "battles"),
    [
        *((f"gen{generation}randombattle", 8) for generation in FAST_GENERATIONS),
        ("gen9randomdoublesbattle", 8),
        *(pytest.param(battle_format, 100, marks=pytest.mark.slow) for battle_format in RANDOM_BATTLES),
        *(pytest.param(battle_format, 20, marks=pytest.mark.slow) for battle_format in DOUBLES),
    ],
)
def test_acceleration_changes_no_log_request_choice_team_or_random_number(
    pair: Pair, battle_format: str, battles: int
) -> None:
    differing, digests, _ = pair.compare(battle_format, battles)
    assert differing == []
    assert len(set(digests)) == battles


@pytest.mark.parametrize(
    "mods",
    [
        pytest.param(["base", *(f"gen{generation}" for generation in range(1, 9))], id="generations"),
        pytest.param(["all"], marks=pytest.mark.slow),
    ],
)
def test_learnsets_are_loaded_when_they_are_asked_for_and_then_as_ever(mods: list[str]) -> None:
    command = [str(node_executable()), str(LEARNSETS), str(simulator_path()), *mods]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    result = json.loads(answer)
    assert result["differing"] == []
    assert result["mods"] >= 9
    assert result["species"] > 1000 * result["mods"]
    assert set(result["early"]) == (EARLY if mods == ["all"] else set())


@pytest.mark.parametrize(
    "mods", [pytest.param(["gen1", "gen9"], id="generations"), pytest.param(["all"], marks=pytest.mark.slow)]
)
def test_copies_of_moves_are_those_of_the_stock_simulator_and_share_nothing(mods: list[str]) -> None:
    command = [str(node_executable()), str(ACTIVE_MOVES), str(simulator_path()), *mods]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    result = json.loads(answer)
    assert (result["differing"], result["shared"]) == ([], [])
    assert result["moves"] > 900


@pytest.mark.parametrize("method", ["runEvent", "getCallback", "endTurn", "loadData"])
def test_changed_upstream_source_is_refused(method: str, tmp_path: Path) -> None:
    script = tmp_path / "changed.mjs"
    package = str(simulator_path() / "package.json")
    script.write_text(CHANGED % {"accelerate": str(ACCELERATE), "package": package, "method": method})
    result = subprocess.run([node_executable(), script], capture_output=True, text=True, timeout=60)
    assert result.returncode != 0
    assert f"the simulator's {method} has changed" in result.stderr


def test_unknown_acceleration_is_refused(tmp_path: Path) -> None:
    script = tmp_path / "unknown.mjs"
    script.write_text(f'import {{ accelerate }} from "{ACCELERATE}"; accelerate(() => ({{}}), ["evnts"]);')
    result = subprocess.run([node_executable(), script], capture_output=True, text=True, timeout=60)
    assert result.returncode != 0
    assert 'no acceleration "evnts"; there are: events' in result.stderr
