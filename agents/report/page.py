"""The page: one file without links to other files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from agents.config import TrainConfig
from agents.config.reading import keys_of
from agents.evaluate.ratings import Rating
from agents.evaluate.results_file import Results
from agents.report.plots import MOST_POINTS, json_script, plot_sections
from agents.report.run_data import Metrics, RunData
from agents.report.svg import number_text

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
<script>
{script}</script>
</body>
</html>
"""


def report_page(run: RunData, replays: Sequence[Mapping[str, Any]], notes: Sequence[str] = ()) -> str:
    """Put the page together.

    Args:
        run: content of the run's folder.
        replays: battles as `play_replays` gives them.
        notes: further sentences for the reader.

    Returns:
        HTML with every text escaped; the same arguments give the same page.
    """
    thin = run.metrics.thinned(MOST_POINTS)
    parts = [
        _head(run),
        *(f'<p class="note">{escape(note)}</p>' for note in (*run.notes, *notes)),
        _ladder(run),
        _replays(replays),
        _legend(run.metrics, thin),
        *(_section(heading, f'<div class="plots">{plots}</div>') for heading, plots in plot_sections(thin)),
        json_script(thin.decisions, name="decision-data"),
        _configuration(run),
    ]
    folder = files(__package__)
    return _PAGE.format(
        title=escape(f"{run.name}: training report"),
        style=folder.joinpath("page.css").read_text(encoding="utf-8"),
        script=folder.joinpath("page.js").read_text(encoding="utf-8"),
        body="\n".join(part for part in parts if part),
    )


def _section(heading: str, content: str) -> str:
    return f'<section id="{heading.lower().replace(" ", "-")}"><h2>{heading}</h2>\n{content}\n</section>'


def _head(run: RunData) -> str:
    """The run and its progress."""
    metrics, config = run.metrics, run.config
    episodes = f"{metrics.episodes:,}"
    words = ["all episodes learnt from" if run.finished else "not finished: it is running, or was stopped"]
    if config is not None:
        episodes += f" <small>of {config.episodes:,}</small>"
        network = config.network
        memory = f", memory {network.memory}" if network.recurrent else ""
        words = [config.battle_format, f"{config.algorithm} with network {network.type}{memory}", *words]
    tiles = {
        "decisions learnt from": f"{metrics.decisions[-1]:,}",
        "episodes": episodes,
        "updates": f"{metrics.steps[-1]:,}",
        "playing and learning": _duration(metrics.seconds),
        "decisions per second": number_text(metrics.decisions_per_s),
    }
    shown = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles.items())
    return (
        f"<header><h1>{escape(run.name)}</h1>\n<p>{escape(' · '.join(words))}</p>\n<dl>{shown}</dl></header>"
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _ladder(run: RunData) -> str:
    """Results against every opponent, and ratings if there are any."""
    if not run.results:
        return _section("Ladder", '<p class="note">There is no final evaluation yet.</p>')
    how = "Seats mirrored, a tie counts half, 95% Wilson intervals."
    content = f'<p>{how}</p><div class="scroll">{_result_table(run.results)}</div>'
    if run.ratings:
        content += (
            "<h3>Ratings</h3><p>Bradley-Terry, in Elo points around their mean, 95% bootstrap intervals.</p>"
            f'<div class="scroll">{_rating_table(run.ratings)}</div>'
        )
    return _section("Ladder", content)


def _result_table(results: Results) -> str:
    agents = dict.fromkeys(first for first, _ in results)
    first_column = ["agent"] if len(agents) > 1 else []
    rows = []
    for (agent, opponent), result in results.items():
        low, high = result.interval
        names = [*([agent] if first_column else []), opponent]
        rate = [f"{result.win_rate:.3f}", f"{low:.3f} to {high:.3f}", _interval(result.win_rate, low, high)]
        counts = [result.wins, result.losses, result.ties, f"{result.turns:.1f}"]
        rows.append([*map(_short_name, names), *rate, *counts])
    heads = [*first_column, "opponent", "win rate", "interval", "", "won", "lost", "tied", "turns"]
    return _table(heads, rows)


def _rating_table(ratings: Sequence[Rating]) -> str:
    low = min(rating.interval[0] for rating in ratings)
    width = max(rating.interval[1] for rating in ratings) - low or 1.0
    rows = []
    for rating in ratings:
        places = [(value - low) / width for value in (rating.elo, *rating.interval)]
        elo, *edges = (f"{value:+.0f}".replace("-", "\u2212") for value in (rating.elo, *rating.interval))
        rows.append([_short_name(rating.name), elo, " to ".join(edges), _interval(*places, middle=False)])
    return _table(["agent", "Elo", "interval", ""], rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    def line(tag: str, cells: Sequence[object]) -> str:
        return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', heads)}</thead><tbody>{body}</tbody></table>"


def _interval(value: float, low: float, high: float, *, middle: bool = True) -> str:
    """A value in [0, 1] with its interval, as a mark on a line."""
    span = f'<i style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"></i>'
    mark = f'<b style="left:{100 * value:.1f}%"></b>'
    return f'<div class="interval{" half" if middle else ""}">{span}{mark}</div>'


def _short_name(name: str) -> str:
    """The name itself; of a path, the last two parts."""
    return escape("/".join(Path(name).parts[-2:]))


def _replays(replays: Sequence[Mapping[str, Any]]) -> str:
    if not replays:
        return ""
    hint = (
        "The newest checkpoint, playing its most probable actions, and the messages to its seat. "
        "Step with the buttons or the arrow keys."
    )
    return _section(
        "Replays", f"<p>{hint}</p>" + '<div id="viewer"></div>' + json_script(replays, name="replay-data")
    )


def _legend(metrics: Metrics, thin: Metrics) -> str:
    """Instructions for reading the plots."""
    size = math.ceil(len(metrics.steps) / len(thin.steps))
    points = "an update" if size == 1 else f"the mean of {size} updates"
    return (
        '<p class="reading">The plots run over decisions learnt from. A point is '
        f"{points}; thick lines over thin ones are running means; the numbers are the last ones.</p>"
    )


def _configuration(run: RunData) -> str:
    """Settings that differ from the defaults, a folded table of all settings, and the versions."""
    if run.config is None:
        return ""
    values, defaults = _flat(run.config), _flat(TrainConfig())
    meanings = {name: key.meaning for name, key in keys_of(TrainConfig).items()}
    rows = {
        name: [f"<code>{escape(name)}</code>", *map(_value, (value, defaults[name])), escape(meanings[name])]
        for name, value in values.items()
    }
    changed = [row for name, row in rows.items() if values[name] != defaults[name]]
    heads = ["key", "value", "default", "meaning"]
    content = f'<p>What differs from the defaults:</p><div class="scroll">{_table(heads, changed)}</div>'
    content += (
        f"<details><summary>All {len(rows)} keys</summary>"
        f'<div class="scroll">{_table(heads, list(rows.values()))}</div></details>'
    )
    if run.checkpoint is not None:
        path, checkpoint = run.checkpoint
        versions = ", ".join(f"{name} {version}" for name, version in checkpoint.versions.items())
        progress = checkpoint.progress
        content += (
            f"<p>Newest checkpoint: <code>{escape(path.name)}</code>, {progress.episodes:,} episodes, "
            f"{progress.decisions:,} decisions; made with {escape(versions)}.</p>"
        )
    return _section("Configuration", content)


def _flat(config: BaseModel) -> dict[str, Any]:
    """Values by dotted key, sections last."""
    data = config.model_dump(mode="json")
    plain = {key: value for key, value in data.items() if not isinstance(value, dict)}
    return plain | dict(_nested(data))


def _nested(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for section, content in data.items():
        if isinstance(content, dict):
            for key, value in content.items():
                yield f"{section}.{key}", value


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"<code>{escape(text)}</code>"
