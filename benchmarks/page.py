"""Pages of `docs/` that are made from `docs/results/`.

python -m benchmarks.page > docs/benchmarks.md
python -m benchmarks.page ablation > docs/ablation.md
python -m benchmarks.page learning > docs/learning.md
python -m benchmarks.page memory > docs/memory.md
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks import results
from benchmarks.sections import GOALS, KNOWLEDGE, MEMORY_TEXTS, SECTIONS, Section

Result = dict[str, Any]
Results = dict[str, Result]


def paragraph(text: str) -> str:
    """A paragraph with lines of at most 110 characters."""
    return textwrap.fill(text, 110, break_long_words=False, break_on_hyphens=False)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def cell(value: Any, form: str) -> str:
    """A number as text; empty if it was not measured."""
    return "" if value is None else format(value, form)


def figure(result: Result, place: Sequence[str]) -> Any:
    """A figure of a result; None if the result has none at this place."""
    value: Any = result["figures"]
    for key in place:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def machines(found: Results) -> list[tuple[Any, ...]]:
    """All machines, in the order of the results' names."""
    return list(dict.fromkeys(_machine_key(result) for result in found.values()))


def _machine_key(result: Result) -> tuple[Any, ...]:
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine.get("versions", {}).items())
    return machine["processor"], machine["cores"], machine["system"], machine.get("note", ""), versions


def _letter(found: Results, result: Result) -> str:
    return chr(ord("A") + machines(found).index(_machine_key(result)))


def section_lines(section: Section, found: Results) -> list[str]:
    """A benchmark's heading, introduction and table: a column for each result, a row for each figure."""
    own = sorted(
        (result for result in found.values() if result["benchmark"] == section.benchmark),
        key=lambda result: (result["label"], result["date"]),
    )
    head = ["measured", *(f"{result['label']}, machine {_letter(found, result)}" for result in own)]
    rows = []
    for row in section.figures:
        values = [figure(result, row.place) for result in own]
        if any(value is not None for value in values):
            rows.append([row.label, *(cell(value, row.form) for value in values)])
    return [f"## {section.title}", "", paragraph(section.text), "", *table(head, rows), ""]


def strength_lines(found: Results) -> list[str]:
    """Tables of matches and ratings."""
    lines = [
        "## Strength",
        "",
        paragraph(
            "Every seed is played twice, with the seats exchanged. A tie counts as half a win. The bounds "
            "are those of the 95% interval. Agents take their most probable actions."
        ),
        "",
    ]
    for result in found.values():
        if result["benchmark"] != "strength":
            continue
        lines += [f"### {result['label']}", ""]
        rows = []
        for one in result["figures"]["matches"]:
            low, high = one["interval"] or (None, None)
            numbers = [cell(number, ".3f") for number in (one["win_rate"], low, high)]
            rows.append([f"`{one['agent']}`", f"`{one['opponent']}`", f"{one['battles']:,}", *numbers])
        lines += table(["agent", "opponent", "battles", "win rate", "lower bound", "upper bound"], rows)
        lines += [""]
        if ratings := result["figures"].get("ratings"):
            rows = [[f"`{rating['agent']}`", f"{rating['elo']:+.0f}"] for rating in ratings]
            lines += [*table(["agent", "Elo"], rows), ""]
        if training := result["figures"].get("training"):
            rows = [[name.replace("_s", ", seconds"), f"{value:,}"] for name, value in training.items()]
            lines += [*table(["training", "result"], rows), ""]
        if curve := result["figures"].get("curve"):
            lines += curve_lines(curve)
    return lines


def curve_lines(curve: dict[str, Any]) -> list[str]:
    """Plot and table of the win rate while an agent learnt."""
    rows = [
        [f"{point['decisions']:,}", f"{point['cpu_s']:,}", f"{point['win_rate']:.3f}"]
        for point in curve["points"]
    ]
    opponent = curve["opponent"]
    head = ["decisions learnt from", "CPU seconds of all processes", f"win rate against `{opponent}`"]
    return [
        f"![Win rate against {opponent} while learning]({curve['plot']})",
        "",
        *table(head, rows),
        "",
        paragraph(
            f"These win rates are those of the latest {curve['window']} battles of the training, in which "
            "the agent draws its actions."
        ),
        "",
    ]


def goal_lines(found: Results) -> list[str]:
    """Table of the goals that are not reached on every machine."""
    rows = []
    for goal in GOALS:
        result = found[goal.name]
        measured = cell(result["figures"][goal.figure], goal.form)
        bar = format(goal.bar, goal.form)
        rows.append([goal.label, bar, measured, _letter(found, result)])
    return [
        "## Goals",
        "",
        paragraph(
            "These goals for speed are not reached on every machine. Two stock simulators, which share "
            "nothing, do not reach 1.85 times the speed of one on these machines either."
        ),
        "",
        *table(["measured", "goal", "result", "machine"], rows),
        "",
    ]


def source_lines(found: Results) -> list[str]:
    """Tables of the machines and of the result files."""
    rows = []
    for place, (processor, cores, system, note, versions) in enumerate(machines(found)):
        rows.append([chr(ord("A") + place), processor, str(cores), system, note, versions])
    lines = ["## Machines", "", *table(["machine", "processor", "cores", "system", "note", "versions"], rows)]
    rows = []
    for name, result in found.items():
        if result["benchmark"] in ("ablation", "learning", "memory"):
            continue
        file = f"[{name}](results/{name}.json)"
        record = (
            f"[log]({result['source'].partition(',')[0].removeprefix('docs/')})" if result["source"] else ""
        )
        rows.append([file, result["date"], f"`{result['command']}`", result["commit"] or "", record])
    return [
        *lines,
        "",
        "## Result files",
        "",
        paragraph(
            "A benchmark writes its file with `--save`; `benchmarks.strength` makes one from an evaluation. "
            "Files with a record hold figures from the log, which describes their measurement; some facts "
            "about it were not recorded."
        ),
        "",
        *table(["file", "date", "command", "commit", "record"], rows),
        "",
    ]


def benchmarks_page() -> str:
    """The page `docs/benchmarks.md`."""
    found = {name: results.read(name) for name in results.names()}
    lines = [
        "# Benchmarks",
        "",
        "Generated by `python -m benchmarks.page`; do not edit.",
        "",
        paragraph(
            "Ratios are medians within one run, in which the contestants take turns. They are more "
            "reliable than absolute figures, because the machines are shared with other work."
        ),
        "",
        *strength_lines(found),
    ]
    for section in SECTIONS:
        lines += section_lines(section, found)
    return "\n".join([*lines, *goal_lines(found), *source_lines(found)])


def ablation_page() -> str:
    """The page `docs/ablation.md`."""
    result = results.read("ablation")
    settings = result["settings"]
    columns = (
        ("win_rate_max", "win rate against `max`", ".3f"),
        ("margin_max", "margin", ".3f"),
        ("win_rate_random", "win rate against `random`", ".3f"),
        ("margin_random", "margin", ".3f"),
        ("trainer_cpu_s", "CPU seconds of the trainer", ".0f"),
    )
    rows = [
        [variant, *(format(figures[name], form) for name, _, form in columns)]
        for variant, figures in result["figures"].items()
    ]
    return "\n".join(
        [
            "# Does memory pay, and does seeing damage?",
            "",
            "Generated by `make ablation`; do not edit.",
            "",
            paragraph(
                f"{result['label']}, entity tokens, {settings['decisions']:,} decisions learnt from, "
                f"{settings['seeds']} seeds. At the end, each agent plays {settings['battles']} greedy "
                "battles against each opponent, with mirrored seats. Win rates are means over the seeds. "
                "Mean plus or minus margin is the 95% interval of the mean (Student's t, which is wide for "
                "few seeds)."
            ),
            "",
            *table(["network", *(label for _, label, _ in columns)], rows),
            "",
            "![Win rates during training](ablation.svg)",
            "",
        ]
    )


def learning_page() -> str:
    """The page `docs/learning.md`."""
    lines = [
        "# Which settings learn more?",
        "",
        "Generated by `python -m benchmarks.page learning`; do not edit.",
        "",
        paragraph(
            "Variants of a configuration with equal CPU time of all their processes and the same seeds "
            "(`benchmarks.learning`). Agents play greedily with mirrored seats. Win rates are means over the "
            "seeds. Mean plus or minus margin is the 95% interval of the mean, from the deviation between "
            "seeds, pooled over the variants of a table. Differences are to its first variant."
        ),
        "",
    ]
    for name in results.names():
        if name.startswith("learning-"):
            lines += learning_lines(name, results.read(name))
    return "\n".join(lines)


def learning_lines(name: str, result: Result) -> list[str]:
    """A heading, a table for each opponent, and the plot of a comparison."""
    settings, figures = result["settings"], result["figures"]
    lines = [
        f"## {name.removeprefix('learning-')}",
        "",
        f"{result['date']}, {result['label']}: `{result['command']}`",
        "",
        paragraph(
            f"{settings['cpu_minutes']:g} CPU minutes for each of {settings['seeds']} seeds, "
            f"{settings['battles']:,} battles against each opponent at the end."
        ),
        "",
    ]
    for opponent in figures["opponents"]:
        rows = []
        for variant, own in figures["variants"].items():
            keys = ("win_rate", "margin", "difference", "difference_margin")
            forms = (".3f", ".3f", "+.3f", ".3f")
            cells = [cell(own[opponent].get(key), form) for key, form in zip(keys, forms, strict=True)]
            rows.append([variant, *cells, f"{own['decisions']:,}"])
        head = [f"against `{opponent}`", "win rate", "margin", "difference", "its margin", "decisions"]
        lines += [*table(head, rows), ""]
    overrides = {variant: own["overrides"] for variant, own in figures["variants"].items()}
    rows = [[variant, " ".join(f"`{key}`" for key in keys)] for variant, keys in overrides.items()]
    return [
        *lines,
        *table(["variant", "settings"], rows),
        "",
        f"![Win rates during training]({name}.svg)",
        "",
    ]


def memory_page() -> str:
    """The page `docs/memory.md`."""
    result = results.read("memory")
    settings, figures = result["settings"], result["figures"]
    scripted = [
        [rule, knowledge, *(format(figures["scripted"][rule][key], ".3f") for key in ("win_rate", "right"))]
        for rule, knowledge in KNOWLEDGE.items()
    ]
    columns = (("win_rate", ".3f"), ("win_rate_margin", ".3f"), ("right", ".3f"), ("right_margin", ".3f"))
    numbers = (*columns, ("seeds", "d"), ("cpu_s", ".0f"))
    trained = [
        [variant, *(cell(own.get(key), form) for key, form in numbers)]
        for variant, own in figures["variants"].items()
    ]
    head = ["network", "win rate", "margin", "right guesses", "their margin", "seeds", "CPU seconds"]
    return "\n".join(
        [
            "# A case in which memory must pay",
            "",
            "Generated by `python -m benchmarks.page memory`; do not edit.",
            "",
            *(line for text in MEMORY_TEXTS for line in (paragraph(text), "")),
            f"## Scripted players, {settings['scripted']:,} battles each",
            "",
            *table(["player", "knowledge", "win rate", "right guesses"], scripted),
            "",
            "## Networks",
            "",
            paragraph(
                f"{result['date']}: `{result['command']}`. Every network learns from "
                f"{settings['decisions']:,} decisions with PPO and then plays {settings['battles']:,} greedy "
                "battles. Means are over the seeds. Mean plus or minus margin is the 95% interval of the "
                "mean, from the deviation between seeds, pooled over the networks; one seed has none."
            ),
            "",
            *table(head, trained),
            "",
            "![Win rates during training](memory.svg)",
            "",
        ]
    )


PAGES = {
    "benchmarks": benchmarks_page,
    "ablation": ablation_page,
    "learning": learning_page,
    "memory": memory_page,
}

if __name__ == "__main__":
    print(PAGES[sys.argv[1] if len(sys.argv) > 1 else "benchmarks"](), end="")
