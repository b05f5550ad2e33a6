"""Three opponents that do not learn: random, max damage and rule based.

They know what any policy knows: the observation and the action mask. All of them score the 26
actions of every row at once and take the best legal one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import Agent, Decision
from agents.damage import FIELD, MOVE, POKEMON, BattleView, Bools, Floats, Ints, move_set, move_table
from agents.typechart import TYPE_ID
from pokeenv import NUM_ACTIONS

# Actions by kind: (gimmick, move) of actions 6 to 25, gimmick 0 being the plain move.
SWITCHES = slice(0, 6)
MOVES = slice(6, NUM_ACTIONS)
MEGA, ZMOVE, DYNAMAX, TERASTALLIZE = 1, 2, 3, 4

# Damage of a move with a gimmick over its plain damage, as a rule of thumb: higher stats after Mega
# Evolution, higher power of Z-moves and Max Moves. Terastallization is worked out from the types.
_GIMMICK_GAIN = np.array([1.0, 1.1, 1.8, 1.3, 1.0], dtype=np.float32)


class ScoringAgent:
    """An agent that scores actions without learning and takes the best legal one."""

    name: str

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Start `num_rows` streams of decisions."""

    def reset_rows(self, rows: NDArray[np.integer]) -> None:
        """Start new battles in these rows; nothing is remembered between decisions."""

    def get_state(self) -> Any:
        """Nothing is remembered between decisions."""
        return None

    def set_state(self, state: Any) -> None:
        """Nothing to go on from."""

    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer],
        greedy: bool = False,
    ) -> Decision:
        """Decide.

        Args:
            observations: `(B, D)`.
            action_masks: `(B, 26)`, 1 where legal.
            rows: `(B,)`, not needed here.
            greedy: makes no difference to a scoring agent.

        Returns:
            The decision, its log-probabilities and values being 0.

        Raises:
            ValueError: a row has no legal action.
        """
        legal = action_masks > 0
        if not legal.any(axis=1).all():
            row = rows[int(np.flatnonzero(~legal.any(axis=1))[0])]
            raise ValueError(f"row {row} has no legal action; ask only for rows that are acting")
        scores = np.where(legal, self.score(observations, legal), -np.inf)
        nothing = np.zeros(len(scores), dtype=np.float32)
        return Decision(actions=scores.argmax(axis=1).astype(np.int64), log_probs=nothing, values=nothing)

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Score every action: `(B, D)` observations to `(B, 26)`."""
        raise NotImplementedError


class RandomAgent(ScoringAgent):
    """Takes every legal action with the same probability."""

    name = "random"

    def __init__(self) -> None:
        """Not seeded until `begin`."""
        self._rng = np.random.default_rng()

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Start anew from `seed`."""
        self._rng = np.random.default_rng(seed)

    def get_state(self) -> Any:
        """The generator."""
        return self._rng

    def set_state(self, state: Any) -> None:
        """Use this generator."""
        self._rng = state

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Independent uniform scores: the greatest of the legal ones is any of them."""
        return self._rng.random(legal.shape)


class MaxDamageAgent(ScoringAgent):
    """Takes the attack with the highest expected damage.

    It switches only when it must, or when no attack of the active would do anything and one on
    the bench would, and then to the Pokémon with the best matchup. It uses a gimmick as soon as
    it makes the best attack stronger.
    """

    name = "max"

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Attacks by expected damage, then switches by matchup, then all other moves."""
        view = BattleView.read(observations)
        scores = np.empty(legal.shape, dtype=np.float32)
        expected = _active_damage(view) * _active_accuracy(view)[:, None, :]
        scores[:, MOVES] = np.where(expected > 0, expected, -10.0).reshape(len(scores), -1)
        bench_helps = (view.offence > 0) | ~legal[:, MOVES].any(axis=1, keepdims=True)
        scores[:, SWITCHES] = np.where(bench_helps, view.matchup - 5.0, -20.0)
        return scores


def _of_active(view: BattleView, values: Floats) -> Floats:
    """`(B, 6, ...)` values of the own team to the `(B, ...)` ones of its active."""
    result: Floats = values[np.arange(len(values)), view.active[:, 0]]
    return result


def _active_accuracy(view: BattleView) -> Floats:
    return _of_active(view, view.accuracy)  # (B, 4)


def _active_damage(view: BattleView) -> Floats:
    """`(B, 5, 4)` damage of the active's moves by gimmick (plain, mega, zmove, dynamax, terastallize)."""
    plain = _of_active(view, view.damage)
    moves = view.moves[np.arange(len(plain)), 0, view.active[:, 0]]  # (B, 4, M)
    stab = moves[..., MOVE["stab"]] > 0.5
    tera = moves[..., MOVE["type"]] == view.of_active(0, "tera_type")[:, None]
    # Same-type bonus 1.5 becomes 2 with the Tera type among the own types, and 1 becomes 1.5 without.
    # The original types keep their bonus, so nothing loses by it.
    tera_gain = np.where(tera, np.where(stab, 2.0 / 1.5, 1.5), 1.0)
    gain = np.repeat(_GIMMICK_GAIN[None, :, None], len(plain), axis=0).repeat(plain.shape[1], axis=2)
    gain[:, TERASTALLIZE] = tera_gain
    damage: Floats = plain[:, None, :] * gain
    return damage


# What is known of moves that do no damage, or more than damage, by Showdown move id.
_RECOVERY = move_set(
    "healorder milkdrink moonlight morningsun recover rest roost shoreup slackoff softboiled"
    " strengthsap synthesis"
)
_RESERVED_RECOVERY = move_set("rest")  # two turns asleep: later than the others
_SETUP = {
    "atk": "bellydrum bulkup coil curse dragondance honeclaws howl meditate sharpen shellsmash"
    " shiftgear swordsdance victorydance clangoroussoul noretreat tidyup filletaway workup growth",
    "spa": "calmmind geomancy nastyplot quiverdance tailglow takeheart torchsong",
    "spe": "agility autotomize rockpolish",
    "def": "acidarmor barrier cottonguard cosmicpower irondefense stockpile",
    "spd": "amnesia",
}
_SETUP_SETS = {stat: move_set(names) for stat, names in _SETUP.items()}
_STAT_WORTH = {"atk": 0.9, "spa": 0.9, "spe": 0.6, "def": 0.55, "spd": 0.5}
_HAZARDS = {"stealthrock": 0.85, "stickyweb": 0.75, "spikes": 0.7, "toxicspikes": 0.6}
_REMOVAL = move_set("courtchange defog mortalspin rapidspin tidyup")
_SCREENS = ("auroraveil", "lightscreen", "reflect")
_PIVOTS = move_set("batonpass chillyreception flipturn partingshot shedtail teleport uturn voltswitch")
_SACRIFICE = move_set("explosion finalgambit healingwish lunardance memento mistyexplosion selfdestruct")
_SLEEP = move_set("darkvoid grasswhistle hypnosis lovelykiss sing sleeppowder spore yawn")
_POWDER = move_set("poisonpowder sleeppowder spore stunspore")
_POISON = move_set("poisonpowder toxic toxicthread")
_BURN = move_set("willowisp")
_PARALYSIS = move_set("glare stunspore thunderwave")
_SEED = move_set("leechseed")
_CONFUSION = move_set("confuseray swagger sweetkiss supersonic teeterdance")
_LITTLE_WORTH = move_table({"knockoff": 0.1, "scald": 0.08, "nuzzle": 0.1, "thief": 0.03})


class RuleBasedAgent(ScoringAgent):
    """Plays by the rules of thumb of a decent human player.

    Every action has a worth in one currency: an attack is worth the share of the opponent's
    remaining HP it takes, with more for a knockout; recovery, setup, hazards, status and removal
    have a fixed worth while their moment is right and none otherwise. It switches when the
    active has no good attack and much to fear, or has lost its boosts, and another fares much better.
    """

    name = "rule"

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Worth of every action."""
        view = BattleView.read(observations)
        scores = np.empty(legal.shape, dtype=np.float32)
        ids = view.active_move_ids()
        attacks = _attack_worth(view, ids)
        plain = np.maximum(attacks[:, 0], _support_worth(view, ids))
        scores[:, 6:10] = plain
        scores[:, 10:] = attacks[:, 1:].reshape(len(scores), -1)
        scores[:, SWITCHES] = _switch_worth(view, legal)
        return scores


def _healthy(view: BattleView, side: str) -> Floats:
    """`(B,)` Pokémon of a side that have not fainted."""
    left: Floats = np.rint(
        6 * (view.field[:, FIELD[f"{side}_team_size"]] - view.field[:, FIELD[f"{side}_fainted"]])
    )
    return left


def _attack_worth(view: BattleView, ids: Ints) -> Floats:
    """`(B, 5, 4)` worth of attacking, by gimmick; -1 for moves that do no damage."""
    damage = _active_damage(view)
    left = np.maximum(view.of_active(1, "hp"), 0.01)[:, None, None]
    moves = view.moves[np.arange(len(ids)), 0, view.active[:, 0]]
    knockout = damage >= left
    # A knockout counts for more where it comes before the opponent's move.
    first = view.faster[:, None] | (moves[..., MOVE["priority"]] > 0)
    bonus = np.where(knockout, np.where(first, 0.6, 0.3)[:, None, :], 0.0)
    worth = _active_accuracy(view)[:, None, :] * (np.minimum(damage / left, 1.0) + bonus)
    # The higher of two knockouts is the safer one, for the estimate may be wrong.
    worth = worth + 0.02 * np.minimum(damage, 2.0) + _LITTLE_WORTH[ids][:, None, :]
    hp = view.of_active(0, "hp")[:, None]
    last = (_healthy(view, "own") <= 1)[:, None]
    worth = worth - (_SACRIFICE[ids] * np.where(last, 2.0, 0.2 + hp))[:, None, :]
    worth = worth + _removal_worth(view, ids)[:, None, :]
    # A gimmick is spent once: it has to buy something, until the last Pokémon, which keeps it for nobody.
    cost = np.array([0.0, -0.02, 0.15, 0.1, 0.15], dtype=np.float32)
    spent = np.where(last & (cost > 0), -0.01, cost)
    worth = worth - spent[:, :, None]
    result: Floats = np.where(damage > 0, worth, -1.0).astype(np.float32)
    return result


def _removal_worth(view: BattleView, ids: Ints) -> Floats:
    """`(B, 4)` worth of blowing away the hazards on the own side."""
    names = ("own_stealthrock", "own_spikes", "own_toxicspikes", "own_stickyweb")
    hazards = view.field[:, [FIELD[name] for name in names]].any(axis=1)
    value = np.where(hazards & (_healthy(view, "own") >= 3), 0.6, 0.0)[:, None]
    worth: Floats = np.where(_REMOVAL[ids], value, 0.0)
    return worth


def _support_worth(view: BattleView, ids: Ints) -> Floats:
    """`(B, 4)` worth of moves for what they do besides damage; -0.5 for nothing."""
    hp, threat = view.of_active(0, "hp"), _of_active(view, view.threat)
    bench = _healthy(view, "opposing") - 1
    worth = np.full(ids.shape, -0.5, dtype=np.float32)

    def add(moves: Bools, moment: Bools, value: float | Floats) -> None:
        """Raise the worth of `moves` (`(B, 4)`) to `value` in rows where it is their `moment` (`(B,)`)."""
        np.maximum(worth, np.where(moves & moment[:, None], value, -0.5), out=worth)

    # Healing pays if it is more than what the opponent's next attack takes.
    add(_RECOVERY[ids] & ~_RESERVED_RECOVERY[ids], (hp < 0.55) & (threat < 0.5), 0.95)
    add(_RESERVED_RECOVERY[ids], (hp < 0.35) & (threat < 0.35), 0.7)
    for stat, setups in _SETUP_SETS.items():
        stage = view.field[:, FIELD[f"own_boost_{stat}"]] * 6
        moment = (hp > 0.7) & (threat < 0.4) & (stage < (2 if stat in ("atk", "spa") else 1))
        add(setups[ids], moment, _STAT_WORTH[stat])
    for hazard, value in _HAZARDS.items():
        room = view.field[:, FIELD[f"opposing_{hazard}"]] < 0.99
        add(_HAZARD_SETS[hazard][ids], room & (bench >= 2), value)
    for screen in _SCREENS:
        down = ~(view.flag(f"own_{screen}") | _volatile(view, "own", screen))
        snow = view.flag("weather_hail") | view.flag("weather_snowscape")
        add(_SCREEN_SETS[screen][ids], down & (snow | (screen != "auroraveil")) & (hp > 0.4), 0.5)
    add(_REMOVAL[ids], _removal_worth(view, ids).max(axis=1) > 0, 0.6)
    stuck = (_of_active(view, view.offence) < 0.25) & (threat > 0.4) & (_healthy(view, "own") > 1)
    add(_PIVOTS[ids], stuck, 0.45)
    _add_status(view, ids, add)
    return worth


_HAZARD_SETS = {name: move_set(name) for name in _HAZARDS}
_HAZARD_SETS["stealthrock"] |= move_set("stoneaxe")
_SCREEN_SETS = {name: move_set(name) for name in _SCREENS}


def _volatile(view: BattleView, side: str, name: str) -> Bools:
    field = f"{side}_volatile_{name}"
    return view.flag(field) if field in FIELD else np.zeros(len(view.field), dtype=np.bool_)


def _add_status(view: BattleView, ids: Ints, add: Callable[[Bools, Bools, float | Floats], None]) -> None:
    """Add the worth of status conditions, where the opponent can have them."""
    types = np.stack([view.of_active(1, "type_1"), view.of_active(1, "type_2")])  # (2, B)

    def is_type(name: str) -> Bools:
        found: Bools = (types == TYPE_ID[name]).any(axis=0)
        return found

    modern = view.generation >= 6
    statuses = ("brn", "par", "slp", "frz", "psn", "tox")
    healthy = ~np.any([view.of_active(1, f"status_{status}") > 0.5 for status in statuses], axis=0)
    healthy &= ~view.flag("opposing_volatile_substitute") & ~view.flag("opposing_safeguard")
    # Sleep Clause: one opposing Pokémon asleep at a time.
    one_sleeps = (view.team[:, 1, :, POKEMON["status_slp"]] > 0.5).any(axis=1)
    accuracy = _active_accuracy(view)
    powder_fails = _POWDER[ids] & (is_type("grass") & modern)[:, None]
    strong = view.of_active(1, "hp") > 0.4
    physical = view.of_active(1, "base_atk") > view.of_active(1, "base_spa")

    drowsy = view.flag("opposing_volatile_yawn")
    add(_SLEEP[ids] & ~powder_fails, healthy & ~one_sleeps & ~drowsy, 0.95 * accuracy)
    poisoned = healthy & ~is_type("poison") & ~(is_type("steel") & (view.generation >= 2))
    add(_POISON[ids] & ~powder_fails, poisoned & strong, 0.55 * accuracy)
    add(_BURN[ids], healthy & strong & physical & ~is_type("fire"), 0.65 * accuracy)
    ground = move_set("thunderwave")[ids] & is_type("ground")[:, None]
    paralysed = healthy & strong & ~view.faster & ~(is_type("electric") & modern)
    add(_PARALYSIS[ids] & ~ground & ~powder_fails, paralysed, 0.65 * accuracy)
    seeded = view.flag("opposing_volatile_leechseed") | view.flag("opposing_volatile_substitute")
    add(_SEED[ids], ~seeded & ~is_type("grass") & strong, 0.6 * accuracy)
    confused = view.flag("opposing_volatile_confusion") | view.flag("opposing_volatile_substitute")
    add(_CONFUSION[ids], ~confused & strong, 0.25 * accuracy)


def _switch_worth(view: BattleView, legal: Bools) -> Floats:
    """`(B, 6)` worth of switching to each slot; its order is that of the matchups."""
    matchup, active = view.matchup, _of_active(view, view.matchup)[:, None]
    must = ~legal[:, MOVES].any(axis=1, keepdims=True)
    offence = _of_active(view, view.offence) / np.maximum(view.of_active(1, "hp"), 0.01)
    threat = _of_active(view, view.threat)
    # What came in has to do something before it goes out again: two agents that answer each
    # other's switches with switches would never end.
    settled = (view.of_active(0, "last_move") > 0) | (view.field[:, FIELD["turn"]] < 0.015)
    drops = np.min(
        [view.field[:, FIELD[f"own_boost_{stat}"]] for stat in ("atk", "spa", "def", "spd")], axis=0
    )
    hopeless = (offence < 0.3) & (threat > 0.4)
    crippled = (drops <= -0.5) & (offence < 0.6)
    wants = (settled & (hopeless | crippled))[:, None]
    # A switch gives the opponent a free attack on what comes in.
    better = (matchup - active > 0.4) & (view.threat < 0.5 * view.team[:, 0, :, POKEMON["hp"]])
    voluntary = np.where(wants & better, 0.6 + 0.2 * (matchup - active), -2.0 + 0.1 * matchup)
    worth: Floats = np.where(must, matchup, voluntary)
    return worth


BASELINES: dict[str, Callable[[], Agent]] = {
    "random": RandomAgent,
    "max": MaxDamageAgent,
    "rule": RuleBasedAgent,
}
"""Baseline name to its constructor."""
