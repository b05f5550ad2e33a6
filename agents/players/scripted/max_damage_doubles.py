"""`max` in doubles: expected damage over both targets."""

from __future__ import annotations

import numpy as np

from agents.estimates.battle_view import BattleView, Bools, Floats
from agents.estimates.damage import ExpectedDamage
from agents.estimates.doubles_view import SPREAD, aims, deciding, pair, pair_with_ally
from agents.players.scripted.scored_agent import gimmick_gain
from pokeenv import DOUBLES

_NO_DAMAGE, _AT_ALLY, _USELESS_SWITCH, _PASS = -10.0, -15.0, -20.0, -30.0


def doubles_scores(observations: Floats, legal: Bools) -> Floats:
    """Attacks by expected damage, then switches by matchup, then all other moves: `(B, 107)`."""
    place = deciding(observations)
    views = [BattleView.read(pair(observations, place, opposing)) for opposing in (0, 1)]
    ally_view = BattleView.read(pair_with_ally(observations, place))
    estimates = [ExpectedDamage(view) for view in views]
    left, right = (_of_moves(estimate) for estimate in estimates)  # (B, 4) each
    there = np.stack([_is_there(view) for view in views])[..., None]  # (2, B, 1)
    ally = _of_moves(ExpectedDamage(ally_view)) * _is_there(ally_view)[:, None]
    left, right = left * there[0], right * there[1]
    flags = aims(observations, place)
    both = there[0] & there[1]
    share = np.where(both | (flags["aims_at_ally"] & (ally > 0)), SPREAD, 1.0)
    spread = share * (left + right - np.where(flags["aims_at_ally"], ally, 0.0))
    anyone = np.where(both, (left + right) / 2, left + right)  # it meets one of them
    expected = np.full((*left.shape, 5), _AT_ALLY, dtype=np.float32)  # by target -2, -1, 0, 1, 2
    expected[..., 2] = np.where(flags["spread"], spread, anyone)
    expected[..., 3] = np.where(there[0], left, 0.99 * right)  # an empty place is aimed past
    expected[..., 4] = np.where(there[1], right, 0.99 * left)
    gains = gimmick_gain(views[0])[..., None]  # (B, G, 4, 1)
    values = expected[:, None] * np.where(expected[:, None] > 0, gains, 1.0)
    values = np.where((expected == 0)[:, None], _NO_DAMAGE, values)
    scores = np.full(legal.shape, _PASS, dtype=np.float32)
    scores[:, DOUBLES.moves] = values.reshape(len(scores), -1)
    offence = np.maximum(*(estimate.offence for estimate in estimates))
    matchup = np.mean([estimate.matchup for estimate in estimates], axis=0)
    bench_helps = (offence > 0) | ~legal[:, DOUBLES.moves].any(axis=1, keepdims=True)
    scores[:, DOUBLES.switches] = np.where(bench_helps, matchup - 5.0, _USELESS_SWITCH)
    return scores


def _of_moves(estimate: ExpectedDamage) -> Floats:
    """`(B, 4)` expected damage of the own active Pokémon's moves."""
    rows, active = estimate.view.rows, estimate.view.active[:, 0]
    expected: Floats = estimate.dealt[rows, active] * estimate.accuracy[rows, active]
    return expected


def _is_there(view: BattleView) -> Bools:
    """`(B,)` true if the opposing Pokémon of the view is on the field."""
    there: Bools = view.of_active(1, "active") > 0.5
    return there
