"""The tables of `docs/benchmarks.md`: their figures, labels and introductions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """A row of a table: the place of a figure in the result files, its label, and its format."""

    place: tuple[str, ...]
    label: str
    form: str


class Section(NamedTuple):
    """A table of all results of one benchmark, with a heading and an introduction."""

    benchmark: str
    title: str
    text: str
    figures: Sequence[Figure]


class Goal(NamedTuple):
    """A goal that was set for a figure of one result file."""

    label: str
    bar: float
    name: str
    figure: str
    form: str


def _row(name: str, label: str, form: str = ",.0f") -> Figure:
    return Figure((name,), label, form)


def _search_rows(sims: int) -> tuple[Figure, ...]:
    """Win rate with its 95% interval, and time, of a search with a number of positions a decision."""
    name = f"sims_{sims}"
    return (
        Figure((name, "win_rate"), f"{sims} positions: win rate", ".3f"),
        Figure((name, "low"), f"{sims} positions: lower bound", ".3f"),
        Figure((name, "high"), f"{sims} positions: upper bound", ".3f"),
        Figure((name, "cpu_ms"), f"{sims} positions: CPU milliseconds a decision", ".1f"),
    )


_ACTORS = ((1, "one actor"), (2, "two actors"), (4, "four actors"))

SECTIONS = (
    Section(
        "env",
        "The environment and the stock simulator",
        "`benchmarks.env` plays random legal actions through `SelfPlayVectorEnv`, with observations and "
        "masks of both seats, and compares it with the bare loop of the unpatched simulator, which "
        "observes nothing. Decisions are counted per CPU second of all processes. With `halves`, the "
        "battles are split over two environments that step alternately.",
        (
            _row("env_decisions_per_cpu_s", "environment, decisions per CPU second"),
            _row("stock_decisions_per_cpu_s", "stock simulator, decisions per CPU second"),
            _row("ratio", "environment / stock simulator", ".2f"),
            _row("last_three_turns_ratio", "the same, last three turns only", ".2f"),
            _row("halves_ratio", "halves / stock simulator", ".2f"),
            _row("python_cpu_share", "Python's share of the CPU time", ".1%"),
            _row("halves_python_cpu_share", "Python's share with halves", ".1%"),
            _row("256_battles_beside_8", "256 battles / 8 battles, per CPU second", ".2f"),
            _row("two_workers_beside_one", "two workers / one, per second", ".2f"),
            _row("two_stock_loops_beside_one", "two stock simulators / one, per second", ".2f"),
        ),
    ),
    Section(
        "peers",
        "pokeenv and poke-env",
        "`benchmarks.peers` plays random legal actions through pokeenv and through poke-env on a local "
        "Showdown server, on all cores. Each side uses its fastest setting.",
        (
            _row("pokeenv_decisions_per_s", "pokeenv, decisions per second"),
            _row("poke_env_decisions_per_s", "poke-env, decisions per second"),
            _row("ratio", "pokeenv / poke-env", ".2f"),
        ),
    ),
    Section(
        "start",
        "Start of an environment",
        "`benchmarks.start` measures from the constructor to the first decisions of one battle, with all "
        "accelerations and without `learnsets`, which loads learnsets only when they are needed.",
        (
            _row("wall_s", "seconds", ".2f"),
            _row("wall_s_without", "seconds, without the acceleration", ".2f"),
            _row("cpu_s", "CPU seconds", ".2f"),
            _row("cpu_s_without", "CPU seconds, without the acceleration", ".2f"),
            _row("worker_mib", "peak memory of the worker, MiB"),
            _row("worker_mib_without", "peak memory without the acceleration, MiB"),
        ),
    ),
    Section(
        "update",
        "Updates over sequences",
        "`benchmarks.update` takes PPO's gradient steps on the same 64 episodes with an LSTM of 256 "
        "units, on one thread. It compares the project's update with a loop over single steps and with "
        "sb3-contrib's `RecurrentPPO.train()`.",
        (
            _row("sequence_decisions_per_cpu_s", "two networks, decisions per CPU second"),
            _row("sequence_shared_decisions_per_cpu_s", "one trunk, decisions per CPU second"),
            _row("sequence_bf16_decisions_per_cpu_s", "two networks in bf16, decisions per CPU second"),
            _row("sequence_shared_bf16_decisions_per_cpu_s", "one trunk in bf16, decisions per CPU second"),
            _row("stepwise_decisions_per_cpu_s", "loop over single steps, decisions per CPU second"),
            _row("sb3_full_decisions_per_cpu_s", "sb3-contrib, one step, decisions per CPU second"),
            _row("sb3_128_decisions_per_cpu_s", "sb3-contrib, minibatches of 128, decisions per CPU second"),
            _row("speedup_vs_stepwise", "two networks / loop over single steps", ".1f"),
            _row("speedup_vs_sb3_full", "two networks / sb3-contrib, one step", ".2f"),
            _row("speedup_vs_sb3_128", "two networks / sb3-contrib, minibatches of 128", ".1f"),
        ),
    ),
    Section(
        "act",
        "Acting",
        "`benchmarks.act` measures `RLAgent.act` with an LSTM of 256 units on one thread, masks and sampling "
        "included. Figures are decisions per CPU second.",
        tuple(
            _row(f"{kind}_{rows}_per_cpu_s", f"{name}, {rows} {'row' if rows == 1 else 'rows'}")
            for kind, name in (("separate", "two networks"), ("shared", "one trunk"))
            for rows in (1, 16, 128)
        ),
    ),
    Section(
        "train",
        "Training",
        "`benchmarks.train` runs the training loop of a configuration without files and evaluation. "
        "Shares are shares of the training process's wall time. Columns with `sources` come from its option "
        "`--compare`: by turns, one learner collects in its own process, and one in another process while "
        "it learns. The bound is the speedup without any pause.",
        (
            _row("train_decisions_per_s", "decisions learnt from, per second"),
            _row("played_decisions_per_s", "decisions played, per second"),
            _row("share_simulator_wait", "waiting for the simulator", ".1%"),
            _row("share_acting", "acting", ".1%"),
            _row("share_update", "updates", ".1%"),
            _row("share_rest", "rest", ".1%"),
            _row("wall_to_parts", "wall time / sum of the parts", ".2f"),
            _row("inline_decisions_per_s", "source inline, decisions learnt from, per second"),
            _row("process_decisions_per_s", "source process, decisions learnt from, per second"),
            _row("inline_cpu_ms_per_decision", "source inline, CPU milliseconds a decision", ".3f"),
            _row("process_cpu_ms_per_decision", "source process, CPU milliseconds a decision", ".3f"),
            _row("learner_cpu_ms_per_decision", "the same, of the learner alone", ".3f"),
            _row("speedup", "process / inline, median", ".2f"),
            _row("speedup_least", "process / inline, least", ".2f"),
            _row("speedup_greatest", "process / inline, greatest", ".2f"),
            _row("speedup_bound", "process / inline, bound", ".2f"),
        ),
    ),
    Section(
        "cluster",
        "Collecting with Ray",
        "`benchmarks.cluster` collects episodes without learning, in Ray actors on this machine and, by "
        "turns, in as many processes with an inline source each; it compares the CPU time of all "
        "processes. An actor has as many battles and simulators as an inline source; with `sharing`, the "
        "actors share those of one, and decide for fewer rows at a time. With `simulated`, six processes "
        "deliver recorded episodes at the rate of 100 actors, and a learner learns from them.",
        (
            *(
                _row(f"ray_{count}_{key}", f"{name}, {meaning}", form)
                for count, name in _ACTORS
                for key, meaning, form in (
                    ("inline_cpu_ms_per_decision", "inline beside them, CPU milliseconds a decision", ".3f"),
                    ("cpu_ms_per_decision", "CPU milliseconds a decision", ".3f"),
                    ("overhead", "overhead, median", ".1%"),
                )
            ),
            _row("ray_1_bytes_per_decision", "bytes a decision, to the learner"),
            _row("learnt_decisions_per_s", "learner, decisions per second"),
            _row("learner_busy", "share of its time in updates", ".1%"),
            _row("mb_per_s", "to the learner, MB per second", ".1f"),
            _row("staleness_mean", "age of its episodes in updates, mean", ".2f"),
            _row("staleness_median", "age, median", ".2f"),
            _row("staleness_greatest", "age, greatest"),
            *(Figure(("staleness_share", str(n)), f"episodes of age {n}", ".1%") for n in range(4)),
        ),
    ),
    Section(
        "damage",
        "The damage observation",
        "`benchmarks.damage` plays random legal actions with the damage observation and with the base one.",
        (
            _row("base_us_per_decision", "base, CPU microseconds per decision"),
            _row("damage_us_per_decision", "damage, CPU microseconds per decision"),
            _row("damage_cpu_share", "share of the damage block", ".0%"),
        ),
    ),
    Section(
        "snapshot",
        "Snapshots, copies and imagined battles",
        "`benchmarks.snapshot` takes and restores snapshots of single battles between turns 10 and 25, "
        "copies them in the worker, and imagines battles for a seat.",
        (
            _row("snapshot_cpu_ms", "snapshot, CPU milliseconds", ".2f"),
            _row("restore_cpu_ms", "restore, CPU milliseconds", ".2f"),
            _row("copy_cpu_ms", "copy in the worker, CPU milliseconds", ".2f"),
            _row("imagine_cpu_ms", "imagined battle, CPU milliseconds", ".2f"),
            _row("kilobytes", "size, kB"),
        ),
    ),
    Section(
        "accelerate",
        "Accelerations of the simulator",
        "`benchmarks.accelerate` compares processes with some accelerations with one that has none, per CPU "
        "second. Only the first and the last row exceed the noise of the machine, which is about 20%.",
        tuple(
            Figure((name, "ratio"), label, ".2f")
            for name, label in (
                ("events", "`events` alone"),
                ("turns", "`turns` alone"),
                ("moves", "`moves` alone"),
                ("teams", "`teams` alone"),
                ("lookups", "`lookups` alone"),
                ("all", "all of them"),
            )
        ),
    ),
    Section(
        "search",
        "Strength of a search",
        "`benchmarks.search` plays an agent with a search around it (`docs/search.md`) against the same "
        "agent without one, or against another opponent, by the number of positions that are valued for a "
        "decision; 100 battles each. The bounds are those of the 95% interval. The time is CPU time of the "
        "agent and of the worker of its imagined battles.",
        tuple(row for sims in (4, 16, 64) for row in _search_rows(sims)),
    ),
    Section(
        "soak",
        "A long run",
        "`benchmarks.soak` plays 20,000 battles in one process (`make soak`). It fails if memory grows by "
        "more than 5%, if the speed compared with the stock simulator falls below 0.95, or if anything "
        "is left behind.",
        (
            _row("battles", "battles"),
            _row("decisions", "decisions"),
            _row("parent_mib", "memory of this process, MiB", ".1f"),
            _row("parent_growth", "growth of this process", ".2%"),
            _row("workers_mib", "memory of both workers, MiB"),
            _row("workers_growth", "growth of the workers", ".2%"),
            _row("speed_last_to_second_tenth", "speed, last tenth / second tenth", ".2f"),
            _row("descriptors_first", "open descriptors at the beginning"),
            _row("descriptors_last", "open descriptors at the end"),
        ),
    ),
)

GOALS = (
    Goal(
        "two workers / one, per second",
        1.85,
        "env-gen9randombattle-cores-amd",
        "two_workers_beside_one",
        ".2f",
    ),
    Goal(
        "environment / stock simulator, gen9randombattle, last turns",
        1.5,
        "env-gen9randombattle-amd",
        "last_three_turns_ratio",
        ".2f",
    ),
    Goal(
        "acting, two networks, 1 row, decisions per CPU second",
        2000,
        "act-shared",
        "separate_1_per_cpu_s",
        ",.0f",
    ),
    Goal(
        "acting, two networks, 128 rows, decisions per CPU second",
        25000,
        "act-amd",
        "separate_128_per_cpu_s",
        ",.0f",
    ),
    Goal("sequence update / loop over single steps", 40, "update-amd", "speedup_vs_stepwise", ".1f"),
    Goal("sequence update / sb3-contrib, minibatches of 128", 10, "update-amd", "speedup_vs_sb3_128", ".1f"),
    Goal(
        "Python's share of the CPU time with halves, gen1randombattle",
        0.03,
        "env-gen1randombattle-amd",
        "halves_python_cpu_share",
        ".1%",
    ),
)
"""Goals that were set for speed and are not reached on every machine."""


KNOWLEDGE = {
    "chance": "none: one of the two others at random",
    "same sense": "none: one sense of rotation in all battles",
    "weaker": "present HP: the one that has less",
    "last move": "its own last move, if it was wrong; else present HP",
    "memory": "the Pokémon that was active before",
    "oracle": "the next switch itself",
}
"""The scripted players of `docs/memory.md`, by rule."""

MEMORY_TEXTS = (
    "One Smeargle plays against Ho-Oh, Alomomola and Tangrowth in `gen7ubers` (`benchmarks/carousel.py`). "
    "The opponent never attacks: it switches every turn. Its first sense of rotation is random, and after "
    "each switch it reverses it with a probability of 0.05. Smeargle has a super effective move against each "
    "of the three, and must choose it for the Pokémon that comes in. A right move takes half of its HP, a "
    "wrong one an eighth or less, and Regenerator gives a third back when it leaves. Smeargle is burned by "
    "its Flame Orb and faints at the end of turn 17. Once one of the three has fainted, the next one is "
    "certain.",
    "The next Pokémon follows from the one that was active before, and the observation does not contain that "
    "one: moves, PP, statuses and the number of turns on the field are the same whatever the order. Traces "
    "are left. On the second turn only the lead can have been active before. HP tell which Pokémon were hit. "
    "Smeargle's own last move tells more: if it was wrong, it was for one of the two others, so that the "
    "third was active before. The scripted players show what the traces are worth, and what memory is worth. "
    "All that do without memory, except `chance`, use the trace of the second turn.",
)
"""Paragraphs of `docs/memory.md`."""
