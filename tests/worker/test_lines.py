"""The worker's own parser of protocol lines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pokeenv.engine.showdown.install import node_executable, simulator_path
from tests.support.play import play_battles

COMPARE = Path(__file__).parent / "lines.mjs"

# Rare in random play: causes and effects that @pkmn/protocol rewrites.
RARE_LINES = """
|
|upkeep
|tier|[Gen 9] Random Battle
|tie
|move|p1a: A|Protect|p1a: A|[from]Magic Bounce|[notarget]
|move|p1a: A|Tackle||[still]
|-heal|p1a: A|50/100 brn|[from] ability: Water Absorb|[of] p2a: B
|-heal|p1a: A|50/100|[silent]
|-start|p1a: A|typechange|Fire|[from]Protean
|-start|p1a: A|typechange|Fire|[from] move: Soak|[of] p2a: B
|-activate|p1a: A|move: Poltergeist|Leftovers
|-activate|p1a: A|Protect
|-activate|p1a: A|trapped
|-activate|p1a: A|ability: Sturdy|[silent]
|cant|p1a: A|ability: Damp|Explosion|[of] p2a: B
|-weather|Snow|[upkeep]
|-nothing
|gen|9
|switch|p1a: [Odd] |name|Pikachu, L84|[from] Baton Pass
|showteam|p1|Pika|Pikachu|Light Ball|Static|Surf,Protect||||||88|]Mew||||Pound|||||||,,,,,Ghost
""".splitlines()


def compared(lines: list[str]) -> int:
    """Compare the parser with that of @pkmn/protocol; returns the number of lines about the battle."""
    command = [str(node_executable()), str(COMPARE), str(simulator_path())]
    result = subprocess.run(command, input="\n".join(lines), text=True, capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def test_rewritten_lines_parse_as_upstream_parses_them() -> None:
    assert compared(RARE_LINES) >= 18


def test_lines_of_real_battles_parse_as_upstream_parses_them() -> None:
    lines: list[str] = []
    for generation in (1, 4, 7, 9):
        for step, (_, _, env) in enumerate(
            play_battles(f"gen{generation}randombattle", num_battles=4, steps=41, seed=3)
        ):
            if step == 40:
                lines += [line for battle in range(4) for line in env.battle_log(battle)["log"]]
    assert compared([line for line in lines if not line.startswith("|split|")]) > 800


def test_an_unknown_message_is_refused() -> None:
    with pytest.raises(AssertionError, match='unknown protocol message "-novelty"'):
        compared(["|-novelty|p1a: A"])
