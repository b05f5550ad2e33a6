"""Settings of a search, as a name spells them: `search:rule?sims=64`."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from agents.errors import CheckpointError
from agents.players.query import read_query
from agents.registry import SEARCH


@dataclass(frozen=True)
class SearchSettings:
    """The extent of a search and the strategy that it plays.

    Attributes:
        sims: imagined battles that are played on for a decision, at most; 0: no limit.
        ms: milliseconds that a decision takes, at most; 0: no limit. One of both limits is needed.
        worlds: battles that are imagined for a decision.
        own: own actions that are tried: the most probable ones of the policy.
        opposing: actions of the opponent that are tried in each world.
        depth: turns that the policy plays for both sides before a position is valued.
        trust: probability with which the opponent follows the policy instead of playing its best answer.
        anchor: worth of an action that the policy finds e times as probable, after four scenarios; it falls
            with their number.
        temperature: difference between the scores of two own actions of a scripted policy that makes one of
            them e times as probable.
        opposing_temperature: the same for the actions of the opponent.
        value: name of the agent whose value network values positions; empty: the policy, or an estimate if it
            has no value network.
        teams: file or folder of teams from which the opponent's are drawn in formats whose players bring
            them; empty: none.
        usage: Smogon's usage statistics (a chaos file) of such a format; empty: none.
    """

    sims: int = 64
    ms: float = 0.0
    worlds: int = 16
    own: int = 4
    opposing: int = 4
    depth: int = 0
    trust: float = 0.8
    anchor: float = 0.02
    temperature: float = 0.2
    opposing_temperature: float = 0.05
    value: str = ""
    teams: str = ""
    usage: str = ""


def split_name(name: str) -> tuple[str, SearchSettings]:
    """The policy's name and the settings of `search:NAME?sims=64&worlds=4`.

    Raises:
        CheckpointError: no policy is named, a setting is unknown, or its value is out of range.
    """
    policy, _, query = name.removeprefix(SEARCH).partition("?")
    if not policy or policy.startswith(SEARCH):
        raise CheckpointError(f"{name!r}: name the policy of the search, such as {SEARCH}rule")
    types = {key: type(default) for key, default in asdict(SearchSettings()).items()}
    values = read_query(name, query, types)
    if "ms" in values and "sims" not in values:
        values["sims"] = 0
    settings = SearchSettings(**values)
    _check(name, settings)
    return policy, settings


def _check(name: str, settings: SearchSettings) -> None:
    for key, low, high in (
        ("sims", 0, 1e6),
        ("ms", 0, 1e6),
        ("worlds", 1, 64),
        ("own", 1, 26),
        ("opposing", 1, 26),
        ("depth", 0, 100),
        ("trust", 0, 1),
        ("anchor", 0, 10),
        ("temperature", 1e-3, 100),
        ("opposing_temperature", 1e-3, 100),
    ):
        value = getattr(settings, key)
        if not low <= value <= high:
            raise CheckpointError(f"{name!r}: {key} must be from {low} to {high:g}, not {value:g}")
    if not settings.sims and not settings.ms:
        raise CheckpointError(f"{name!r}: the search needs a limit: sims=64 or ms=100")
