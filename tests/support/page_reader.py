"""Reads a report's page: its elements, its numbers, and their places in the plots."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any


class Elements(HTMLParser):
    """Every element with its attributes; fails on an end tag that does not match."""

    VOID = ("meta", "link", "path", "input", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def data_of(text: str) -> list[Any]:
    return [
        json.loads(found)
        for found in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text)
    ]


def figures(text: str) -> dict[str, str]:
    """HTML of every plot by its title."""
    found = re.findall(r'<figure class="plot.*?</figure>', text, flags=re.DOTALL)
    return {
        re.sub(r".*<figcaption>(.*?)(?: <small>.*)?</figcaption>.*", r"\1", one, flags=re.DOTALL): one
        for one in found
    }


def drawn(figure: str, kind: str, color: int) -> list[tuple[float, float]]:
    """The points of a path, in units of the data."""
    (x_low, x_high), (y_low, y_high) = (
        map(float, re.search(rf'data-{axis}="(\S+) (\S+)"', figure).groups())  # type: ignore[union-attr]
        for axis in ("x", "y")
    )
    path = re.search(rf'<path class="{kind} c{color}" d="([^"]*)"', figure).group(1)  # type: ignore[union-attr]
    points = [tuple(map(float, pair.split())) for pair in re.findall(r"[-\d.]+ [-\d.]+", path)]
    return [(x_low + x / 1000 * (x_high - x_low), y_high - y / 1000 * (y_high - y_low)) for x, y in points]
