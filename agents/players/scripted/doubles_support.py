"""Worth of the moves of one own Pokémon in doubles beside their damage in the turn, in HP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.estimates import move_effects as effects
from agents.estimates.battle_view import Bools, Floats, Ints
from agents.estimates.doubles_attacks import ALLY_TARGETS, NO_TARGET, OPPOSING_TARGETS
from agents.estimates.doubles_board import SIDES, DoublesBoard
from agents.estimates.doubles_threats import Threats
from agents.estimates.move_tables import move_set
from agents.estimates.type_chart import TYPE_ID

PROTECT = move_set(
    "banefulbunker burningbulwark detect kingsshield maxguard obstruct protect silktrap spikyshield"
)
DRAWS = move_set("followme ragepowder")
FAKE_OUT = move_set("fakeout")
HELPING_HAND = move_set("helpinghand")
HEALS_ALLY = move_set("healpulse floralhealing")
HEALS_BOTH = move_set("junglehealing lifedew lunarblessing")

_TAILWIND, _TRICK_ROOM = move_set("tailwind"), move_set("trickroom")
_SLOWS = move_set("bulldoze electroweb glaciate icywind lowsweep mudshot rocktomb")
_HARSHER_SLOWS = move_set("cottonspore scaryface stringshot")
_NUZZLE = move_set("nuzzle")
_HINDERS = move_set("encore taunt")
_WEAKENS = move_set("breakingswipe lunge snarl strugglebug")
_PIVOTS = move_set("flipturn partingshot uturn voltswitch")
_LOWERS_OWN = move_set(
    "armorcannon closecombat dracometeor fleurcannon headlongrush hammerarm leafstorm makeitrain overheat"
    " superpower vcreate"
)
_HELPS_ALLY = move_set("coaching decorate")

_WASTE = -0.25  # of a move without an effect
_PROTECT_COST, _DRAW_COST = -0.18, -0.1  # the turn that is given up
_PAIR = 0.13  # of moving before an opponent for some turns, which moves first now
_STATUS_WORTH = {"slp": 0.5, "par": 0.15, "brn": 0.12, "psn": 0.12}
_BOOST_WORTH = 0.14  # of a stage of the attack that the Pokémon uses


@dataclass(frozen=True)
class Support:
    """The moves of the own Pokémon in a place: `(B, 4, ...)`."""

    threats: Threats
    place: int

    @property
    def _board(self) -> DoublesBoard:
        return self.threats.board

    @property
    def _slot(self) -> Ints:
        return self._board.slots[:, 0, self.place]

    @property
    def ids(self) -> Ints:
        """`(B, 4)` ids of the moves."""
        ids: Ints = self._board.move_ids[np.arange(len(self._board)), 0, self._slot]
        return ids

    def of_move(self, name: str) -> Floats:
        """`(B, 4)` value of a field of the moves."""
        values: Floats = self._board.of_move(name)[np.arange(len(self._board)), 0, self._slot]
        return values

    def worth(self) -> Floats:
        """`(B, 4, 5)` worth of the moves' effects by target."""
        ids, status = self.ids, self.of_move("status") > 0.5
        accuracy = self.of_move("accuracy")[..., None]
        against = self._against(ids) * accuracy  # (B, 4, 2)
        for_own_side = self._for_own_side(ids)
        worth = np.full((*ids.shape, 5), 0.0, dtype=np.float32)
        worth[..., NO_TARGET] = against.sum(axis=2) + for_own_side
        for index, target in enumerate(OPPOSING_TARGETS):
            worth[..., target] = against[..., index] + for_own_side
        worth[..., ALLY_TARGETS[self.place]] = self._for_ally(ids)
        useless = status[..., None] & (np.abs(worth) < 1e-6)
        worth = np.where(useless, _WASTE, worth)
        healed = effects.HEALING[ids] + HEALS_BOTH[ids] + HELPING_HAND[ids]
        worth = np.where((healed > 0)[..., None], -0.05, worth)
        guard = np.where(PROTECT[ids], _PROTECT_COST, 0.0) + np.where(DRAWS[ids], _DRAW_COST, 0.0)
        worth = np.where((guard < 0)[..., None], guard[..., None], worth)
        costs = 0.08 * _LOWERS_OWN[ids] + 0.25 * effects.RECHARGES[ids] - 0.06 * _PIVOTS[ids]
        hp = self.threats.hp[np.arange(len(ids)), 0, self._slot][:, None]
        costs = costs + (hp + 0.6) * effects.SACRIFICE[ids]
        result: Floats = worth - costs[..., None]
        return result

    def _gained_order(self, own_factor: float, opposing_factor: float) -> Floats:
        """`(B, 2, 2)` own Pokémon that would move before an opponent that they do not outrun now."""
        threats, board = self.threats, self._board
        own = board.at_places(0, threats.speed[:, 0])[:, :, None]
        opposing = threats.opposing_speed[:, None, :]
        then = threats.outruns(own * own_factor, opposing * opposing_factor)
        gained = then - threats.outruns(own, opposing)
        both: Floats = gained * board.present[:, 0, :, None] * board.present[:, 1, None, :]
        return both

    def _against(self, ids: Ints) -> Floats:
        """`(B, 4, 2)` worth of the moves' effects on the left and the right opponent."""
        board, threats = self._board, self.threats
        types = [board.at_places(1, board.ids(name)[:, 1])[:, None] for name in ("type_1", "type_2")]
        present = board.present[:, 1][:, None]
        left = np.minimum(board.at_places(1, threats.hp[:, 1]), 1.0)[:, None]

        def is_type(name: str) -> Bools:
            found: Bools = (types[0] == TYPE_ID[name]) | (types[1] == TYPE_ID[name])
            return found

        def has(name: str) -> Bools:
            return board.volatile(1, f"volatile_{name}")[:, None]

        def move(table: Bools) -> Bools:
            return table[ids][..., None]

        statuses = np.stack([board.of_pokemon(f"status_{status}")[:, 1] for status in effects.STATUSES])
        ill = board.at_places(1, np.asarray((statuses > 0.5).any(axis=0)))[:, None]
        safe = (board.flag("opposing_safeguard") | board.flag("terrain_mistyterrain"))[:, None, None]
        healthy = ~ill & ~safe & ~has("substitute") & ~(move(effects.POWDER) & is_type("grass"))
        one_sleeps = (statuses[2] > 0.5).any(axis=1)[:, None, None]
        awake = board.flag("terrain_electricterrain")[:, None, None]
        given = {
            "slp": move(effects.SLEEP) & healthy & ~one_sleeps & ~awake & ~has("yawn"),
            "par": move(effects.PARALYSIS | _NUZZLE)
            & healthy
            & ~is_type("electric")
            & ~(move(effects.THUNDER_WAVE | _NUZZLE) & is_type("ground")),
            "brn": move(effects.BURN) & healthy & ~is_type("fire"),
            "psn": move(effects.POISON) & healthy & ~is_type("poison") & ~is_type("steel"),
        }
        worth = np.zeros((*ids.shape, 2), dtype=np.float32)
        for name, works in given.items():
            worth += works * _STATUS_WORTH[name] * left
        slower = self._gained_order(1.0, 2 / 3).sum(axis=1)[:, None]
        much_slower = self._gained_order(1.0, 0.5).sum(axis=1)[:, None]
        worth += _PAIR * move(_SLOWS) * slower + _PAIR * (move(_HARSHER_SLOWS) | given["par"]) * much_slower
        worth += 0.15 * (move(effects.SEED) & ~is_type("grass") & ~has("leechseed") & ~has("substitute"))
        worth += 0.1 * (move(effects.CONFUSION) & ~has("confusion") & ~has("substitute"))
        worth += 0.12 * (move(_HINDERS) & ~has("taunt") & ~has("encore")) + 0.06 * move(_WEAKENS)
        return worth * present

    def _for_own_side(self, ids: Ints) -> Floats:
        """`(B, 4)` worth of the moves' effects on the user and its side."""
        board, threats = self._board, self.threats
        rows = np.arange(len(ids))
        reversed_now = threats.reversed[:, None]
        gained = self._gained_order(2.0, 1.0).sum(axis=(1, 2))[:, None]
        free = ~board.flag("own_tailwind")[:, None] & ~reversed_now
        worth = _TAILWIND[ids] * np.where(free, 0.05 + 1.2 * _PAIR * gained, 0.0)
        first = threats.outruns(
            board.at_places(0, threats.speed[:, 0])[:, :, None], threats.opposing_speed[:, None, :]
        )
        both = board.present[:, 0, :, None] & board.present[:, 1, None, :]
        turned = ((1 - 2 * first) * both).sum(axis=(1, 2))[:, None]
        worth = worth + _TRICK_ROOM[ids] * 1.2 * _PAIR * turned
        for screen, raises in effects.SCREENS.items():
            up = board.flag(f"own_{screen}")[:, None] | board.flag("own_auroraveil")[:, None]
            snow = (board.flag("weather_snowscape") | board.flag("weather_hail"))[:, None]
            works = raises[ids] & ~up & (snow | (screen != "auroraveil"))
            worth = worth + works * (0.4 if screen == "auroraveil" else 0.2)
        bench = board.number("opposing_team_size") - board.number("opposing_fainted") - 2
        bench = np.maximum(bench, 0)[:, None]
        for hazard, each in effects.HAZARDS.items():
            works = effects.LAYS[hazard][ids] & ~board.flag(f"opposing_{hazard}")[:, None]
            worth = worth + 0.6 * each * bench * works
        worth = worth + 0.1 * effects.REMOVAL[ids] * board.flag("own_stealthrock")[:, None]
        hp = threats.hp[rows, 0, self._slot][:, None]
        danger = threats.incoming[rows, :, :, self._slot].max(axis=2).sum(axis=1)[:, None]
        danger = danger / np.maximum(hp, 0.05)
        calm = np.clip(1.3 - danger, 0.0, 1.0) * hp
        attacks = self.of_move("power") > 0
        physical, special = (
            np.asarray((self.of_move(name) * attacks).any(axis=1))[:, None]
            for name in ("physical", "special")
        )
        status = self.of_move("status") > 0.5
        side = f"{SIDES[0]}_{('left', 'right')[self.place]}"
        for stat, table in effects.BOOSTS.items():
            stage = np.rint(board.number(f"{side}_boost_{stat}"))[:, None]
            room = np.clip(table[ids], -6, np.maximum(2 - stage, 0)) * status
            used: Any = {"atk": physical, "spa": special, "spe": True}.get(stat)
            gain: Any = _BOOST_WORTH * (0.4 if used is None else used) * (0.5 if stat == "spe" else 1.0)
            worth = worth + room * gain * calm
        result: Floats = np.asarray(worth, dtype=np.float32)
        return result

    def _for_ally(self, ids: Ints) -> Floats:
        """`(B, 4)` worth of the moves if they are aimed at the ally."""
        status = self.of_move("status") > 0.5
        present = self._board.present[:, 0, 1 - self.place][:, None]
        kind = HELPING_HAND[ids] | HEALS_ALLY[ids]
        worth = np.where(_HELPS_ALLY[ids], 0.2, np.where(kind, -0.05, np.where(status, -1.0, -0.1)))
        result: Floats = np.where(present, worth, _WASTE - 0.1).astype(np.float32)
        return result
