"""Plots of a run: the metrics that are drawn together, and their headings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from agents.report.run_data import Metrics
from agents.report.svg import NUM_COLORS, Series, line_plot, number_text

MOST_POINTS = 400
_SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class Plot:
    """One plot: metrics by name, or all metrics whose names have a prefix.

    Attributes:
        title: heading.
        keys: label by name of a metric.
        prefix: names with this prefix are drawn too; the rest of the name is the label.
        unit: unit of the y axis, or a hint for reading it.
        limits: ends of the y axis; None: from the values.
        wide: True for the whole width of the page.
    """

    title: str
    keys: Mapping[str, str] | None = None
    prefix: str = ""
    unit: str = ""
    limits: tuple[float, float] | None = None
    wide: bool = False

    def pick(self, columns: Mapping[str, object]) -> dict[str, str]:
        """Label by name of the metrics that this plot draws."""
        listed = {name: label for name, label in (self.keys or {}).items() if name in columns}
        found = {name: name.removeprefix(self.prefix) for name in columns if name.startswith(self.prefix)}
        return listed | (found if self.prefix else {})


SECTIONS: Mapping[str, tuple[Plot, ...]] = {
    "Strength": (
        Plot(
            "Win rate",
            prefix="win_rate/",
            unit="while learning, with 95% intervals",
            limits=_SHARE,
            wide=True,
        ),
        Plot("Evaluations", prefix="evaluation/", unit="win rate", limits=_SHARE),
        Plot("League", prefix="league/rating_", unit="Elo above the learner"),
        Plot("League members", {"league/members": "members"}),
        Plot("Frozen self", {"self/win_rate_when_replaced": "win rate when replaced"}, limits=_SHARE),
        Plot("Replacements", {"self/replacements": "of the frozen self"}),
    ),
    "Play": (
        Plot("Length", {"rollout/episode_length": "decisions", "rollout/turns": "turns"}, unit="per battle"),
        Plot("Reward", {"rollout/reward": "reward"}, unit="per episode"),
        Plot("Reward components", prefix="reward/", unit="per episode"),
        Plot(
            "Actions",
            {"rollout/move": "move", "rollout/switch": "switch", "rollout/gimmick": "gimmick"},
            unit="share as played",
            limits=_SHARE,
        ),
        Plot("Action diversity", {"rollout/action_entropy": "entropy of move, switch, gimmick"}, unit="nats"),
        Plot("Cut off", {"rollout/truncated": "by the turn limit"}, unit="share of battles", limits=_SHARE),
    ),
    "Learning": (
        Plot(
            "Loss", {"loss": "all", "policy_loss": "policy", "value_loss": "value", "aux_loss": "auxiliary"}
        ),
        Plot("Policy entropy", {"entropy": "entropy"}, unit="nats"),
        Plot("KL to the policy that played", {"approx_kl": "KL"}, unit="nats"),
        Plot("Clipped", {"clip_fraction": "clipped"}, unit="share of decisions"),
        Plot("Explained variance", {"explained_variance": "of returns by values"}),
        Plot("Gradient norm", prefix="grad_norm", unit="before clipping"),
        Plot("Learning rate", {"lr": "lr"}),
        Plot("Work", {"gradient_steps": "gradient steps", "epochs_done": "epochs"}, unit="per update"),
        Plot(
            "Log ratio before the first step",
            {"max_abs_log_ratio_first": "greatest"},
            unit="of decisions under older policies",
        ),
    ),
    "Speed": (
        Plot("Decisions", {"time/decisions_per_s": "learnt from"}, unit="per second"),
        Plot("Decisions by node", prefix="collection/decisions_per_s/", unit="per second"),
        Plot("Actors", {"collection/actors": "running"}),
        Plot("Dropped", {"collection/dropped": "too old"}, unit="episodes per update"),
        Plot("Collectors", {"collection/decisions_per_s": "of one"}, unit="decisions per second of work"),
        Plot("Staleness", {"rollout/staleness": "mean"}, unit="updates since an episode began"),
        Plot(
            "Time", {"time/collect_s": "collecting", "time/update_s": "learning"}, unit="seconds per update"
        ),
    ),
}

# Bands of other metrics, and metrics that other plots already show.
_UNDRAWN = ("win_rate_low/", "win_rate_high/", "rollout/decisions")


def plot_sections(metrics: Metrics) -> Iterator[tuple[str, str]]:
    """Headings with the plots below them as HTML; metrics that no plot names come last, one by one."""
    drawn = {name for plots in SECTIONS.values() for plot in plots for name in plot.pick(metrics.columns)}
    rest = [name for name in metrics.columns if name not in drawn and not name.startswith(_UNDRAWN)]
    others = tuple(Plot(name, {name: name}) for name in rest)
    for heading, plots in {**SECTIONS, "Other": others}.items():
        figures = [figure for plot in plots if (figure := _figure(plot, metrics))]
        if figures:
            yield heading, "\n".join(figures)


def _figure(plot: Plot, metrics: Metrics) -> str:
    """A plot with heading, legend and its numbers; empty if it has none."""
    series = [
        _series(metrics, name, label.strip("_/") or "all")
        for name, label in plot.pick(metrics.columns).items()
        if any(value is not None and math.isfinite(value) for value in metrics.columns[name])
    ]
    if not series:
        return ""
    legend = "".join(
        f'<li class="c{number % NUM_COLORS}">{escape(one.label)} <b>{number_text(_last(one))}</b></li>'
        for number, one in enumerate(series)
    )
    unit = f" <small>{escape(plot.unit)}</small>" if plot.unit else ""
    numbers = {one.label: [_short(value) for value in one.values] for one in series}
    return (
        f'<figure class="plot{" wide" if plot.wide else ""}">'
        f"<figcaption>{escape(plot.title)}{unit}</figcaption><ul>{legend}</ul>"
        f"{line_plot(series, metrics.decisions, plot.limits)}{json_script(numbers)}</figure>"
    )


def json_script(content: object, *, name: str = "") -> str:
    """Data for the page's script; no text in it can close the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    identity = f' id="{name}"' if name else ""
    return f'<script type="application/json"{identity}>{text}</script>'


def _series(metrics: Metrics, name: str, label: str) -> Series:
    low, high = (
        metrics.columns.get(name.replace("win_rate/", f"win_rate_{edge}/"), ()) if "win_rate/" in name else ()
        for edge in ("low", "high")
    )
    return Series(label, metrics.columns[name], low, high)


def _last(series: Series) -> float:
    return next(value for value in reversed(series.values) if value is not None)


def _short(value: float | None) -> float | None:
    """Round to six digits, which suffice for a reader and take half the space in JSON."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")
