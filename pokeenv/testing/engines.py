"""`check_engine`: checks the contract of `pokeenv.engine.Engine` by playing battles with an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from pokeenv.engine import Engine, EngineFactory, open_engine
from pokeenv.engine.contract import (
    CAPABILITIES,
    COPIES,
    HEARING,
    IMAGINATION,
    MESSAGES,
    NARRATION,
    REPLAYS,
    RUNNING,
    SEED_WORDS,
    SNAPSHOTS,
    SPECTATORS,
    TEAMS,
    TERMINATED,
    TRUNCATED,
)
from pokeenv.engine.rows import SEATS, rows_of_battle
from pokeenv.engine.signals import SIGNALS
from pokeenv.errors import CapabilityError, ClosedError, EngineError, IllegalActionError
from pokeenv.formats import BattleFormat, parse_format
from pokeenv.testing.observations import require

Trace = list[bytes]
"""Everything that both seats of a battle see, step by step."""

USES: dict[str, Callable[[Engine], object]] = {
    TEAMS: lambda engine: engine.add_teams([]),
    MESSAGES: lambda engine: engine.seat_messages(np.zeros(0, dtype=np.int64)),
    NARRATION: lambda engine: engine.narrate(0, SPECTATORS),
    REPLAYS: lambda engine: engine.battle_log(0),
    SNAPSHOTS: lambda engine: engine.snapshot(0),
    HEARING: lambda engine: engine.hear([], []),
    COPIES: lambda engine: engine.advance([], np.zeros((0, SEATS), dtype=np.int64)),
    IMAGINATION: lambda engine: engine.imagine(0, [], []),
}
"""A harmless use of each capability in a running battle."""


def check_engine(
    engine: str | EngineFactory,
    battle_format: str | BattleFormat,
    *,
    reference: str | EngineFactory | None = None,
    num_battles: int = 4,
    steps: int = 2000,
    turn_limit: int = 200,
    seed: int = 0,
) -> int:
    """Play random battles with an engine and check its contract.

    Checked: shapes and types of the arrays; a running battle has a row that acts; masks allow an action
    in rows that act and none elsewhere; idle battles do not change; illegal actions and calls out of order
    are refused and change nothing; a seed fixes every byte of a battle, independently of its number and of
    the other battles; listed capabilities work and others raise `CapabilityError`; a restored snapshot
    continues to the same bytes; a closed engine raises `ClosedError`.

    Args:
        engine: name or factory of the engine.
        battle_format: a format whose teams the engine generates.
        reference: name or factory of an engine that must play the same battles byte for byte.
        num_battles: battles at the same time, at least 2.
        steps: maximum number of steps per play.
        turn_limit: turns after which a battle is truncated.
        seed: seed of the battles and of the random actions.

    Returns:
        Number of decisions checked.

    Raises:
        AssertionError: the contract is broken; the message says how and where.
    """
    parsed = parse_format(battle_format)
    seeds = list(range(seed, seed + num_battles))

    def opened(which: str | EngineFactory) -> Engine:
        return open_engine(which, parsed, num_battles, turn_limit=turn_limit)

    checked = opened(engine)
    with closing(checked):
        _check_arrays(checked, num_battles)
        plays = _Play(checked, seeds).run(steps)
        backwards = _Play(checked, seeds[::-1]).run(steps)
        _compare(plays.traces, backwards.traces[::-1], seeds, "in a battle with another number")
        _check_refusals(checked, seeds)
        _check_capabilities(checked)
        if SNAPSHOTS in checked.capabilities:
            _check_snapshots(checked, seeds)
    checked.close()
    try:
        checked.step_async(np.zeros(SEATS * num_battles, dtype=np.int64))
    except ClosedError:
        pass
    else:
        raise AssertionError("a closed engine takes a step")
    if reference is not None:
        other = opened(reference)
        with closing(other):
            _compare(_Play(other, seeds).run(steps).traces, plays.traces, seeds, f"in {other.name}")
    return plays.decisions + backwards.decisions


class _Play:
    """Random battles of an engine, one for each seed, from their beginning."""

    def __init__(self, engine: Engine, seeds: Sequence[int]) -> None:
        self.engine = engine
        self.rngs = [np.random.default_rng(seed) for seed in seeds]
        self.traces: list[Trace] = [[] for _ in seeds]
        self.decisions = 0
        words = {
            battle: np.random.default_rng(seed).integers(2**16, size=SEED_WORDS, dtype=np.uint16)
            for battle, seed in enumerate(seeds)
        }
        engine.step_async(np.zeros(SEATS * len(seeds), dtype=np.int64), words)
        engine.step_wait()
        self._look(range(len(seeds)))

    def run(self, steps: int) -> _Play:
        """Play until all battles have ended, or for this number of steps."""
        for _ in range(steps):
            running = np.flatnonzero(self.engine.statuses == RUNNING).tolist()
            if not running:
                break
            self.step(running)
        return self

    def step(self, battles: Sequence[int]) -> None:
        """Play one step of these battles; the others are idle and must not change."""
        engine = self.engine
        idle = [battle for battle in range(engine.num_battles) if battle not in battles]
        before = {battle: self._seen(battle) for battle in idle}
        engine.step_async(self.actions(battles), idle=idle)
        engine.step_wait()
        for battle in idle:
            require(self._seen(battle) == before[battle], f"idle battle {battle} has changed")
        self._look(battles)

    def actions(self, battles: Sequence[int]) -> NDArray[np.int64]:
        """A random legal action for each row that acts in these battles."""
        actions = np.zeros(SEATS * self.engine.num_battles, dtype=np.int64)
        for battle in battles:
            for row in range(*rows_of_battle(battle).indices(len(actions))):
                if self.engine.acting[row]:
                    actions[row] = self.rngs[battle].choice(np.flatnonzero(self.engine.action_masks[row]))
                    self.decisions += 1
        return actions

    def _look(self, battles: Sequence[int] | range) -> None:
        """Check what these battles show and add it to their traces."""
        engine = self.engine
        for battle in battles:
            rows = rows_of_battle(battle)
            acting, masks, status = engine.acting[rows], engine.action_masks[rows], engine.statuses[battle]
            where = f"battle {battle}, turn {int(engine.turns[battle])}"
            require(status in (RUNNING, TERMINATED, TRUNCATED), f"{where}: status {status} does not exist")
            require(bool(acting.any()) == (status == RUNNING), f"{where}: status {status}, acting {acting}")
            require(bool(np.isin(masks, (0, 1)).all()), f"{where}: a mask holds more than 0 and 1")
            require(bool((masks.any(axis=1) == acting).all()), f"{where}: masks allow actions in other rows")
            require(
                bool(np.isfinite(engine.observations[rows]).all()), f"{where}: an observation is not finite"
            )
            self.traces[battle].append(self._seen(battle))

    def _seen(self, battle: int) -> bytes:
        engine, rows = self.engine, rows_of_battle(battle)
        valid = engine.acting[rows] | (engine.statuses[battle] != RUNNING)  # other observations are stale
        parts = (engine.acting[rows], engine.action_masks[rows], engine.signals[rows])
        numbers = np.array([engine.statuses[battle], engine.turns[battle]], dtype=np.int64)
        return b"".join(part.tobytes() for part in (*parts, numbers, engine.observations[rows][valid]))


def _check_arrays(engine: Engine, num_battles: int) -> None:
    rows = SEATS * num_battles
    expected = {
        "observations": ((rows, engine.layout.size), np.float32),
        "action_masks": ((rows, engine.action_space.num_actions), np.int8),
        "signals": ((rows, len(SIGNALS)), np.float32),
        "acting": ((rows,), np.bool_),
        "statuses": ((num_battles,), np.int32),
        "turns": ((num_battles,), np.int32),
    }
    for name, (shape, dtype) in expected.items():
        array = getattr(engine, name)
        require(
            array.shape == shape and array.dtype == dtype,
            f"{name} is {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}",
        )
    require(engine.num_battles == num_battles, f"num_battles is {engine.num_battles}, not {num_battles}")


def _compare(one: Sequence[Trace], other: Sequence[Trace], seeds: Sequence[int], where: str) -> None:
    for seed, first, second in zip(seeds, one, other, strict=True):
        for step, (seen, again) in enumerate(zip_longest(first, second)):
            require(seen == again, f"seed {seed} gives another battle {where}, from step {step} on")


def _check_refusals(engine: Engine, seeds: Sequence[int]) -> None:
    play = _Play(engine, seeds)
    battles = range(engine.num_battles)
    before = [play._seen(battle) for battle in battles]
    row = int(np.flatnonzero(engine.acting)[0])
    illegal = {-1, engine.action_space.num_actions, *np.flatnonzero(engine.action_masks[row] == 0).tolist()}
    for action in sorted(illegal):
        actions = play.actions(battles)
        actions[row] = action
        _refused(IllegalActionError, f"action {action}", engine.step_async, actions)
    _refused(EngineError, "step_wait() without a step", engine.step_wait)
    require(before == [play._seen(battle) for battle in battles], "a refused action has changed a battle")
    actions = play.actions(battles)
    engine.step_async(actions)
    _refused(EngineError, "a step before the last one has ended", engine.step_async, actions)
    engine.step_wait()


def _check_capabilities(engine: Engine) -> None:
    unknown = engine.capabilities - CAPABILITIES
    require(not unknown, f"capabilities {sorted(unknown)} do not exist")
    require(len(engine.packed_teams(0)) == SEATS, "packed_teams() must give one team for each seat")
    for capability, use in USES.items():
        if capability in engine.capabilities:
            use(engine)
        else:
            _refused(CapabilityError, f"a use of {capability!r}, which it lacks,", use, engine)


def _check_snapshots(engine: Engine, seeds: Sequence[int]) -> None:
    play = _Play(engine, seeds)
    for _ in range(3):
        play.step(np.flatnonzero(engine.statuses == RUNNING).tolist())
    saved, rng_state = engine.snapshot(0), play.rngs[0].bit_generator.state
    play.traces[0].clear()
    play.run(20)
    once = list(play.traces[0])
    engine.restore(0, saved)
    play.rngs[0].bit_generator.state = rng_state
    play.traces[0].clear()
    for _ in once:
        play.step([0])
    require(once == play.traces[0], "a restored battle does not continue to the same bytes")


def _refused(error: type[Exception], name: str, call: Callable[..., object], *args: object) -> None:
    try:
        call(*args)
    except error:
        return
    raise AssertionError(f"{name} must raise {error.__name__}")
