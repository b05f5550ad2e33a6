"""Imagined battles agree with everything that a seat has seen, and depend on nothing that it has not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from pokeenv import FileTeams, ImaginationError, UnsupportedFormatError
from pokeenv.engine import RUNNING, SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown

SLOTS = 4
SINGLES = [1, 4, 9]
SLOW = [2, 3, 5, 6, 7, 8]
DOUBLES = "gen9randomdoublesbattle"
FORMATS = [
    *(f"gen{generation}randombattle" for generation in SINGLES),
    DOUBLES,
    *(pytest.param(f"gen{generation}randombattle", marks=pytest.mark.slow) for generation in SLOW),
]
TEAMS = Path(__file__).parents[2] / "config" / "teams"
PICKED = "gen9bssregi"  # three of six Pokémon battle, at level 50
SLOW_TEAMS = [*(f"gen{number}ou" for number in (1, 2, 3, 4, 5, 6, 7, 8)), PICKED]
WITH_TEAMS = ["gen9ou", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW_TEAMS)]


def generation_of(battle_format: str) -> int:
    return int(battle_format[len("gen")])


class Game:
    """An engine whose slot 0 plays a random battle; the others are for imagined ones."""

    def __init__(self, engine: EmbeddedShowdown, seed: int) -> None:
        self.engine = engine
        self.rng = np.random.default_rng(seed)
        battle_format = engine.battle_format
        files = battle_format.team_source == "files"
        self.teams = FileTeams(TEAMS / battle_format.base_id).teams if files else ()

    def start(self, words: list[int]) -> None:
        """Start the battle; its seed has the words of the battle, of p1's team and of p2's team."""
        if self.teams:
            # In generation 1, these are teams without Wrap: what it holds is a known difference.
            first, second = (
                self.teams[number % len(self.teams)] for number in (words[0], sum(words[:2]) + 1)
            )
            self.engine.set_teams(0, (first, second))
        seed = np.repeat(np.array(words, dtype=np.uint16), SEED_WORDS // 3)
        idle = range(1, SLOTS)
        self.engine.step_async(np.full(2 * SLOTS, -1), {0: seed}, idle=idle)
        self.engine.step_wait()

    @property
    def running(self) -> bool:
        return bool(self.engine.statuses[0] == RUNNING)

    def move(self, slot: int = 0) -> None:
        masks = self.engine.action_masks[2 * slot : 2 * slot + 2]
        actions = [[int(self.rng.choice(np.flatnonzero(mask))) if mask.any() else -1 for mask in masks]]
        self.engine.advance([slot], np.array(actions))

    def end_preview(self) -> None:
        """Choose the leads at random."""
        while self.running and self.engine.turns[0] == 0:
            self.move()

    def positions(self, steps: int) -> Iterator[int]:
        """Play on from turn 1, and yield every row that acts."""
        self.end_preview()
        for _ in range(steps):
            if not self.running:
                return
            yield from np.flatnonzero(self.engine.acting[:2]).tolist()
            self.move()

    def bytes_of(self, slot: int) -> bytes:
        """Everything of a battle: the simulator's state, its random generator and both seats' views."""
        return self.engine.snapshot(slot)


@contextmanager
def game(battle_format: str, seed: int = 0) -> Iterator[Game]:
    with closing(EmbeddedShowdown(battle_format, SLOTS)) as engine:
        yield Game(engine, seed)


def check_that_the_seat_sees_the_same(battle_format: str, number: int, steps: int) -> None:
    """Imagine every decision of two battles."""
    with game(battle_format, number) as played:
        engine = played.engine
        compared = 0
        for battle in range(2):
            played.start([number, battle, 7])
            for row in played.positions(steps):
                engine.imagine(row, [battle], [1])
                assert (engine.action_masks[row + 2] == engine.action_masks[row]).all()
                assert (engine.observations[row + 2] == engine.observations[row]).all()
                assert engine.turns[1] == engine.turns[0] and engine.statuses[1] == RUNNING
                compared += 1
        assert compared > 1.6 * steps


@pytest.mark.parametrize("battle_format", FORMATS)
def test_the_seat_sees_in_an_imagined_battle_what_it_sees_in_the_true_one(battle_format: str) -> None:
    check_that_the_seat_sees_the_same(battle_format, generation_of(battle_format), steps=25)


@pytest.mark.parametrize("battle_format", WITH_TEAMS)
def test_the_seat_sees_the_same_where_players_bring_their_teams(battle_format: str) -> None:
    check_that_the_seat_sees_the_same(battle_format, 2, steps=12)


@pytest.mark.slow
def test_battles_that_look_alike_are_imagined_alike() -> None:
    """Battles with the same own team and the same lines, and other teams and other luck behind them."""
    with game("gen9randombattle") as played:
        engine = played.engine
        found: dict[str, list[tuple[str, bytes]]] = {}
        for other in range(600):
            played.start([other % 5, 3, other])
            seen = str(engine.seat_messages(np.array([0]))[0].lines)
            engine.imagine(0, [5], [1])
            found.setdefault(seen, []).append((engine.packed_teams(0)[1], played.bytes_of(1)))
        alike = [worlds for worlds in found.values() if len({team for team, _ in worlds}) > 1]
        assert alike, "no two battles look alike"
        for worlds in alike:
            assert len({imagined for _, imagined in worlds}) == 1


def check_that_hidden_things_do_not_matter(battle_format: str, number: int, steps: int, share: float) -> None:
    """Change them in copies of a share of the decisions of two battles."""
    with game(battle_format, number) as played:
        engine = played.engine
        changed = 0
        for battle in range(2):
            played.start([number, battle, 9])
            for row in played.positions(steps):
                if played.rng.random() >= share:
                    continue
                engine.imagine(row, [11], [1])
                expected = played.bytes_of(1)
                engine.copy(0, [2])
                changed += engine.change_hidden(2, row % 2)
                engine.imagine(4 + row % 2, [11], [3])
                found = played.bytes_of(3)
                assert found == expected
        assert changed > 10


@pytest.mark.parametrize("battle_format", FORMATS)
def test_an_imagined_battle_is_the_same_after_changes_of_what_is_hidden(battle_format: str) -> None:
    check_that_hidden_things_do_not_matter(battle_format, generation_of(battle_format), steps=30, share=0.2)


@pytest.mark.parametrize("battle_format", WITH_TEAMS)
def test_brought_teams_that_are_hidden_do_not_matter(battle_format: str) -> None:
    check_that_hidden_things_do_not_matter(battle_format, 2, steps=12, share=0.3)


def test_what_a_team_preview_shows_holds_in_every_imagined_battle() -> None:
    with game(PICKED) as played:
        engine = played.engine
        played.start([1, 2, 3])
        with pytest.raises(ImaginationError, match="row 0 decides in a Team Preview"):
            engine.imagine(0, [1], [1])
        lines = engine.battle_log(0)["log"]
        previewed = {described(line.split("|")[3]) for line in lines if line.startswith("|poke|p2|")}
        assert len(previewed) == 6
        played.end_preview()
        teams = []
        for seed in range(12):
            engine.imagine(0, [seed], [1])
            teams.append([member(packed) for packed in engine.packed_teams(1)[1].split("]")])
        assert all(len(set(team)) == 3 and previewed.issuperset(team) for team in teams)
        assert len({team[0] for team in teams}) == 1, "the Pokémon on the field differs"
        assert len({frozenset(team) for team in teams}) > 3, "the same members were brought in all battles"


def described(details: str) -> tuple[str, str, str]:
    """Species without forme, level and gender of details such as `"Arceus-*, L50"`."""
    species, *rest = details.split(", ")
    level = next((part[1:] for part in rest if part[0] == "L"), "100")
    return species.split("-")[0], level, next((part for part in rest if part in "MF"), "N")


def member(packed: str) -> tuple[str, str, str]:
    """The same of a member of a packed team, which is named after its species."""
    fields = packed.split("|")
    return fields[0].split("-")[0], fields[10] or "100", fields[7] or "N"


def test_seeds_draw_different_worlds_and_repeat_them() -> None:
    with game("gen9randombattle") as played:
        engine = played.engine
        played.start([1, 2, 3])
        for _ in range(5):
            played.move()
        row = int(np.flatnonzero(engine.acting[:2])[0])
        engine.imagine(row, [1, 2, 1], [1, 2, 3])
        assert played.bytes_of(1) == played.bytes_of(3)
        first, second = (engine.packed_teams(slot) for slot in (1, 2))
        assert first[1 - row] != second[1 - row], "another seed gave the same opposing team"
        assert first[row] == second[row]


def check_that_imagined_battles_end(battle_format: str, number: int) -> None:
    """Play some decisions of a battle to the end."""
    with game(battle_format, number) as played:
        engine = played.engine
        ended = 0
        played.start([number, 4, 5])
        for row in played.positions(60):
            if played.rng.random() < 0.93:
                continue
            engine.imagine(row, [8], [1])
            for _ in range(600):
                if engine.statuses[1] != RUNNING:
                    break
                played.move(1)
            assert engine.signals[2:4].any() and engine.statuses[1] == 1
            ended += 1
        assert ended > 0


@pytest.mark.parametrize("battle_format", FORMATS)
def test_imagined_battles_are_played_to_their_end(battle_format: str) -> None:
    check_that_imagined_battles_end(battle_format, generation_of(battle_format))


@pytest.mark.slow
@pytest.mark.parametrize("battle_format", ["gen9ou", *SLOW_TEAMS])
def test_imagined_battles_of_brought_teams_are_played_to_their_end(battle_format: str) -> None:
    check_that_imagined_battles_end(battle_format, 4)


def test_the_second_decision_of_doubles_is_imagined_after_the_first_one() -> None:
    with game(DOUBLES) as played:
        engine = played.engine
        played.start([1, 2, 3])
        own, opposing = (np.flatnonzero(mask) for mask in engine.action_masks[:2])
        # Two battles that differ by what the opponent has chosen for its left Pokémon.
        actions = np.array([[own[0], opposing[0]], [own[0], opposing[-1]]])
        engine.advance([1, 2], actions, sources=[0, 0])
        imagined = []
        for slot in (1, 2):
            engine.imagine(2 * slot, [1], [3])
            imagined.append(played.bytes_of(3))
        assert imagined[0] == imagined[1]
        assert (engine.observations[6] == engine.observations[2]).all()
        assert (engine.action_masks[6] == engine.action_masks[2]).all()
        assert engine.acting[7] and not (engine.observations[7] == engine.observations[3]).all()
        played.move(3)
        assert engine.turns[3] == 1 and engine.acting[6:8].tolist() == [False, True]
        played.move(3)
        assert engine.turns[3] == 2 or engine.acting[6:8].any()


def test_what_cannot_be_imagined_is_refused() -> None:
    with game("gen9randombattle") as played:
        engine = played.engine
        played.start([1, 2, 3])
        engine.imagine(0, [1], [1])
        with pytest.raises(ValueError, match="battle 1 is imagined itself"):
            engine.imagine(2, [1], [2])
        with pytest.raises(ValueError, match="into itself"):
            engine.imagine(0, [1], [0])
        with pytest.raises(ValueError, match="a seed for each slot"):
            engine.imagine(0, [1, 2], [1])
        while played.running and engine.acting[:2].all():
            played.move()
        waiting = int(np.flatnonzero(~engine.acting[:2])[0])
        with pytest.raises(ValueError, match="does not act"):
            engine.imagine(waiting, [1], [1])


@pytest.mark.parametrize(
    ("battle_format", "reason"),
    [("gen9doubleshackmonscup", 'not "random"'), ("gen9battlefactory", "Team Preview")],
)
def test_other_formats_are_refused_in_words(battle_format: str, reason: str) -> None:
    with game(battle_format) as played:
        played.start([1, 2, 3])
        with pytest.raises(UnsupportedFormatError, match=reason):
            played.engine.imagine(0, [1], [1])
