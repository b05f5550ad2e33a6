"""`DuelValue`: values of positions without a value network, from the duel that scripted players expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import MOVE, POKEMON, BattleView, Bools, cut_blocks
from agents.estimates.doubles_board import POKEMON as DOUBLES_POKEMON
from agents.estimates.duel import Values
from agents.players.scripted.doubles_rule import doubles_rule_scores
from agents.players.scripted.rule_based import action_scores
from agents.players.scripted.scored_agent import MOVES
from agents.players.search.joint import has_pairs, must_switch
from agents.players.search.values import SIGNAL
from pokeenv import DOUBLES_LAYOUT, LAYOUT, Engine

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Log-odds of winning for one unit of each advantage: those of `python -m tools.duel_weights`, rounded. Frozen
# Pokémon are rare, so their weight is the least certain one.
WEIGHTS = {"hp": 1.0, "pokemon": 0.3, "gained": 0.55, "par": 0.35, "slp": 0.7, "frz": 0.8, "brn": 0.15}
_CONDITIONS = ("par", "slp", "frz", "brn")  # the last of `WEIGHTS`, in their order


class DuelValue:
    """The outcome that the lead after the duel (in doubles: the turn) gives, as `rule` expects it.

    In singles the estimates are those of `expert`, with the usual moves of the opponent's species.
    """

    def __call__(self, engine: Engine, rows: Ints) -> Floats:
        """See `RowValue`."""
        odds = advantages(engine, rows) @ np.array(list(WEIGHTS.values()))
        values: Floats = np.tanh(odds / 2)
        return values


def advantages(engine: Engine, rows: Ints) -> Floats:
    """`(B, 7)` advantages of acting rows of an engine over their opponents, in the order of `WEIGHTS`.

    They are the leads in HP (1 for a whole Pokémon) and in Pokémon that have not fainted, the HP that the
    duel gains, and how many more opposing than own Pokémon have each status condition.
    """
    observations, masks = engine.observations[rows], engine.action_masks[rows] > 0
    if has_pairs(masks.shape[1]):
        layout, offsets = DOUBLES_LAYOUT, DOUBLES_POKEMON
        scores = np.where(masks, doubles_rule_scores(observations, masks), -np.inf).max(axis=1)
        # A score is the HP that the opponents lose in the turn less the HP that the own side loses.
        gained = np.where(must_switch(engine, rows), 0.0, scores)
    else:
        layout, offsets = LAYOUT, POKEMON
        gained = _gained(observations, masks)
    _, team, _ = cut_blocks(observations, layout)
    signals = engine.signals[rows].astype(np.float64)
    hp = signals[:, SIGNAL["own_hp"]] - signals[:, SIGNAL["opposing_hp"]]
    own = signals[:, SIGNAL["own_team_size"]] - signals[:, SIGNAL["own_fainted"]]
    opposing = signals[:, SIGNAL["opposing_team_size"]] - signals[:, SIGNAL["opposing_fainted"]]
    return np.stack([hp, own - opposing, gained, *_conditions(team, offsets)], axis=1)


class _PositionEstimates(BattleEstimates):
    """Estimates in which a Pokémon that recharges fights later."""

    @cached_property
    def pause(self) -> Values:
        """See `BattleEstimates.pause`; also for the own active that recharges."""
        pause = super().pause
        recharges = self.view.flag("own_volatile_mustrecharge")
        pause[self.view.rows, 0, self.view.active[:, 0]] += recharges
        return pause


def _conditions(team: NDArray[np.float32], offsets: Mapping[str, int]) -> list[Floats]:
    """For each status condition `(B,)`, how many more opposing than own Pokémon have it."""
    alive = team[..., offsets["hp"]] > 0
    counts = [(team[..., offsets[f"status_{name}"]] * alive).sum(axis=2) for name in _CONDITIONS]
    return [(count[:, 1] - count[:, 0]).astype(np.float64) for count in counts]


def _gained(observations: NDArray[np.float32], masks: NDArray[np.bool_]) -> Floats:
    """`(B,)` HP that the own active gains on the opposing one by the best action of singles."""
    usable = BattleView.read(observations).active_moves()[..., MOVE["usable"]] > 0.5
    # A request of generation 1 offers no move of a Pokémon that sleeps or is frozen.
    stuck: Bools = np.any(masks[:, MOVES], axis=1) & ~np.any(usable, axis=1)
    if stuck.any():
        observations = observations.copy()
        _offer_moves(BattleView.read(observations), np.flatnonzero(stuck))
    estimates = _PositionEstimates(BattleView.read(observations), modified=True, usual=True)
    view, hp = estimates.view, estimates.of_active(estimates.hp)
    scores = np.where(masks, action_scores(estimates, masks), -np.inf)
    if stuck.any():
        duel = estimates.active_duel(0)
        waits = replace(
            duel,
            pause=estimates.of_active(estimates.pause[:, 0]),
            opposing_pause=estimates.of_opponent(estimates.pause),
        )
        waiting = waits.value(hp, estimates.left) - hp
        scores[:, MOVES] = np.where(stuck[:, None] & masks[:, MOVES], waiting[:, None], scores[:, MOVES])
    # A score is the own active's HP after the duel less its HP now and the opponent's HP after it.
    gained: Floats = scores.max(axis=1) + view.of_active(1, "hp") * (view.of_active(1, "active") > 0)
    return gained


def _offer_moves(view: BattleView, rows: Ints) -> None:
    """Mark the moves of the own actives of rows as usable that have PP left."""
    places = rows, 0, view.active[rows, 0]
    own = view.moves[places]
    own[..., MOVE["usable"]] = (own[..., MOVE["known"]] > 0.5) & (own[..., MOVE["pp"]] > 0)
    view.moves[places] = own
