"""A campaign for the memories: `make learning`, the long form of the recall test.

    python -m tests.campaigns.learning [--updates 150] [--seeds 3]

A cue is shown at one of the first three decisions, and the question for it comes at one of the decisions 20
to 24. A memory with backpropagation through whole episodes must learn it (every seed recalls at least 0.95).
A feed-forward network must not, and neither must an LSTM whose segments start from a zero state. Segments
with carried states learn it no better, because no gradient leads from a question to the cue. If the cue is
also asked for earlier, sometimes within its own segment, they must carry that skill over any number of
segments to the questions of the evaluation, 20 to 24. Zero states achieve this with some seeds, because
acting always carries states. The last line is JSON; exit status 1 if a bound is broken.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from unittest.mock import patch

import torch

from tests.support.recall import RecallTask, share_recalled

TASK = RecallTask(shown_before=3, asked_at=(20, 21, 22, 23, 24))
ALSO_EARLY = replace(TASK, asked_early=(5, 10, 15))
CHANCE = 0.62  # share of 256 questions, four standard deviations above one half


@dataclass(frozen=True)
class Case:
    """A way of learning, and bounds for the share that every seed recalls."""

    name: str
    memory: str
    task: RecallTask = TASK
    bptt_length: int = 0
    zero_states: bool = False
    least: float = 0.0
    most: float = 1.0

    def run(self, updates: int, seed: int) -> float:
        """Share of cues recalled."""
        if not self.zero_states:
            return share_recalled(self.task, self.memory, updates, bptt_length=self.bptt_length, seed=seed)
        with patch("agents.algorithms.batching.episodes.segment_states", return_value=None):
            return share_recalled(self.task, self.memory, updates, bptt_length=self.bptt_length, seed=seed)


CASES = (
    Case("LSTM, whole episodes", "lstm", least=0.95),
    Case("GRU, whole episodes", "gru", least=0.95),
    Case("attention, whole episodes", "attention", least=0.95),
    Case("LSTM, segments of 8, carried states", "lstm", bptt_length=8),
    Case("LSTM, segments of 8, zero states", "lstm", bptt_length=8, zero_states=True, most=CHANCE),
    Case("feed-forward", "none", most=CHANCE),
    Case("LSTM, whole episodes, asked early too", "lstm", ALSO_EARLY, least=0.95),
    Case("LSTM, carried states, asked early too", "lstm", ALSO_EARLY, bptt_length=8, least=0.95),
    Case("LSTM, zero states, asked early too", "lstm", ALSO_EARLY, bptt_length=8, zero_states=True),
)


def main() -> None:
    """Train every case with every seed and print a line each."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.learning", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--updates", type=int, default=150)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    recalled: dict[str, list[float]] = {}
    broken: list[str] = []
    for case in CASES:
        shares = [round(case.run(args.updates, seed), 3) for seed in range(args.seeds)]
        recalled[case.name] = shares
        if not all(case.least <= share <= case.most for share in shares):
            broken.append(case.name)
        print(f"{case.name:38} {shares}", flush=True)
    print(json.dumps({"updates": args.updates, "recalled": recalled, "broken": broken}))
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
