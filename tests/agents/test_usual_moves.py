"""Usual moves of species: beside the generator of the simulator, by rules, and beside real attacks."""

from __future__ import annotations

import numpy as np
import pytest

from agents.config import NetworkSettings
from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import BattleView, Floats
from agents.estimates.usual_moves import usual_moves
from agents.networks import build_networks
from pokeenv import DOUBLES, VOCABULARY
from tests.support.play import play_battles
from tests.support.position import Position
from tools.usual_moves import arrays, generated

SPECIES = {name: number for number, name in enumerate(VOCABULARY["species"])}
MOVES = VOCABULARY["moves"]


def unseen(position: Position) -> dict[str, float]:
    """Chances of the unseen moves of the opposing active in generation 1."""
    view = BattleView.read(position.field(generation=1).observation[None])
    ids, chances = usual_moves().unseen(view)
    return {MOVES[number]: float(chance) for number, chance in zip(ids[0], chances[0], strict=True) if chance}


def test_the_file_is_that_of_the_simulator() -> None:
    made, kept = arrays(generated([1, 3])), np.load("agents/estimates/usual_moves.npz")
    for rows, columns in (("species", ("ids", "shares")), ("moves", ("numbers",))):
        of_both = np.isin(kept[rows][:, 0], (1, 3))
        for name in (rows, *columns):
            np.testing.assert_array_equal(made[name], kept[name][of_both])


def test_shown_moves_take_slots_and_raise_the_chances_of_the_others() -> None:
    snorlax = {"species": SPECIES["snorlax"], "base_species": SPECIES["snorlax"]}
    position = Position().pokemon("opposing", 0, active=1, **snorlax)
    before = unseen(position)
    assert before["bodyslam"] == 1 and 0.3 < before["blizzard"] < 0.7
    for slot, name in enumerate(("bodyslam", "amnesia", "rest")):
        position.move("opposing", 0, slot, name, 85)
    after = unseen(position)
    assert not after.keys() & {"bodyslam", "amnesia", "rest"}
    assert sum(after.values()) == pytest.approx(1, abs=0.01)
    position.move("opposing", 0, 3, "blizzard", 120)
    assert unseen(position) == {}


def test_a_species_without_sets_may_have_attacks_of_its_types() -> None:
    position = Position().pokemon("opposing", 0, active=1, species=0, base_species=0)
    assert unseen(position) == {}
    view = BattleView.read(position.observation[None])
    plain, usual = (BattleEstimates(view, usual=usual).damage.threat for usual in (False, True))
    assert plain[0, 0] == usual[0, 0] > 0


@pytest.mark.parametrize("battle_format", ["gen1randombattle", "gen4randombattle", "gen9randombattle"])
def test_threats_of_real_battles_are_nearer_to_what_the_opponent_can_do(battle_format: str) -> None:
    off: dict[bool, list[Floats]] = {False: [], True: []}
    for obs, acting, _ in play_battles(battle_format, num_battles=8, steps=40, seed=5):
        pairs = acting.reshape(-1, 2).all(axis=1)
        seats = obs["observation"].reshape(len(pairs), 2, -1)[pairs]
        true = BattleEstimates(BattleView.read(seats[:, 1]), modified=True)
        attack = true.of_active(true.damage.offence)
        for usual, errors in off.items():
            estimates = BattleEstimates(BattleView.read(seats[:, 0]), modified=True, usual=usual)
            threat = estimates.of_active(estimates.damage.threat)
            counts = (attack > 0.05) & (threat > 0)
            errors.append(np.abs(np.log(threat[counts] / attack[counts])))
    plain, better = (float(np.concatenate(off[usual]).mean()) for usual in (False, True))
    assert better < 0.8 * plain


def test_networks_in_doubles_cannot_have_them() -> None:
    settings = NetworkSettings.of(type="candidate", use_lstm=False, usual_moves=True)
    with pytest.raises(ValueError, match=r"network\.usual_moves"):
        build_networks(settings, DOUBLES, seed=1)
