"""One turn of doubles, played in expectation for many pairs of own choices at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.estimates.battle_view import Floats, Ints
from agents.estimates.doubles_threats import Threats
from agents.estimates.duel import ko_chance

_KNOCKOUT = 0.6  # worth of a knockout beyond the HP that it takes


@dataclass(frozen=True)
class Options:
    """Choices of one own Pokémon: `(B, N)` each, or with a last axis as given.

    Attributes:
        hits: `(..., 3)` damage to the left and the right opponent and to the ally.
        chances: `(..., 3)` chance of that damage.
        flinches: `(..., 2)` chance to keep an opponent from moving if the choice comes first.
        priority: priority of the move.
        slot: team member that is in the place after the choice.
        guards: chance that the Pokémon is protected from all attacks.
        draws: 1 if it draws the opponents' single attacks to itself.
        helps: factor on the damage of the ally.
        heals: HP that it restores to itself.
        heals_ally: HP that it restores to its ally.
        tera: 1 if it terastallizes.
        worth: worth of all other effects, in HP.
    """

    hits: Floats
    chances: Floats
    flinches: Floats
    priority: Floats
    slot: Ints
    guards: Floats
    draws: Floats
    helps: Floats
    heals: Floats
    heals_ally: Floats
    tera: Floats
    worth: Floats

    def take(self, rows: Ints, choices: Ints) -> Options:
        """The choices `(R, K)` of some rows `(R,)`."""
        index = rows[:, None], choices
        return Options(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def along(self, axis: int) -> Options:
        """With an axis of length 1 inserted, so that two sets of choices make pairs."""
        return Options(
            **{field.name: np.expand_dims(getattr(self, field.name), axis) for field in fields(self)}
        )


@dataclass(frozen=True)
class Turn:
    """The estimates of B rows that a turn is played from; pairs have two axes behind the row.

    Attributes:
        hp: `(B, 6)` HP of the own team.
        left: `(B, 2)` HP of the opponents.
        able: `(B, 2, 2)` see `Threats.able`.
        first: `(B, 6, 2)` see `Threats.first`.
        at_one: `(B, 2, 2, 6)` see `Threats.at_one`.
        at_both: `(B, 2, 6)` see `Threats.at_both`.
        tera_one: `(B, 2, 6)` see `Threats.terastallized`.
        tera_both: `(B, 2, 6)` see `Threats.terastallized`.
        plans: `(B, 2, 3)` see `Threats.plans`.
        weight: `(B, 2)` worth of the opponents' HP.
        present: `(B, 2, 2)` see `DoublesBoard.present`.
    """

    hp: Floats
    left: Floats
    able: Floats
    first: Floats
    at_one: Floats
    at_both: Floats
    tera_one: Floats
    tera_both: Floats
    plans: Floats
    weight: Floats
    present: NDArray[np.bool_]

    @classmethod
    def of(cls, threats: Threats) -> Turn:
        """The estimates of a whole batch."""
        board = threats.board
        left = board.at_places(1, threats.hp[:, 1]) * board.present[:, 1]
        danger = threats.incoming.max(axis=2)  # (B, 2, 6)
        here = np.stack([board.at_places(0, danger[:, opponent]) for opponent in (0, 1)], axis=1)
        tera_one, tera_both = threats.terastallized()
        return cls(
            hp=threats.hp[:, 0],
            left=left,
            able=threats.able,
            first=threats.first,
            at_one=threats.at_one,
            at_both=threats.at_both,
            tera_one=tera_one,
            tera_both=tera_both,
            plans=threats.plans,
            weight=0.85 + 0.3 * np.minimum(here.max(axis=2), 1.0),
            present=board.present,
        )

    def rows(self, rows: Ints) -> Turn:
        """The estimates of some rows."""
        return Turn(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def value(self, pair: tuple[Options, Options]) -> Floats:
        """Worth of pairs of choices of the left and the right Pokémon, `(B, N, 1)` and `(B, 1, M)`.

        Returns:
            `(B, N, M)` HP that the opponents lose less HP that the own side loses, knockouts counted more.
        """
        shape = np.broadcast_shapes(pair[0].worth.shape, pair[1].worth.shape)
        hits, lands = self._own_attacks(pair)
        reach, taken, hp = self._opposing_attacks(pair, shape)
        early = [self._moves_first(place, pair[place]) for place in (0, 1)]  # [own][opponent]
        # First without regard to opponents that are knocked out before they move, then with it.
        acts = _survivals(reach, taken, hp, early)
        stays: list[Any] = []
        for j in (0, 1):
            chances = [lands[i][j] * acts[i] * early[i][j] for i in (0, 1)]
            gone = _fall(chances, [hits[i][j] for i in (0, 1)], self._opponent(self.left, j))[0]
            for i in (0, 1):
                gone = 1 - (1 - gone) * (1 - pair[i].flinches[..., j] * acts[i] * early[i][j])
            stays.append(1 - gone)
        reach = [[reach[j][i] * stays[j] for i in (0, 1)] for j in (0, 1)]
        acts = _survivals(reach, taken, hp, early)
        value = pair[0].worth * acts[0] + pair[1].worth * acts[1]
        for j in (0, 1):
            chances = [lands[i][j] * acts[i] for i in (0, 1)]
            falls, loss = _fall(chances, [hits[i][j] for i in (0, 1)], self._opponent(self.left, j))
            there = self.present[:, 1, j].reshape(-1, 1, 1) * self._opponent(self.weight, j)
            value = value + there * (loss + _KNOCKOUT * falls)
        for i in (0, 1):
            ally = pair[1 - i]
            meant = ally.hits[..., 2] * ally.chances[..., 2] * (1 - pair[i].guards)
            healed = np.minimum(pair[i].heals + ally.heals_ally, np.maximum(1 - hp[i], 0)) * acts[i]
            life = np.maximum(hp[i] - meant, 0.0)
            falls, loss = _fall([reach[j][i] for j in (0, 1)], [taken[j][i] for j in (0, 1)], life + healed)
            falls = np.where(life <= 0.0, 1.0, falls)
            here = self.present[:, 0, i].reshape(-1, 1, 1)
            value = value - here * (loss + (hp[i] - life) - healed + _KNOCKOUT * falls)
        return np.broadcast_to(value, shape)

    def _opponent(self, values: Floats, place: int) -> Floats:
        return values[:, place].reshape(-1, 1, 1)

    def _own_attacks(self, pair: tuple[Options, Options]) -> tuple[list[list[Any]], list[list[Any]]]:
        """Damage and chance of the own attacks, by own place and opponent."""
        hits = [[pair[i].hits[..., j] * pair[1 - i].helps for j in (0, 1)] for i in (0, 1)]
        able = [self.able[:, 0, i].reshape(-1, 1, 1) for i in (0, 1)]
        lands = [[pair[i].chances[..., j] * able[i] for j in (0, 1)] for i in (0, 1)]
        return hits, lands

    def _moves_first(self, place: int, choice: Options) -> list[Any]:
        """Chance that a choice comes before the left and the right opponent."""
        rows = np.arange(len(self.hp)).reshape(-1, 1, 1)
        first = self.first[rows, choice.slot]
        priority = choice.priority[..., None]
        early: Any = np.where(priority == 0, first, priority > 0)
        return [early[..., 0], early[..., 1]]

    def _opposing_attacks(
        self, pair: tuple[Options, Options], shape: tuple[int, ...]
    ) -> tuple[list[list[Any]], list[list[Any]], list[Any]]:
        """Chance and damage of the opposing attacks, by opponent and own place, and the own HP by place."""
        rows = np.arange(len(self.hp)).reshape(-1, 1, 1)
        reach: list[list[Any]] = [[], []]
        taken: list[list[Any]] = [[], []]
        hp = [self.hp[rows, pair[i].slot] for i in (0, 1)]
        for j in (0, 1):
            able = self._opponent(self.able[:, 1], j)
            at = [self.plans[:, j, plan].reshape(-1, 1, 1) for plan in (0, 1, 2)]
            for i in (0, 1):
                mine, ally = pair[i], pair[1 - i]
                alone = at[i] * (1 - ally.draws) + at[1 - i] * mine.draws
                slot, tera = mine.slot, mine.tera > 0
                one = np.where(tera, self.tera_one[rows, j, slot], self.at_one[rows, j, i, slot])
                both = np.where(tera, self.tera_both[rows, j, slot], self.at_both[rows, j, slot])
                total = alone + at[2]
                reach[j].append(np.broadcast_to(total * able * (1 - mine.guards), shape))
                taken[j].append((alone * one + at[2] * both) / np.maximum(total, 1e-6))
        return reach, taken, hp


def _survivals(
    reach: list[list[Any]], taken: list[list[Any]], hp: list[Any], early: list[list[Any]]
) -> list[Any]:
    """Chance of each own Pokémon to be alive when its move is due."""
    result = []
    for i in (0, 1):
        chances = [reach[j][i] * (1 - early[i][j]) for j in (0, 1)]
        result.append(1 - _fall(chances, [taken[j][i] for j in (0, 1)], hp[i])[0])
    return result


def _fall(chances: list[Any], hits: list[Any], hp: Any) -> tuple[Any, Any]:
    """Chance that two attacks together knock out a Pokémon, and the HP that it is expected to lose."""
    falls: Any = 0.0
    loss: Any = 0.0
    for first in (0, 1):
        for second in (0, 1):
            if not first and not second:
                continue
            chance = (chances[0] if first else 1 - chances[0]) * (chances[1] if second else 1 - chances[1])
            hit = first * hits[0] + second * hits[1]
            falls = falls + chance * ko_chance(hit, hp)
            loss = loss + chance * np.minimum(hit, hp)
    return falls, loss
