"""Can a network see the reasons of the rule-based player? Clones of it, by inputs and shapes of the network.

    python -m benchmarks.cloning [--decisions 150000] [--rounds 1] [--seeds 1] [--battles 400] [--save]

The rule-based player is a function of the observation, so that a clone could agree with it always: agreement
judges features and shapes within minutes. Decisions come from battles of the player against itself, with one
random action in ten. In every further round the clone's samples play instead, and the player labels their
decisions (DAgger, arXiv:1011.0686). Agreement counts decisions with a choice, in battles not trained on.
With `--battles`, the clones also play, greedily and with mirrored seats.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.algorithms.losses import imitation_loss
from agents.config import NetworkSettings
from agents.evaluate.matches import Matches
from agents.networks import Encoder, Network, build_networks
from agents.networks.masked_categorical import masked_log_probs
from agents.players.loading import load_agent
from benchmarks.results import add_save_option, report
from pokeenv import SelfPlayVectorEnv, parse_format

VARIANTS: dict[str, dict[str, Any]] = {
    "entity": {"type": "entity"},
    "candidate without outlook": {"type": "candidate", "outlook": False},
    "candidate": {"type": "candidate"},
    "candidate with worth": {"type": "candidate", "worth": True},
}
COMMON = {"use_lstm": False, "shared": True}
RANDOM_SHARE = 0.1
PARALLEL = 64
BATCH_SIZE = 1024
EPOCHS = 3
RATE = 1e-3


class Decisions(NamedTuple):
    """Labelled decisions.

    Attributes:
        observations: (N, D) float32.
        masks: (N, A) bool.
        labels: (N,) actions of the rule-based player.
    """

    observations: NDArray[np.float32]
    masks: NDArray[np.bool_]
    labels: NDArray[np.int64]


def play(battle_format: str, count: int, seed: int, player: RLAgent | None) -> Decisions:
    """Decisions with a choice, of both seats, labelled by the rule-based player.

    Args:
        battle_format: Showdown format id.
        count: decisions.
        seed: seed of battles and random actions.
        player: agent whose samples are played; None: the rule-based player, with random actions.
    """
    teacher, rng = load_agent("rule"), np.random.default_rng(seed)
    parts: list[Decisions] = []
    with SelfPlayVectorEnv(battle_format, PARALLEL) as env:
        obs, _ = env.reset(seed=seed)
        teacher.begin(env.num_envs, seed=seed)
        if player is not None:
            player.begin(env.num_envs, seed=seed)
        while sum(len(part.labels) for part in parts) < count:
            rows = np.flatnonzero(obs["action_mask"].any(axis=1))
            seen, masks = obs["observation"][rows], obs["action_mask"][rows]
            labels = teacher.act(seen, masks, rows).actions
            if player is None:
                random = masks * rng.random(masks.shape)
                chosen = np.where(rng.random(len(rows)) < RANDOM_SHARE, random.argmax(axis=1), labels)
            else:
                chosen = player.act(seen, masks, rows).actions
            choice = masks.sum(axis=1) > 1
            parts.append(Decisions(seen[choice], masks[choice] > 0, labels[choice]))
            actions = np.full(env.num_envs, -1, dtype=np.int64)
            actions[rows] = chosen
            obs, _, terminated, truncated, _ = env.step(actions)
            if player is not None:
                player.reset_rows(np.flatnonzero(terminated | truncated))
    return Decisions(*(np.concatenate(column)[:count] for column in zip(*parts, strict=True)))


def clone(network: Network, data: Sequence[Decisions], seed: int) -> float:
    """Train a policy network on decisions; the CPU microseconds per decision and epoch."""
    encoder = network.trunk.encoder
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    starts = np.cumsum([0, *(len(part.labels) for part in data)])
    steps = EPOCHS * -(-int(starts[-1]) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    assert isinstance(encoder, Encoder)
    prepared = [encoder.prepare(torch.from_numpy(part.observations)) for part in data]
    started = time.process_time()
    for _ in range(EPOCHS):
        order = rng.permutation(int(starts[-1]))
        for first in range(0, len(order), BATCH_SIZE):
            chosen = np.sort(order[first : first + BATCH_SIZE])
            cuts = np.searchsorted(chosen, starts)
            index = [chosen[a:b] - start for a, b, start in zip(cuts, cuts[1:], starts, strict=False)]
            obs = torch.cat([part[torch.from_numpy(i)] for part, i in zip(prepared, index, strict=True)])
            masks = torch.from_numpy(np.concatenate([p.masks[i] for p, i in zip(data, index, strict=True)]))
            labels = torch.from_numpy(np.concatenate([p.labels[i] for p, i in zip(data, index, strict=True)]))
            loss = imitation_loss(masked_log_probs(network.evaluate(obs), masks), labels).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            schedule.step()
    return (time.process_time() - started) / (EPOCHS * int(starts[-1])) * 1e6


@torch.inference_mode()
def judge(network: Network, data: Decisions) -> dict[str, float]:
    """Agreement and cross entropy in nats on decisions that were not trained on."""
    right, entropy = 0, 0.0
    for first in range(0, len(data.labels), 4096):
        part = slice(first, first + 4096)
        labels = torch.from_numpy(data.labels[part])
        log_probs = masked_log_probs(
            network.evaluate(torch.from_numpy(data.observations[part])), torch.from_numpy(data.masks[part])
        )
        right += int((log_probs.argmax(dim=1) == labels).sum())
        entropy += float(imitation_loss(log_probs, labels).sum())
    return {"agreement": right / len(data.labels), "cross_entropy": entropy / len(data.labels)}


def measure(
    args: argparse.Namespace, name: str, seed: int, data: list[Decisions], test: Decisions
) -> dict[str, float]:
    """Figures of one clone."""
    settings = NetworkSettings.of(**COMMON, **VARIANTS[name], hidden_size=args.hidden_size)
    space = parse_format(args.battle_format).action_space

    def fresh() -> Network:
        return build_networks(settings, space, seed=seed)[0]

    own, network = list(data), fresh()
    cost = clone(network, own, seed)
    for number in range(1, args.rounds):
        player = RLAgent(network, None, None, None)
        own.append(play(args.battle_format, args.decisions, 1000 * number + seed, player))
        network = fresh()
        cost = clone(network, own, seed)
    figures = judge(network, test) | {"us_per_decision": cost}
    if args.battles:
        agent = RLAgent(network, None, None, None, name=name)
        if args.keep:
            torch.save(network.state_dict(), args.keep)
        with Matches(args.battle_format, parallel=PARALLEL) as matches:
            for opponent in args.opponents:
                result = matches.play(agent, load_agent(opponent), args.battles, seed=seed)
                figures[f"against_{opponent}"] = result.win_rate
    return figures


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cloning", description=__doc__.splitlines()[0])
    parser.add_argument("--battle-format", default="gen9randombattle")
    parser.add_argument("--decisions", type=int, default=150_000, help="decisions to learn from, per round")
    parser.add_argument("--rounds", type=int, default=1, help="1: the rule-based player's battles alone")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--hidden-size", type=int, default=256)
    parser.add_argument("--battles", type=int, default=0, help="battles of a clone against each opponent")
    parser.add_argument("--opponents", nargs="+", default=["rule", "max"])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--keep", type=Path, help="file for the weights of the last clone that played")
    add_save_option(parser)
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    started = time.perf_counter()
    data = [play(args.battle_format, args.decisions, 1, None)]
    test = play(args.battle_format, min(20_000, args.decisions), 2, None)
    print(f"played in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    figures: dict[str, dict[str, float]] = {}
    for name in args.variants:
        found = [measure(args, name, seed, data, test) for seed in range(args.seeds)]
        figures[name] = {key: round(statistics.mean(f[key] for f in found), 4) for key in found[0]}
        print(name, figures[name], file=sys.stderr, flush=True)
    settings = {
        key: getattr(args, key)
        for key in ("battle_format", "decisions", "rounds", "seeds", "hidden_size", "battles")
    }
    report("cloning", args.battle_format, settings, {"variants": figures}, save=args.save)


if __name__ == "__main__":
    main()
