"""Line plots: SVG that stretches with the page, with labels that do not.

Axes, curves and bands are drawn in a square of 1000 by 1000 units that may be distorted; labels are elements
of the page, placed in percent, so they stay readable at every width. Colours come from the page's style.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_SIZE = 1000
_DOTTED_UP_TO = 12  # number of points up to which each is marked
_SMOOTHED_FROM = 30  # number of points from which a curve gets a running mean
_SMOOTHING = 20  # share of all points in a window of the running mean: one in this many
_SUFFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


NUM_COLORS = 8
"""Colours of the page's style, `c0` and so on."""

Values = Sequence[float | None]
"""A value per x: NaN breaks the curve, None is skipped."""


@dataclass(frozen=True)
class Series:
    """One curve.

    Attributes:
        label: name in the legend.
        values: (U,) along the x axis.
        low: (U,) lower edge of its band; empty without a band.
        high: (U,) upper edge.
    """

    label: str
    values: Values
    low: Values = ()
    high: Values = ()


@dataclass(frozen=True)
class Axis:
    """A range and its ticks at round numbers."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def around(cls, low: float, high: float, *, count: int = 5, widen: bool = True) -> Axis:
        """An axis with at most `count` steps of 1, 2 or 5 times a power of ten.

        Args:
            low: smallest value.
            high: largest value.
            count: desired number of steps.
            widen: end the axis at ticks; otherwise at the smallest and the largest value.
        """
        if 0 <= low < high / 2 or low == high >= 0:
            low, high = 0.0, high or 1.0  # unless zero would hide the variation
        elif high - low <= 1e-9 * abs(low):
            low, high = low - abs(low) / 2, high + abs(low) / 2
        digit, power = _round_step((high - low) / count)
        step = float(f"{digit}e{power}")
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        ticks = [float(f"{number * digit}e{power}") for number in range(first, last + 1)]
        if widen:
            return cls(ticks[0], ticks[-1], tuple(ticks))
        return cls(low, high, tuple(tick for tick in ticks if low <= tick <= high))

    def place(self, value: float) -> float:
        """Position of a value in [0, 1]; values outside the axis lie outside of [0, 1]."""
        return (value - self.low) / (self.high - self.low)

    def label(self, tick: float) -> str:
        """The text of a tick, with enough decimals to differ from the next tick."""
        scale, suffix = next((pair for pair in _SUFFIXES if abs(self.ticks[-1]) >= pair[0]), (1.0, ""))
        step = (self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else abs(tick) or 1.0) / scale
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        if decimals > 4 and tick:
            return f"{tick:.0e}".replace("e-0", "e-").replace("-", "\u2212")
        text = f"{tick / scale:.{min(decimals, 4)}f}"
        return (text if float(text) else "0").replace("-", "\u2212") + (suffix if tick else "")


@dataclass(frozen=True)
class _Canvas:
    """Turns values over one x axis into paths."""

    x: Sequence[float]
    x_axis: Axis
    y_axis: Axis

    def height(self, value: float | None) -> str:
        return _coordinate(1 - self.y_axis.place(value or 0.0))

    def point(self, place: int, value: float | None) -> str:
        return f"{_coordinate(self.x_axis.place(self.x[place]))} {self.height(value)}"

    def curve(self, values: Values) -> str:
        runs = [[self.point(place, values[place]) for place in run] for run in _runs(values)]
        return "".join(f"M{'L'.join(points)}" for points in runs)

    def dots(self, values: Values) -> str:
        """Lines of length 0, whose round ends make dots: for isolated points, or for all if they are few."""
        runs = list(_runs(values))
        few = sum(map(len, runs)) <= _DOTTED_UP_TO
        places = [place for run in runs if few or len(run) == 1 for place in run]
        return "".join(f"M{self.point(place, values[place])}h0" for place in places)

    def band(self, one: Series) -> str:
        paths = []
        for run in _runs(one.values):
            there = [self.point(place, one.high[place]) for place in run]
            back = [self.point(place, one.low[place]) for place in reversed(run)]
            paths.append(f"M{'L'.join(there + back)}Z")
        return "".join(paths)

    def paths(self, one: Series) -> Iterator[tuple[str, str]]:
        """The parts of a drawn curve, from back to front: class and path."""
        if one.low:
            yield "band", self.band(one)
        smoothed = None if one.low else _running_mean(one.values)
        yield "line" if smoothed is None else "raw", self.curve(one.values)
        if smoothed is not None:
            yield "line", self.curve(smoothed)
        if dots := self.dots(one.values):
            yield "dot", dots


def line_plot(series: Sequence[Series], x: Sequence[float], limits: tuple[float, float] | None) -> str:
    """Draw curves over one x axis.

    Args:
        series: at least one of them with a finite value.
        x: (U,) rising.
        limits: ends of the y axis; None: from the values.

    Returns:
        HTML. `data-x` and `data-y` hold the ends of the axes.
    """
    numbers = [value for one in series for part in (one.values, one.low, one.high) for value in _finite(part)]
    x_axis = Axis.around(0.0, x[-1], widen=False)
    y_axis = Axis.around(*(limits or (min(numbers), max(numbers))))
    canvas = _Canvas(x, x_axis, y_axis)
    paths = [f'<path class="grid" d="M0 {canvas.height(tick)}H{_SIZE}"/>' for tick in y_axis.ticks] + [
        f'<path class="{kind} c{number % NUM_COLORS}" d="{path}"/>'
        for number, one in enumerate(series)
        for kind, path in canvas.paths(one)
    ]
    labels = [
        f'<span class="y" style="top:{100 - 100 * y_axis.place(tick):.2f}%">{y_axis.label(tick)}</span>'
        for tick in y_axis.ticks
    ] + [
        f'<span class="x" style="left:{100 * x_axis.place(tick):.2f}%">{x_axis.label(tick)}</span>'
        for tick in x_axis.ticks
    ]
    names = escape(", ".join(one.label for one in series))
    ends = [f'data-{name}="{axis.low!r} {axis.high!r}"' for name, axis in (("x", x_axis), ("y", y_axis))]
    return (
        f'<div class="canvas" {" ".join(ends)}>'
        f'<svg viewBox="0 0 {_SIZE} {_SIZE}" preserveAspectRatio="none" role="img" aria-label="{names}">'
        f"{''.join(paths)}</svg>{''.join(labels)}</div>"
    )


def number_text(value: float) -> str:
    """A number for readers: three significant digits, with separated thousands."""
    if not math.isfinite(value):
        return "not finite"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("e-0", "e-").replace("-", "\u2212")


def _round_step(least: float) -> tuple[int, int]:
    """The smallest of 1, 2 or 5 times a power of ten that is at least `least`, as digit and power."""
    power = math.floor(math.log10(least))
    steps = ((1, power), (2, power), (5, power), (1, power + 1))
    return next(step for step in steps if step[0] * 10.0 ** step[1] >= least * (1 - 1e-9))


def _coordinate(share: float) -> str:
    return f"{_SIZE * share:.1f}".removesuffix(".0")


def _finite(values: Values) -> Iterator[float]:
    return (value for value in values if value is not None and math.isfinite(value))


def _runs(values: Values) -> Iterator[list[int]]:
    """Indices of the values between two breaks."""
    run: list[int] = []
    for place, value in enumerate(values):
        if value is None:
            continue
        if math.isfinite(value):
            run.append(place)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _running_mean(values: Values) -> Values | None:
    """Means over windows that shrink at both ends, so that a straight line stays straight."""
    if len(list(_finite(values))) < _SMOOTHED_FROM:
        return None
    smoothed: list[float | None] = list(values)
    for run in _runs(values):
        half = max(1, len(run) // (2 * _SMOOTHING))
        for position, place in enumerate(run):
            reach = min(half, position, len(run) - 1 - position)
            window = [values[other] or 0.0 for other in run[position - reach : position + reach + 1]]
            smoothed[place] = math.fsum(window) / len(window)
    return smoothed
