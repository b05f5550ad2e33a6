"""`Game`: battles between a person and an agent, one after the other, in one environment."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from agents.players.loading import load_agent
from pokeenv import (
    NO_ACTION,
    Choice,
    Decision,
    IllegalActionError,
    Scene,
    SelfPlayVectorEnv,
    TeamSource,
    decide,
    legal_actions,
    make_scene,
    observation_kind_of,
    other_row,
    pack_teams,
    parse_format,
)

_MAX_SEED = 2**31  # of the seeds that are drawn here; a short number is easily typed again


@dataclass(frozen=True)
class PlaySettings:
    """The battles of a game.

    Attributes:
        opponent: the agent, as `load_agent` takes it.
        battle_format: Showdown's id of the format.
        teams: packed teams of p1 and of p2 to draw from; None if the format generates them.
        seed: of the first battle; None draws one.
        greedy: the agent takes its most probable actions.
        device: device of the agent's networks.
        replays: folder for the replays of battles that have ended.
    """

    opponent: str
    battle_format: str
    teams: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    seed: int | None = None
    greedy: bool = True
    device: str = "cpu"
    replays: Path = Path("runs/play")

    @classmethod
    def read_teams(
        cls, battle_format: str, own: str | None, opposing: str | None
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The teams of two files or folders, validated; the opposing side uses the own ones by default.

        Raises:
            InvalidTeamError: there is no team, or the validator refuses one.
            UnsupportedFormatError: the format lacks teams, or generates its own.
        """
        parsed = parse_format(battle_format, has_teams=own is not None)
        if own is None:
            return None
        return tuple(pack_teams(parsed, own)), tuple(pack_teams(parsed, opposing or own))


class SeatTeams(TeamSource):
    """A source with teams of its own for each seat: it draws for p1 and p2 by turns."""

    def __init__(self, teams: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
        """Keep the packed teams of p1 and of p2."""
        self._teams = teams
        self._drawn = 0

    def draw(self, rng: np.random.Generator) -> str:
        """A team of the seat whose turn it is."""
        teams = self._teams[self._drawn % 2]
        self._drawn += 1
        return teams[int(rng.integers(len(teams)))]


class Game:
    """A person in one seat, an agent in the other. Not safe for threads: hold a lock around each call.

    Args:
        settings: the battles.

    Attributes:
        decision: number of the person's decisions so far, in all battles. A choice names it, so that a choice
            which arrives twice is played once.

    Raises:
        PokeenvError: the agent cannot be loaded, or the simulator cannot be started.
    """

    def __init__(self, settings: PlaySettings) -> None:
        """Load the agent and start the simulator and the first battle."""
        self.settings = settings
        self.decision = self._battle = 0
        self._agent = load_agent(settings.opponent, device=settings.device, with_values=True)
        self._env = SelfPlayVectorEnv(
            settings.battle_format,
            1,
            observation=observation_kind_of(self._agent),
            teams=None if settings.teams is None else SeatTeams(settings.teams),
        )
        try:
            self.start(settings.seed, 0)
        except BaseException:
            self.close()
            raise

    def start(self, seed: int | None, seat: int) -> None:
        """Begin a battle.

        Args:
            seed: fixes the battle and its teams; None draws one.
            seat: the person's, 0 for p1 or 1 for p2.
        """
        self.seed = int(np.random.default_rng().integers(_MAX_SEED)) if seed is None else seed
        self.seat = seat
        self._replay = ""
        self._forfeited = self._ended = False
        self._decision: Decision | None = None
        self._thoughts: list[dict[str, Any]] = []
        self._picked: list[str] = []
        self._env.reset(seed=self.seed)
        self._agent.begin(1, seed=self.seed)
        self._agent.reset_rows(np.zeros(1, dtype=np.int64))
        self.decision += 1
        self._battle += 1
        self._play_on()

    @property
    def ended(self) -> bool:
        """True if the battle has ended."""
        return self._ended

    def choose(self, action: int, decision: int) -> None:
        """Play an action of the person, and the agent's decisions up to the person's next one.

        Args:
            action: number of the action.
            decision: the decision that it answers; the answer to an earlier one is ignored.

        Raises:
            IllegalActionError: the action is not legal; nothing has changed.
        """
        if decision != self.decision or self._ended:
            return
        legal = legal_actions(self._env.engine.action_masks[self.seat])
        if action not in legal:
            raise IllegalActionError(action, legal, {"decision": decision})
        scene = self._scene()
        if scene.turn == 0 and scene.phase:
            self._picked.append(_choice_of(scene, action).name)
        self.decision += 1
        self._step(action)
        self._play_on()

    def think(self) -> None:
        """Let the agent decide ahead, while the person thinks."""
        agent_row = other_row(self.seat)
        if self._ended or self._decision is not None or not self._env.acting[agent_row]:
            return
        rows, line = np.array([agent_row]), np.zeros(1, dtype=np.int64)
        engine = self._env.engine
        # Copies: a forked search or a network may keep them.
        seen, masks = engine.observations[rows].copy(), engine.action_masks[rows].copy()
        self._decision = decide(
            self._agent, engine, rows, seen, masks, agent_rows=line, greedy=self.settings.greedy
        )
        self._thoughts.append(_thought(make_scene(engine, agent_row), self._decision))

    def give_up(self) -> None:
        """End the battle as lost."""
        if not self._ended:
            self._forfeited = True
            self.decision += 1
            self._end()

    def view(self) -> dict[str, Any]:
        """All that the page shows, ready for JSON.

        While the battle runs, it is a function of the messages and requests of the person's seat. The agent's
        thoughts are added when the battle has ended.
        """
        scene = self._scene()
        board = asdict(scene)
        del board["messages"]
        board["choices"] = [
            {key: value for key, value in choice.items() if key not in ("move", "pokemon")}
            | {"name": scene.choices[number].name, "slot": _shown_slot(scene, scene.choices[number])}
            for number, choice in enumerate(board["choices"])
            if not self._ended
        ]
        return {
            "board": board,
            "turns": self._env.engine.narrate(0, self.seat),
            "battle": self._battle,
            "decision": self.decision,
            "picked": self._picked,
            "picks": self._env.battle_format.picked_team_size,
            "format": self._env.battle_format.id,
            "opponent": self.settings.opponent,
            "seat": self.seat,
            "seed": str(self.seed),  # text, since JavaScript's numbers are exact up to 2**53 only
            "ended": self._ended,
            "thoughts": self._thoughts if self._ended else [],
            "replay": self._replay,
        }

    def close(self) -> None:
        """End the simulator and, where it has workers of its own, the agent."""
        self._env.close()
        if close := getattr(self._agent, "close", None):
            close()

    def _play_on(self) -> None:
        """Play decisions of the agent alone, until the person must decide or the battle has ended."""
        while not self._ended and not self._env.acting[self.seat]:
            self._step(NO_ACTION)

    def _step(self, action: int) -> None:
        self.think()
        actions = np.full(2, NO_ACTION, dtype=np.int64)
        actions[self.seat] = action
        if self._decision is not None:
            actions[other_row(self.seat)] = self._decision.actions[0]
        self._decision = None
        _, _, terminated, truncated, _ = self._env.step(actions)
        if terminated[self.seat] or truncated[self.seat]:
            self._end()

    def _end(self) -> None:
        self._ended = True
        stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        name = f"{stamp}_{self._env.battle_format.base_id}_seed{self.seed}_p{self.seat + 1}.html"
        try:
            self._replay = str(self._env.save_replay(0, self.settings.replays / name))
        except OSError as error:
            self._replay = f"not saved: {error}"

    def _scene(self) -> Scene:
        return make_scene(self._env.engine, self.seat, forfeited=self._forfeited)


def _shown_slot(scene: Scene, choice: Choice) -> int:
    """Place of a switch in the shown team, which lacks members that were not picked; else the slot."""
    places = (place for place, pokemon in enumerate(scene.own.team) if pokemon is choice.pokemon)
    return next(places, choice.slot)


def _choice_of(scene: Scene, action: int) -> Choice:
    return next(choice for choice in scene.choices if choice.action == action)


def _deciding(scene: Scene) -> str:
    """Name of the Pokémon that decides; in doubles the phase says which one."""
    actives = sorted(scene.own.actives, key=lambda each: f"the {each.place} one" not in scene.phase)
    return actives[0].name if actives else ""


def _thought(scene: Scene, decision: Decision) -> dict[str, Any]:
    """A decision of the agent: its choices with their probabilities or scores, best first, and its value."""
    options = []
    if decision.scores is not None:
        learnt = decision.log_probs is not None
        scores = np.exp(decision.scores[0]) if learnt else decision.scores[0]
        options = [
            {"name": choice.name, "kind": choice.kind, "score": round(float(scores[choice.action]), 4)}
            for choice in sorted(scene.choices, key=lambda choice: -scores[choice.action])
        ]
    chosen = _choice_of(scene, int(decision.actions[0]))
    return {
        "turn": scene.turn,
        "phase": scene.phase,
        "pokemon": _deciding(scene),
        "chosen": chosen.name,
        "kind": chosen.kind,
        "probabilities": decision.log_probs is not None,
        "options": options,
        "value": None if decision.values is None else round(float(decision.values[0]), 3),
    }
