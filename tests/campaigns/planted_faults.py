"""Faults that only make an agent weaker, planted one by one: the tests must find each of them.

    python -m tests.campaigns.planted_faults [NAME ...]

Each fault changes one line in a copy of the project, and the fast tests that guard against it run there. The
run fails (exit status 1) if no test notices a fault, or if the line to change no longer exists. The numbers
belong to the traps of learning from sequences: masks, ratios, states, episode ends, gradients, means,
bootstrapping, returns, exploration, resuming.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Of `make test` alone: it must find the faults without the slow tests.
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow")
COPIED = ("agents", "pokeenv", "tests", "config", "setup.cfg", "train_selfplay.py")


@dataclass(frozen=True)
class Fault:
    """A changed line, and the tests that must fail because of it."""

    file: str
    line: str
    planted: str
    tests: str


FAULTS = {
    "1 the mask is forgotten in the update": Fault(
        "agents/algorithms/base.py",
        "every = masked_log_probs(part.outputs.logits, take(batch.action_masks))",
        "every = torch.log_softmax(part.outputs.logits, dim=-1)",
        "tests/agents/test_algorithms.py",
    ),
    "2 hidden states survive into the next episode": Fault(
        "agents/agent.py",
        "part.index_fill_(1, index, 0.0)",
        "pass",
        "tests/agents/test_rollout.py",
    ),
    "3 segments start from a zero state": Fault(
        "agents/algorithms/batching/segments.py",
        "state.index_copy_(1, places, new)",
        "state.index_fill_(1, places, 0.0)",
        "tests/agents/test_sequence.py",
    ),
    "4 sequences cross the ends of episodes": Fault(
        "agents/algorithms/batching/episodes.py",
        "        lengths = batch.episode_lengths.cpu().numpy()\n        groups",
        "        lengths = batch.episode_lengths.sum().reshape(1).cpu().numpy()\n        groups",
        "tests/agents/test_sequence.py",
    ),
    "5 the loss is right and its gradient is not": Fault(
        "agents/algorithms/base.py",
        "entropy_of(all_log_probs))",
        "entropy_of(all_log_probs).detach())",
        "tests/agents/test_sequence.py",
    ),
    "6 short episodes weigh more": Fault(
        "agents/algorithms/base.py",
        "        known = (batch.opponent_choices >= 0).float()",
        "        lengths = batch.episode_lengths\n"
        "        advantages = advantages * (lengths.float().mean() / lengths).repeat_interleave(lengths)\n"
        "        known = (batch.opponent_choices >= 0).float()",
        "tests/agents/test_sequence.py",
    ),
    "7 truncated episodes do not bootstrap": Fault(
        "agents/episodes/gae.py",
        "np.where(terminated, 0.0, final_values)",
        "np.zeros_like(final_values)",
        "tests/agents/test_gae.py",
    ),
    "7 terminated episodes bootstrap": Fault(
        "agents/episodes/gae.py",
        "np.where(terminated, 0.0, final_values)",
        "np.array(final_values)",
        "tests/agents/test_gae.py",
    ),
    "8 REINFORCE weighs by the immediate reward": Fault(
        "agents/algorithms/reinforce.py",
        "return returns - batch.values if self.needs_value_net else returns, returns",
        "return batch.rewards - batch.values if self.needs_value_net else batch.rewards, returns",
        "tests/agents/test_algorithms.py",
    ),
    "9 exploration is not in the stored log-probabilities": Fault(
        "agents/agent.py",
        "actions = sample(log_probs, self._generator)",
        "actions = sample(log_probs / 3, self._generator)",
        "tests/agents/test_agent.py",
    ),
    "10 a resumed run forgets the optimizer": Fault(
        "agents/agent.py",
        'if self.optimizer is not None and state["optimizer"] is not None:',
        "if False:",
        "tests/agents/test_training.py -k resumed",
    ),
}


def plant(fault: Fault) -> subprocess.CompletedProcess[str]:
    """Run the tests of a fault on a copy of the project with that fault."""
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder)
        path = Path(folder, fault.file)
        text = path.read_text(encoding="utf-8")
        if text.count(fault.line) != 1:
            raise SystemExit(f"{fault.file} has {text.count(fault.line)} times, not once: {fault.line}")
        path.write_text(text.replace(fault.line, fault.planted), encoding="utf-8")
        return subprocess.run(
            [*PYTEST, *fault.tests.split()],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": folder},
            capture_output=True,
            text=True,
            timeout=1200,
        )


def main() -> None:
    """Plant every fault and print the tests that find it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.planted_faults", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "names", nargs="*", help="first words of the faults' names, such as 4; default: all faults"
    )
    args = parser.parse_args()
    unnoticed = []
    for name, fault in FAULTS.items():
        if args.names and name.split()[0] not in args.names:
            continue
        result = plant(fault)
        lines = [line for line in result.stdout.splitlines() if line.startswith("FAILED")]
        failed = [line.split("::")[1].split(" ")[0] for line in lines]
        print(f"{name}: {len(failed)} tests fail, such as {failed[0] if failed else '-'}", flush=True)
        if not failed:
            unnoticed.append(name)
            print(result.stdout[-1500:] + result.stderr[-500:])
    sys.exit(f"unnoticed: {'; '.join(unnoticed)}" if unnoticed else 0)


if __name__ == "__main__":
    main()
