"""Speed of the sequence update compared with other implementations, in one run, at equal sizes.

    python -m benchmarks.update [--episodes 64] [--hidden-size 256] [--bptt-length 0] [--repeats 3]
        [--without stepwise ...] [--save]

Each side takes PPO's gradient steps on the same episodes, with one LSTM for the policy and one for the
values, on one thread:

- `sequence`: the project's update, one step over all episodes; `shared`: one trunk with two heads; `bf16` if
  the CPU supports it;
- `stepwise`: the plain implementation, one decision at a time, forward and backward;
- `sb3_full`, `sb3_128`: sb3-contrib's `RecurrentPPO.train()`, one step over all episodes, or one epoch in its
  default minibatches of 128 decisions. Its networks have no masks and no embeddings.

The sides take turns; figures are medians of CPU time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from agents.algorithms import SequencePPOAlgorithm
from agents.config import NetworkSettings
from agents.devices import has_bf16
from agents.episodes.episode_batch import EpisodeBatch
from agents.networks import ActorCritic, Network, build_networks
from benchmarks.extras import need
from benchmarks.results import add_save_option, report
from pokeenv import SINGLES
from tests.support.random_batches import batch_of_lengths

MEAN_LENGTH, SHORTEST, LONGEST = 34, 10, 80
CLIP_RANGE, VALUE_COEF, ENTROPY_COEF, GRAD_CLIP_NORM = 0.2, 0.5, 0.01, 5.0


def make_batch(num_episodes: int, rng: np.random.Generator) -> EpisodeBatch:
    """Episodes of random content within the layout's ranges, 10 to 80 decisions long, 34 on average."""
    lengths = np.clip(rng.gamma(4.0, MEAN_LENGTH / 4.0, num_episodes).astype(int), SHORTEST, LONGEST)
    return batch_of_lengths(lengths.tolist(), rng)


def stepwise_update(
    policy_net: Network, value_net: Network, optimizer: torch.optim.Optimizer, batch: EpisodeBatch
) -> float:
    """The same gradient step, one episode and one decision at a time."""
    advantages = (batch.advantages - batch.advantages.mean()) / batch.advantages.std(correction=0)
    optimizer.zero_grad(set_to_none=True)
    total = 0.0
    start = 0
    for length in batch.episode_lengths.tolist():
        hidden, value_hidden = policy_net.initial_state(1), value_net.initial_state(1)
        losses: list[Tensor] = []
        for t in range(start, start + length):
            logits, hidden = policy_net.step(batch.observations[t : t + 1], hidden)
            values, value_hidden = value_net.step(batch.observations[t : t + 1], value_hidden)
            masked = logits.masked_fill(~batch.action_masks[t : t + 1], -1e9)
            log_probs = torch.log_softmax(masked, dim=-1)
            entropy = -(log_probs.exp() * log_probs).sum(-1)
            ratio = (log_probs[:, batch.actions[t]] - batch.old_log_probs[t]).exp()
            clipped = ratio.clamp(1.0 - CLIP_RANGE, 1.0 + CLIP_RANGE)
            policy_loss = -torch.minimum(ratio * advantages[t], clipped * advantages[t])
            value_loss = 0.5 * (values - batch.returns[t]).square()
            losses.append(policy_loss + VALUE_COEF * value_loss - ENTROPY_COEF * entropy)
        loss = torch.cat(losses).sum() / batch.num_decisions
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.item()
        start += length
    for network in (policy_net, value_net):
        torch.nn.utils.clip_grad_norm_(network.parameters(), GRAD_CLIP_NORM)
    optimizer.step()
    return total


def cpu_seconds(run: Callable[[], float]) -> float:
    """CPU time of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def sequence_sides(batch: EpisodeBatch, args: argparse.Namespace) -> dict[str, Callable[[], float]]:
    """The project's update: two networks, one shared trunk, and both in bf16 if the CPU supports it."""

    def side(shared: bool, precision: str) -> Callable[[], float]:
        networks, optimizer = fresh(args.hidden_size, shared)
        algorithm = SequencePPOAlgorithm(
            bptt_length=args.bptt_length,
            grad_clip_norm=GRAD_CLIP_NORM,
            clip_range=CLIP_RANGE,
            value_coef=VALUE_COEF,
            entropy_coef=ENTROPY_COEF,
            epochs=1,
            batch_size=0,
            precision=precision,
        )
        return lambda: algorithm.update(networks, optimizer, batch)

    sides = {"sequence": side(False, "fp32"), "sequence_shared": side(True, "fp32")}
    if has_bf16(torch.device("cpu")):
        sides |= {"sequence_bf16": side(False, "bf16"), "sequence_shared_bf16": side(True, "bf16")}
    return sides


def fresh(hidden_size: int, shared: bool = False) -> tuple[tuple[Network, Network], torch.optim.Optimizer]:
    """LSTM networks and an optimizer with learning rate 0."""
    settings = NetworkSettings(
        hidden_size=hidden_size, lstm_hidden_size=hidden_size, num_layers=1, embedding_size=16, shared=shared
    )
    networks = build_networks(settings, SINGLES, seed=0)
    return networks, torch.optim.Adam(ActorCritic(*networks).parameters(), lr=0.0)


def stepwise_side(batch: EpisodeBatch, args: argparse.Namespace) -> Callable[[], float]:
    """The step-by-step loop, with networks of the same shape."""
    networks, optimizer = fresh(args.hidden_size)
    return lambda: stepwise_update(*networks, optimizer, batch)


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--episodes", type=int, default=64)
    parser.add_argument("--hidden-size", type=int, default=256, help="width of encoder and LSTM")
    parser.add_argument(
        "--bptt-length", type=int, default=0, help="segment length of the sequence update; 0 = whole episodes"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without", nargs="*", default=[], metavar="SIDE", help="sides to leave out")
    add_save_option(parser)
    return parser.parse_args()


def main() -> None:
    """Measure and report."""
    args = parse_args()
    need("bench", "sb3_contrib")
    from benchmarks.sb3_update import recurrent_ppo_update

    torch.set_num_threads(1)
    batch = make_batch(args.episodes, np.random.default_rng(0))
    sides = sequence_sides(batch, args) | {
        "sb3_full": recurrent_ppo_update(batch, args.hidden_size, batch.num_decisions),
        "sb3_128": recurrent_ppo_update(batch, args.hidden_size, 128),
        "stepwise": stepwise_side(batch, args),
    }
    sides = {name: run for name, run in sides.items() if name not in args.without}
    losses = {name: run() for name, run in sides.items()}  # the first turn warms up
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(args.repeats):
        for name, run in sides.items():
            # The sequence update is much shorter than the others: three runs for each of theirs.
            for _ in range(3 if name.startswith("sequence") else 1):
                times[name].append(cpu_seconds(run))
    rates = {name: batch.num_decisions / statistics.median(seconds) for name, seconds in times.items()}
    for name, rate in rates.items():
        print(f"{name:20} {rate:8.0f} decisions/CPU s   loss {losses[name]:.6f}")
    settings = {
        "episodes": batch.num_episodes,
        "decisions": batch.num_decisions,
        "hidden_size": args.hidden_size,
        "bptt_length": args.bptt_length,
        "repeats": args.repeats,
    }
    figures = {
        **{f"{name}_decisions_per_cpu_s": round(rate, 1) for name, rate in rates.items()},
        **{
            f"speedup_vs_{name}": round(rates["sequence"] / rates[name], 2)
            for name in ("stepwise", "sb3_full", "sb3_128")
            if name in rates
        },
    }
    report("update", f"LSTM {args.hidden_size}", settings, figures, save=args.save)


if __name__ == "__main__":
    main()
