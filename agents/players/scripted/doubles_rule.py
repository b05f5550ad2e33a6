"""`rule` in doubles: it plays a turn of every promising pair of choices and takes the best one."""

from __future__ import annotations

import numpy as np

from agents.estimates.battle_view import TEAM_SIZE, Bools, Floats, Ints
from agents.estimates.doubles_attacks import ALLY_TARGETS, NO_TARGET, SHAPE, Attacks
from agents.estimates.doubles_board import PLACES, DoublesBoard
from agents.estimates.doubles_damage import DoublesDamage
from agents.estimates.doubles_threats import Threats
from agents.estimates.gimmicks import GIMMICKS
from agents.estimates.move_effects import HEALING
from agents.players.scripted import doubles_support as support
from agents.players.scripted.doubles_turn import Options, Turn
from pokeenv import DOUBLES

SWITCHES, MOVES = DOUBLES.switches, DOUBLES.moves
_CANDIDATES = 14  # choices of each Pokémon that are tried in pairs
_SWITCH_COST, _RESTLESS_COST, _STANDING = 0.3, 0.5, 0.45
# HP that a gimmick must gain, because a side can use it only once. The last two Pokémon need not save it.
_GIMMICK_COSTS = {"": 0.0, "mega": -0.02, "zmove": 0.12, "dynamax": 0.12, "terastallize": 0.15}
_GIMMICK_COST = np.array([_GIMMICK_COSTS[gimmick] for gimmick in GIMMICKS], dtype=np.float32)
_NEVER = -50.0


def doubles_rule_scores(observations: Floats, legal: Bools) -> Floats:
    """`(B, 107)` worth of every choice together with the best choice of the other Pokémon.

    The right Pokémon knows the choice of the left one; the left one assumes the best choice of the right one.
    """
    board = DoublesBoard.read(observations)
    threats = Threats(DoublesDamage(board))
    scores = np.full(legal.shape, _NEVER, dtype=np.float32)
    scores[:, SWITCHES] = threats.standing + 0.1 * threats.hp[:, 0]
    turns = legal[:, MOVES].any(axis=1)
    if not turns.any():
        return scores
    options = [choices_of(threats, place) for place in (0, 1)]
    turn = Turn.of(threats)
    right = board.flag("deciding_right")
    rows = np.flatnonzero(turns & ~right)
    if len(rows):
        scores[rows] = _left_scores(board, turn, options, rows, legal[rows])
    rows = np.flatnonzero(turns & right)
    if len(rows):
        first = options[0].take(rows, _left_choice(board)[rows, None]).along(2)
        second = options[1].take(rows, _every(rows)).along(1)
        scores[rows] = turn.rows(rows).value((first, second))[:, 0]
    return scores


def _every(rows: Ints) -> Ints:
    return np.broadcast_to(np.arange(DOUBLES.num_actions), (len(rows), DOUBLES.num_actions))


def _left_scores(board: DoublesBoard, turn: Turn, options: list[Options], rows: Ints, legal: Bools) -> Floats:
    """Scores of the left Pokémon's choices in some rows, each with the best answer of the right one."""
    turn = turn.rows(rows)
    every, nothing = _every(rows), np.zeros((len(rows), 1), dtype=np.intp)
    idle = [each.take(rows, nothing) for each in options]
    alone = turn.value((options[0].take(rows, every).along(2), idle[1].along(1)))[..., 0]
    alone = np.where(legal, alone, -np.inf)
    answers = turn.value((idle[0].along(2), options[1].take(rows, every).along(1)))[:, 0]
    answers = np.where(_probably_legal(board, rows, legal), answers, -np.inf)
    first = np.argsort(-alone, axis=1)[:, :_CANDIDATES]
    second = np.argsort(-answers, axis=1)[:, :_CANDIDATES]
    pair = options[0].take(rows, first).along(2), options[1].take(rows, second).along(1)
    values = turn.value(pair)
    switches = (first[..., None] == second[:, None]) & np.isin(first, SWITCHES)[..., None]
    gimmicks = _GIMMICK_OF[first][..., None] & _GIMMICK_OF[second][:, None]
    possible = np.take_along_axis(np.isfinite(answers), second, axis=1)[:, None]
    values = np.where(switches | gimmicks | ~possible, -np.inf, values).max(axis=2)
    scores = alone - 20.0  # below every candidate
    np.put_along_axis(scores, first, values.astype(scores.dtype), axis=1)
    return scores


_GIMMICK_OF = np.array([bool(action.gimmick) for action in DOUBLES.actions])


def _probably_legal(board: DoublesBoard, rows: Ints, legal: Bools) -> Bools:
    """`(R, 107)` choices that the right Pokémon will probably have: the second mask is not known yet."""
    probable = np.zeros((len(rows), DOUBLES.num_actions), dtype=bool)
    present = board.present[rows, 0, 1] & ~board.volatile(0, "volatile_commanding")[rows, 1]
    slot = board.slots[rows, 0, 1]
    usable = board.of_move("usable")[rows, 0, slot] > 0.5
    aimed = (board.of_move("aimed")[rows, 0, slot] > 0.5)[..., None]
    targets = np.where(aimed, np.arange(5) != NO_TARGET, np.arange(5) == NO_TARGET)
    plain = usable[..., None] & targets & present[:, None, None]
    gimmicks = np.asarray(legal[:, MOVES].reshape(len(rows), *SHAPE).any(axis=(2, 3)))
    # Any gimmick but Terastallization depends on the Pokémon.
    gimmicks[:, 1:-1] = False
    gimmicks[:, 0] = True
    probable[:, MOVES] = (gimmicks[:, :, None, None] & plain[:, None]).reshape(len(rows), -1)
    probable[:, SWITCHES] = legal[:, SWITCHES] & present[:, None]
    probable[:, 0] = True  # nothing, where all other choices exclude that of the left one
    return probable


def _left_choice(board: DoublesBoard) -> Ints:
    """`(B,)` the action that the left Pokémon has chosen, 0 if none."""
    choice = np.zeros(len(board), dtype=np.intp)
    for slot in range(TEAM_SIZE):
        choice = np.where(board.flag(f"left_switches_to_{slot}"), SWITCHES[slot], choice)
    gimmick = np.zeros(len(board), dtype=np.intp)
    for index, name in enumerate(GIMMICKS[1:], start=1):
        gimmick = np.where(board.flag(f"left_uses_{name}"), index, gimmick)
    target = np.full(len(board), NO_TARGET)
    for index, name in enumerate(("own_right", "own_left", "", "opposing_left", "opposing_right")):
        if name:
            target = np.where(board.flag(f"left_aims_at_{name}"), index, target)
    numbers = MOVES.reshape(SHAPE)
    for move in range(4):
        choice = np.where(board.flag(f"left_uses_move_{move}"), numbers[gimmick, move, target], choice)
    return choice


def choices_of(threats: Threats, place: int) -> Options:
    """All 107 choices of the own Pokémon in a place."""
    board = threats.board
    rows, slot = np.arange(len(board)), board.slots[:, 0, place]
    attacks, moves = Attacks.of(threats.damage, place), support.Support(threats, place)
    ids = moves.ids

    def of_moves(values: Floats, *last: int) -> Floats:
        """`(B, 107, ...)` values of the move actions, 0 for the others."""
        full = np.zeros((len(rows), DOUBLES.num_actions, *last), dtype=np.float32)
        full[:, MOVES] = np.broadcast_to(values, (len(rows), *SHAPE, *last)).reshape(len(rows), -1, *last)
        return full

    def by_move(values: Floats) -> Floats:
        return of_moves(values[:, None, :, None])

    def at_ally(values: Floats) -> Floats:
        target = np.zeros(5, dtype=np.float32)
        target[list(ALLY_TARGETS)] = 1.0
        target[NO_TARGET] = 1.0
        return of_moves(values[:, None, :, None] * target)

    cost = np.broadcast_to(_GIMMICK_COST, (len(rows), len(GIMMICKS))).copy()
    last = board.number("own_team_size") - board.number("own_fainted") <= 2
    cost[last] = np.minimum(cost[last], 0.01)
    worth = of_moves(moves.worth()[:, None] - cost[:, :, None, None])
    active_turns = board.flag(f"own_{PLACES[place]}_first_turn") & (board.number("turn") > 1.5)
    switch_cost = np.where(active_turns, _RESTLESS_COST, _SWITCH_COST)
    gained = threats.standing - threats.standing[rows, slot][:, None]
    worth[:, SWITCHES] = _STANDING * gained - switch_cost[:, None]
    worth[:, 0] = 0.0
    priority = by_move(moves.of_move("priority"))
    priority[:, SWITCHES] = 6.0
    slots = np.broadcast_to(slot[:, None], worth.shape).copy()
    slots[:, SWITCHES] = np.arange(TEAM_SIZE)
    guard = support.PROTECT[ids] * (1 / 3) ** board.number(f"own_{PLACES[place]}_protect_count")[:, None]
    flinches = (attacks.chances * (attacks.hits > 0))[..., :2]
    flinches = flinches * support.FAKE_OUT[ids][:, None, :, None, None]
    tera = np.zeros((len(rows), *SHAPE), dtype=np.float32)
    tera[:, GIMMICKS.index("terastallize")] = 1.0
    return Options(
        hits=of_moves(attacks.hits, 3),
        chances=of_moves(attacks.chances, 3),
        flinches=of_moves(flinches, 2),
        priority=priority,
        slot=slots,
        guards=by_move(guard),
        draws=by_move(support.DRAWS[ids].astype(np.float32)),
        helps=1.0 + 0.5 * at_ally(support.HELPING_HAND[ids].astype(np.float32)),
        heals=by_move(HEALING[ids] + 0.25 * support.HEALS_BOTH[ids]),
        heals_ally=at_ally(0.5 * support.HEALS_ALLY[ids]) + by_move(0.25 * support.HEALS_BOTH[ids]),
        tera=of_moves(tera),
        worth=worth,
    )
