"""Decisions per second of the sequence update beside a step-by-step loop, in one run, at equal sizes.

    python -m benchmarks.update [--episodes 64] [--hidden-size 256] [--bptt-length 0] [--repeats 3]

Both take one gradient step of PPO on the same episodes, with two LSTM networks, on one thread. The loop does
what a plain implementation does: one episode at a time, one decision at a time, and backward through it.
Repeats alternate between the two; figures are medians of CPU time. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from agents.algorithms import SequencePPOAlgorithm
from agents.episode_batch import Episode, EpisodeBatch
from agents.networks import Network, NetworkSpec, build_networks
from pokeenv import LAYOUT, NUM_ACTIONS

MEAN_LENGTH, SHORTEST, LONGEST = 34, 10, 80
CLIP_RANGE, VALUE_COEF, ENTROPY_COEF, GRAD_CLIP_NORM = 0.2, 0.5, 0.01, 5.0


def make_batch(num_episodes: int, rng: np.random.Generator) -> EpisodeBatch:
    """Episodes of random content within the layout's ranges, 10 to 80 decisions long, 34 on average."""
    lengths = np.clip(rng.gamma(4.0, MEAN_LENGTH / 4.0, num_episodes).astype(int), SHORTEST, LONGEST)
    return batch_of_lengths(lengths.tolist(), rng)


def batch_of_lengths(lengths: Sequence[int], rng: np.random.Generator) -> EpisodeBatch:
    """Episodes of random content within the layout's ranges."""
    return EpisodeBatch.from_episodes([make_episode(n, rng) for n in lengths], gamma=1.0, gae_lambda=0.95)


def make_episode(length: int, rng: np.random.Generator) -> Episode:
    """One episode with random observations, masks, actions and rewards."""
    low = np.array([field.low for field in LAYOUT.fields])
    high = np.array([field.high for field in LAYOUT.fields])
    whole = np.array([field.kind != "scalar" for field in LAYOUT.fields])
    uniform = rng.random((length, LAYOUT.size))
    observations = np.where(whole, np.floor(uniform * (high + 1.0)), low + uniform * (high - low))
    masks = rng.random((length, NUM_ACTIONS)) < 0.3
    actions = rng.integers(0, NUM_ACTIONS, length)
    masks[np.arange(length), actions] = True
    return Episode(
        observations=observations.astype(np.float32),
        action_masks=masks,
        actions=actions,
        log_probs=-np.log(masks.sum(1)).astype(np.float32),
        rewards=rng.normal(size=length).astype(np.float32),
        values=np.zeros(length, dtype=np.float32),
        terminated=True,
    )


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="sequence update beside a step-by-step loop")
    parser.add_argument("--episodes", type=int, default=64)
    parser.add_argument("--hidden-size", type=int, default=256, help="width of encoder and LSTM")
    parser.add_argument(
        "--bptt-length", type=int, default=0, help="of the sequence update; 0 = whole episodes"
    )
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    batch = make_batch(args.episodes, np.random.default_rng(0))
    spec = NetworkSpec(type="lstm", hidden_size=args.hidden_size, lstm_hidden_size=args.hidden_size)

    def fresh() -> tuple[Network, Network, torch.optim.Optimizer]:
        policy_net, value_net = build_networks(spec, seed=0)
        return (
            policy_net,
            value_net,
            torch.optim.Adam([*policy_net.parameters(), *value_net.parameters()], lr=0.0),
        )

    algorithm = SequencePPOAlgorithm(
        bptt_length=args.bptt_length,
        grad_clip_norm=GRAD_CLIP_NORM,
        clip_range=CLIP_RANGE,
        value_coef=VALUE_COEF,
        entropy_coef=ENTROPY_COEF,
        epochs=1,
    )
    policy_net, value_net, optimizer = fresh()
    losses = {
        "sequence": algorithm.update((policy_net, value_net), optimizer, batch),
        "stepwise": stepwise_update(policy_net, value_net, optimizer, batch),
    }
    times: dict[str, list[float]] = {"sequence": [], "stepwise": []}
    for _ in range(args.repeats):
        for _ in range(3):  # much shorter than the loop: three beside each of its runs
            run = cpu_seconds(lambda: algorithm.update((policy_net, value_net), optimizer, batch))
            times["sequence"].append(run)
        times["stepwise"].append(
            cpu_seconds(lambda: stepwise_update(policy_net, value_net, optimizer, batch))
        )
    rates = {name: batch.num_decisions / statistics.median(seconds) for name, seconds in times.items()}
    for name, rate in rates.items():
        print(f"{name:9} {rate:8.0f} decisions/CPU s   loss {losses[name]:.6f}")
    result = {
        "episodes": batch.num_episodes,
        "decisions": batch.num_decisions,
        "hidden_size": args.hidden_size,
        "bptt_length": args.bptt_length,
        "sequence_decisions_per_cpu_s": round(rates["sequence"], 1),
        "stepwise_decisions_per_cpu_s": round(rates["stepwise"], 1),
        "speedup_vs_stepwise": round(rates["sequence"] / rates["stepwise"], 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
