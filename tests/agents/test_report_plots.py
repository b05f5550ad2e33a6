"""The plots of a report: their number, the places of the numbers in them, and the labels."""

from __future__ import annotations

import math

from agents.report.plots import MOST_POINTS, plot_sections
from agents.report.run_data import Metrics
from agents.report.svg import Axis, Series, line_plot, number_text
from tests.support.page_reader import data_of, drawn, figures


def metrics_of(**columns: list[float | None]) -> Metrics:
    count = len(next(iter(columns.values())))
    return Metrics(
        steps=tuple(range(1, count + 1)),
        decisions=tuple(range(10, 10 * count + 10, 10)),
        columns={name.replace("__", "/"): tuple(values) for name, values in columns.items()},
    )


def test_number_that_no_plot_names_gets_its_own() -> None:
    sections = dict(
        plot_sections(metrics_of(novelty=[1.0, 2.0], reward__faint=[0.5, 0.25], loss=[math.nan] * 2))
    )
    assert list(sections) == ["Play", "Other"], "and what was never finite gets none"
    assert list(figures(sections["Play"])) == ["Reward components"]
    assert data_of(sections["Other"]) == [{"novelty": [1.0, 2.0]}]


def test_evaluations_while_learning_are_joined_over_the_updates_without_one() -> None:
    sections = dict(plot_sections(metrics_of(evaluation__max=[None, 0.25, None, 0.75])))
    figure = figures(sections["Strength"])["Evaluations"]
    assert data_of(figure) == [{"max": [None, 0.25, None, 0.75]}]
    assert drawn(figure, "line", 0) == [(20, 0.25), (40, 0.75)]
    assert "max <b>0.75</b>" in figure


def test_long_runs_are_drawn_as_means() -> None:
    count = 2 * MOST_POINTS + 1
    thin = metrics_of(loss=[*map(float, range(count))]).thinned(MOST_POINTS)
    assert len(thin.steps) <= MOST_POINTS
    assert thin.columns["loss"][:2] == (1.0, 4.0), "means of three"
    assert thin.steps[:2] == (3, 6)
    assert thin.steps[-1] == count
    assert metrics_of(a=[None, None, 1.0, math.nan]).thinned(2).columns["a"] == (None, 1.0)


def test_ticks_are_round_and_hold_every_value() -> None:
    def labels(low: float, high: float) -> list[str]:
        axis = Axis.around(low, high)
        assert axis.low <= low
        assert high <= axis.high
        return [axis.label(tick) for tick in axis.ticks]

    assert labels(0, 1) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert labels(0.93, 1.01) == ["0.92", "0.94", "0.96", "0.98", "1.00", "1.02"]
    assert labels(-170, 190) == ["−200", "−100", "0", "100", "200"]
    assert labels(3, 1_234_567) == ["0", "0.5M", "1.0M", "1.5M"]
    assert labels(0, 0) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert labels(7, 7) == ["0", "2", "4", "6", "8"]
    assert labels(-2, -2) == ["−3.0", "−2.5", "−2.0", "−1.5", "−1.0"]
    assert labels(0, 3e-5)[1] == "1e−5"


def test_curve_breaks_where_a_number_was_not_finite_and_passes_over_what_is_missing() -> None:
    plot = line_plot([Series("a", [0.0, None, 1.0, math.nan, 0.5])], [1.0, 2.0, 3.0, 4.0, 5.0], (0.0, 1.0))
    assert '<path class="line c0" d="M200 1000L600 0M1000 500"/>' in plot
    assert '<path class="dot c0" d="M200 1000h0M600 0h0M1000 500h0"/>' in plot, "few points are marked"


def test_running_mean_leaves_a_straight_line_as_it_is() -> None:
    values = [float(number) for number in range(40)]
    plot = line_plot([Series("a", values)], [value + 1 for value in values], None)
    assert drawn(plot, "line", 0) == drawn(plot, "raw", 0)


def test_numbers_for_people() -> None:
    texts = {12345.6: "12,346", 0.12345: "0.123", -0.00001: "−1e−5", 0.0: "0", math.nan: "not finite"}
    assert {value: number_text(value) for value in texts} == texts


# Clicks as a reader would and records the visible parts after each click, and every script error.
