"""Sources of teams for campaigns over many formats: no format may be left out for want of teams."""

from __future__ import annotations

from pokeenv import FORMATS
from pokeenv.formats import BattleFormat


def team_source(battle_format: BattleFormat) -> str:
    """The source of a format's teams: a format with a generator, "wild 7", or "" for its own generator.

    Wild teams have any move, ability and item of a generation. Teams need not be legal, since the simulator
    plays them all the same.
    """
    if battle_format.team_source == "generated":
        return ""
    if battle_format.base_id.endswith("customgame"):
        return f"wild {battle_format.generation}"
    doubles = battle_format.action_space.actives > 1 and battle_format.generation == 9
    return "gen9randomdoublesbattle" if doubles else f"gen{battle_format.generation}randombattle"


DOUBLES: dict[str, str] = {
    battle_format.id: team_source(battle_format)
    for battle_format in FORMATS.values()
    if battle_format.action_space.actives > 1 and not battle_format.unsupported_reason
}
"""Every doubles format that can be played, with the source of its teams."""
