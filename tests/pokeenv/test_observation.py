"""The observation against the battle's own log, and the table it is made from."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pokeenv import LAYOUT, OBS_SIZE, VOCABULARY, SelfPlayVectorEnv, decode
from pokeenv.__main__ import main
from pokeenv.engine.showdown.install import node_executable, simulator_path
from pokeenv.observation import Field, layout_markdown
from tests.support.play import play_battles, random_actions

_IDS_SCRIPT = """
const { Dex } = require("pokemon-showdown/dist/sim/dex");
const ids = (table) => [...new Set(Dex[table].all().filter((x) => x.exists && x.id).map((x) => x.id))].sort();
const tables = ["species", "moves", "items", "abilities", "types"];
console.log(JSON.stringify(Object.fromEntries(tables.map((table) => [table, ids(table)]))));
"""


def to_id(name: str) -> str:
    """Showdown's id of a name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def test_fields_fill_the_vector_without_gap_or_overlap() -> None:
    assert [field.offset for field in LAYOUT.fields] == list(range(OBS_SIZE))
    assert len({field.name for field in LAYOUT.fields}) == OBS_SIZE
    assert LAYOUT.pokemon_offset("opposing", 5) + LAYOUT.pokemon_size == OBS_SIZE


def test_vocabularies_are_those_of_the_pinned_simulator() -> None:
    command = [str(node_executable()), "-e", _IDS_SCRIPT]
    result = subprocess.run(command, cwd=simulator_path(), capture_output=True, text=True, check=True)
    simulated = json.loads(result.stdout)
    for name, ids in simulated.items():
        specials = ["", "none"] if name == "items" else [""]
        assert [*specials, *ids] == list(VOCABULARY[name]), name


def test_decode_refuses_a_vector_of_the_wrong_size() -> None:
    with pytest.raises(ValueError, match=rf"shape \({OBS_SIZE},\), not \(3,\)"):
        decode(np.zeros(3, dtype=np.float32))


def test_the_documented_table_is_the_generated_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layout"]) == 0
    documented = Path(__file__).parents[2] / "docs" / "observation.md"
    assert capsys.readouterr().out == documented.read_text(encoding="utf-8")


def test_the_documented_table_of_doubles_is_the_generated_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layout", "--doubles"]) == 0
    documented = Path(__file__).parents[2] / "docs" / "observation-doubles.md"
    assert capsys.readouterr().out == documented.read_text(encoding="utf-8")


def test_every_index_of_the_vector_can_be_read_off_the_documented_table() -> None:
    rows = re.findall(r"^\| (\d+) \| `([a-z0-9_]+)`", layout_markdown(), flags=re.MULTILINE)
    blocks = [LAYOUT.field_block, LAYOUT.pokemon_block, LAYOUT.move_block]
    assert rows == [(str(field.offset), field.name) for block in blocks for field in block]


def test_decode_gives_natural_units() -> None:
    observation = np.zeros(OBS_SIZE, dtype=np.float32)
    natural = {"field.turn": 114, "field.own_boost_atk": -5, "own.1.stat_spe": 359, "own.1.level": 84}
    for name, value in natural.items():
        field = LAYOUT.fields[LAYOUT.offsets[name]]
        observation[field.offset] = value / field.scale
    observation[LAYOUT.offsets["own.1.hp"]] = 0.53
    state = decode(observation)
    assert (state["field"]["turn"], state["field"]["own_boost_atk"]) == (114, -5)
    assert [state["own"][1][name] for name in ("stat_spe", "level", "hp")] == [359, 84, 0.53]


def test_a_layout_with_an_extra_block_keeps_every_other_offset() -> None:
    extra = Field("damage.own_move.0.ko_chance", 0, 0.0, 1.0, "scalar", "chance to knock out")
    layout = replace(LAYOUT, extra_block=(extra,))
    assert layout.fields[:-1] == LAYOUT.fields
    assert layout.offsets["damage.own_move.0.ko_chance"] == layout.extra_offset == OBS_SIZE
    assert layout.hash != LAYOUT.hash
    observation = np.append(np.zeros(OBS_SIZE, dtype=np.float32), np.float32(0.25))
    assert decode(observation, layout)["damage"] == {"own_move": [{"ko_chance": 0.25}]}


def lines_of(log: list[str], seat: int) -> list[str]:
    """The lines of the log that a seat is sent."""
    seen, index = [], 0
    while index < len(log):
        if log[index].startswith("|split|"):
            own = log[index].endswith(f"p{seat + 1}")
            seen.append(log[index + 1] if own else log[index + 2])
            index += 3
        else:
            seen.append(log[index])
            index += 1
    return seen


def active_by_log(lines: list[str], side: str) -> tuple[str, str]:
    """Species and condition of a side's active Pokémon, from the last lines about it."""
    species, condition = "", ""
    for line in lines:
        parts = line.split("|")
        if len(parts) < 4 or not parts[2].startswith(f"{side}a"):
            continue
        if parts[1] in ("switch", "drag"):
            species, condition = to_id(parts[3].split(",")[0]), parts[4]
        elif parts[1] in ("-damage", "-heal", "-sethp"):
            condition = parts[3]
        elif parts[1] == "faint":
            condition = "0 fnt"
    return species, condition


def hp_of(condition: str) -> float:
    """HP fraction of a condition such as `"123/300 par"`."""
    hp, _, maximum = condition.split(" ")[0].partition("/")
    return int(hp) / int(maximum) if maximum else 0.0


def test_the_active_pokemon_and_their_hp_are_those_of_the_log() -> None:
    compared = 0
    for step, (obs, acting, env) in enumerate(
        play_battles("gen1randombattle", num_battles=4, steps=90, seed=4)
    ):
        if step % 6:
            continue
        for row in np.flatnonzero(acting):
            lines = lines_of(env.battle_log(int(row) // 2)["log"], int(row) % 2)
            state = decode(obs["observation"][row].copy())
            own, foe = (f"p{int(row) % 2 + 1}", f"p{2 - int(row) % 2}")
            for seat, side in ((own, "own"), (foe, "opposing")):
                species, condition = active_by_log(lines, seat)
                active = [pokemon for pokemon in state[side] if pokemon["active"]]
                if hp_of(condition) == 0.0:
                    assert active == []
                    continue
                (pokemon,) = active
                if species not in ("ditto", "mew") and pokemon["species"] != species:
                    assert any("-transform" in line for line in lines)
                assert pokemon["hp"] == pytest.approx(hp_of(condition), abs=1e-6)
                compared += 1
    assert compared > 30


def test_only_revealed_opposing_pokemon_are_known() -> None:
    for obs, acting, env in play_battles("gen1randombattle", num_battles=4, steps=40, seed=6):
        for row in np.flatnonzero(acting):
            foe = f"p{2 - int(row) % 2}"
            log = env.battle_log(int(row) // 2)["log"]
            shown = {
                line.split("|")[2] for line in log if line.startswith((f"|switch|{foe}", f"|drag|{foe}"))
            }
            state = decode(obs["observation"][row].copy())
            assert sum(pokemon["known"] for pokemon in state["opposing"]) == len(shown)


def test_an_opposing_move_is_known_once_it_was_used() -> None:
    checked = 0
    for obs, acting, env in play_battles("gen1randombattle", num_battles=4, steps=60, seed=9):
        for row in np.flatnonzero(acting):
            foe = f"p{2 - int(row) % 2}"
            log = env.battle_log(int(row) // 2)["log"]
            if any(line.startswith("|-transform|") for line in log):
                continue  # Transform shows the copied moves
            used = {to_id(line.split("|")[3]) for line in log if line.startswith(f"|move|{foe}a")}
            state = decode(obs["observation"][row].copy())
            known = {m["id"] for pokemon in state["opposing"] for m in pokemon["moves"] if m["known"]}
            assert known <= used
            checked += len(known)
    assert checked > 50


def test_own_pp_are_exact_for_the_active_pokemon_and_fall_with_every_use() -> None:
    rng = np.random.default_rng(0)
    falls = 0
    with SelfPlayVectorEnv("gen9randombattle", 1) as env:
        obs, _ = env.reset(seed=5)
        for _ in range(40):
            before = decode(obs["observation"][0].copy())
            row_acts, actions = bool(env.acting[0]), random_actions(rng, env.acting, obs["action_mask"])
            obs, *_ = env.step(actions)
            if not row_acts or not 6 <= actions[0] < 10 or not env.acting[0]:
                continue
            after = decode(obs["observation"][0].copy())
            slot = next((i for i, pokemon in enumerate(before["own"]) if pokemon["active"]), None)
            if slot is None or not after["own"][slot]["active"]:
                continue
            move, later = before["own"][slot]["moves"][actions[0] - 6], after["own"][slot]["moves"]
            same = next((entry for entry in later if entry["id"] == move["id"]), None)
            if same is not None and same["pp"] < move["pp"]:
                falls += 1
            assert same is None or same["pp"] <= move["pp"]
    assert falls > 5


def test_the_usable_moves_are_the_legal_ones() -> None:
    checked = 0
    for obs, acting, _ in play_battles("gen9randombattle", num_battles=4, steps=40, seed=3):
        for row in np.flatnonzero(acting):
            state = decode(obs["observation"][row].copy())
            active = [pokemon for pokemon in state["own"] if pokemon["active"]]
            if state["field"]["force_switch"] or not active:
                assert obs["action_mask"][row][6:].sum() == 0
                continue
            usable = [int(move["usable"]) for move in active[0]["moves"] if move["known"]]
            legal = obs["action_mask"][row][6 : 6 + len(usable)].tolist()
            known_ids = [move["id"] for move in active[0]["moves"]]
            if legal != usable:
                assert known_ids == [] or sum(legal) == 1  # Struggle or Recharge alone
            checked += 1
    assert checked > 60


def test_team_slots_keep_their_pokemon_through_a_battle() -> None:
    first: dict[tuple[int, int], list[Any]] = {}
    for obs, acting, env in play_battles("gen1randombattle", num_battles=4, steps=60, seed=2):
        for row in np.flatnonzero(acting):
            seed = int(env._battle_seeds[row // 2])
            state = decode(obs["observation"][row].copy())
            levels = [(pokemon["level"], pokemon["stat_hp"] > 0) for pokemon in state["own"]]
            key = (int(row), seed)
            known = first.setdefault(key, levels)
            assert [level for level, _ in known] == [level for level, _ in levels]
