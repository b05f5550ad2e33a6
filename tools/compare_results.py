"""Compare two files of `same_results.py`.

    python compare_results.py A.json B.json [--different] [--only PART ...]

Prints a line for each key, equal or different, and exits with 1 if anything differs or is in one file
only. Differences under `about` are shown but do not count.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NOT_COUNTED = "about"
MISSING = object()


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The leaves of nested mappings by path; an empty mapping is a leaf, too."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def difference(first: Any, second: Any) -> str:
    """Describe the difference of two unequal values."""
    if first is MISSING or second is MISSING:
        return f"only in {'B' if first is MISSING else 'A'}"
    if isinstance(first, list) and isinstance(second, list):
        if len(first) != len(second):
            return f"{len(first)} items in A, {len(second)} in B"
        common = (Counter(map(str, first)) & Counter(map(str, second))).total()
        number = next(number for number, (a, b) in enumerate(zip(first, second, strict=True)) if a != b)
        return f"{common} of {len(first)} items in both, the first difference is in item {number + 1}"
    return f"{short(first)} in A, {short(second)} in B"


def short(value: Any) -> str:
    """A value as text that fits on a line."""
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:16]}...{text[-4:]}"


def main() -> int:
    """Print and count the differences."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("first", type=Path, metavar="A.json")
    parser.add_argument("second", type=Path, metavar="B.json")
    parser.add_argument("--different", action="store_true", help="print only differences")
    parser.add_argument("--only", nargs="+", metavar="PART", help="compare only these parts")
    args = parser.parse_args()
    first, second = (dict(leaves(json.loads(path.read_text()))) for path in (args.first, args.second))
    equal = different = 0
    for path in sorted({*first, *second}):
        a, b = first.get(path, MISSING), second.get(path, MISSING)
        same = a is not MISSING and b is not MISSING and a == b
        name = " / ".join(path)
        if args.only and path[0] not in args.only:
            continue
        if path[0] == NOT_COUNTED:
            if not same:
                print(f"note       {name}: {difference(a, b)}")
            continue
        equal, different = equal + same, different + (not same)
        if not same:
            print(f"DIFFERENT  {name}: {difference(a, b)}")
        elif not args.different:
            print(f"equal      {name}")
    print(f"{equal} equal, {different} different")
    return 1 if different or not equal else 0


if __name__ == "__main__":
    sys.exit(main())
