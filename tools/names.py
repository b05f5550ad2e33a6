"""Write the games' names of all ids of the vocabulary, as the simulator gives them.

    python -m tools.names > pokeenv/names.json

A test compares the file with the simulator.
"""

from __future__ import annotations

import json
from contextlib import closing

from pokeenv import DEFAULT_FORMAT, VOCABULARY, open_engine, parse_format


def names() -> dict[str, list[str]]:
    """Names by vocabulary, in the order of the ids."""
    with closing(open_engine("showdown", parse_format(DEFAULT_FORMAT), 1)) as engine:
        found = engine.display_names
    return {table: [found[table][name] for name in ids] for table, ids in VOCABULARY.items()}


if __name__ == "__main__":
    print(json.dumps(names(), ensure_ascii=False, indent=0))
