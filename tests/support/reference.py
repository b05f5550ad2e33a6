"""The reference for batched code: slow and simple, one episode and one decision at a time.

Of the code under test, it uses only the networks' `forward` on single decisions `(1, 1, D)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from agents.agent import RLAgent
from agents.config import NetworkSettings
from agents.episodes.episode_batch import Episode, EpisodeBatch
from agents.estimates.opponent_choices import NUM_CHOICES
from agents.networks import ActorCritic, Network, build_networks
from agents.networks.heads import PointerHead, ScorerHead
from pokeenv import LAYOUT, SINGLES, ActionSpace, Layout

LENGTHS = (13, 1, 27, 20, 7, 31, 10)


def small(kind: str, num_layers: int = 1) -> NetworkSettings:
    """Settings of a tiny network of a kind; the suffix `_lstm` adds memory."""
    return NetworkSettings(
        type=kind.removesuffix("_lstm"),
        use_lstm=kind.endswith("_lstm"),
        hidden_size=16,
        lstm_hidden_size=12,
        num_layers=num_layers,
        embedding_size=4,
        num_heads=2,
    )


SPECS = {
    kind: small(kind)
    for kind in ("basic", "attention", "attention_lstm", "entity", "entity_lstm", "candidate")
}
SPECS["lstm"] = small("lstm", num_layers=2)
SPECS["gru"] = SPECS["lstm"].model_copy(update={"memory": "gru"})
SPECS["context"] = SPECS["lstm"].model_copy(update={"memory": "attention", "context_length": 6})
SPECS["shared"] = SPECS["lstm"].model_copy(update={"shared": True})
RECURRENT = ("lstm", "attention_lstm", "entity_lstm", "gru", "context", "shared")
FEED_FORWARD = ("basic", "attention", "entity", "candidate")


def build(
    kind: str,
    *,
    seed: int = 0,
    action_space: ActionSpace = SINGLES,
    auxiliary: bool = False,
    **changes: Any,
) -> tuple[Network, Network]:
    """Policy and value network of a kind, with some settings changed."""
    settings = SPECS[kind].model_copy(update=changes)
    return build_networks(settings, action_space, seed=seed, auxiliary=auxiliary)


def parameters_of(*networks: Network) -> list[nn.Parameter]:
    """All parameters of a policy network and its value network, without repetition."""
    return ActorCritic(*networks).parameters()


def random_observations(count: int, rng: np.random.Generator, layout: Layout = LAYOUT) -> NDArray[np.float32]:
    """(count, D) within the layout's ranges; ids and flags whole; at most one active Pokémon per side."""
    low = np.array([field.low for field in layout.fields])
    high = np.array([field.high for field in layout.fields])
    whole = np.array([field.kind != "scalar" for field in layout.fields])
    uniform = rng.random((count, layout.size))
    observations = np.where(whole, np.floor(uniform * (high + 1.0)), low + uniform * (high - low))
    for side in ("own", "opposing"):
        flags = [layout.offsets[f"{side}.{slot}.active"] for slot in range(6)]
        observations[:, flags] = 0.0
        slots = rng.integers(0, 7, count)  # 6: none on the field
        rows = np.flatnonzero(slots < 6)
        observations[rows, np.array(flags)[slots[rows]]] = 1.0
    return observations.astype(np.float32)


def random_masks(count: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """(count, A) with at least one legal action per row; some rows have exactly one."""
    masks = rng.random((count, SINGLES.num_actions)) < rng.choice([0.0, 0.1, 0.5, 1.0], size=(count, 1))
    masks[np.arange(count), rng.integers(0, SINGLES.num_actions, count)] = True
    return masks.astype(np.int8)


def scale_heads(*networks: Network, factor: float = 100.0) -> None:
    """Make policies far from uniform; new ones hardly depend on the state, which would hide faults."""
    with torch.no_grad():
        for network in networks:
            head = network.head
            layer = {PointerHead: "queries", ScorerHead: "scores"}.get(type(head))
            (getattr(head, layer) if layer else head).weight.mul_(factor)


def play(
    agent: RLAgent, lengths: Sequence[int], rng: np.random.Generator, num_rows: int = 3
) -> list[Episode]:
    """Episodes collected by `agent.act` over interleaved rows, each of which sometimes pauses."""
    agent.begin(num_rows, seed=int(rng.integers(1 << 30)))
    waiting = list(lengths)
    running: dict[int, tuple[int, list[tuple[NDArray[np.generic], ...]]]] = {}
    episodes: list[Episode] = []
    while waiting or running:
        for row in range(num_rows):
            if row not in running and waiting:
                running[row] = (waiting.pop(0), [])
                agent.reset_rows(np.array([row]))
        rows = np.array([row for row in sorted(running) if rng.random() < 0.7], dtype=np.int64)
        rng.shuffle(rows)
        if not rows.size:
            continue
        obs, masks = random_observations(len(rows), rng), random_masks(len(rows), rng)
        decision = agent.act(obs, masks, rows)
        for i, row in enumerate(rows.tolist()):
            length, steps = running[row]
            steps.append((obs[i], masks[i], decision.actions[i], decision.log_probs[i], decision.values[i]))
            if len(steps) == length:
                episodes.append(_episode(steps, bool(rng.random() < 0.7), rng))
                del running[row]
    return episodes


def _episode(
    steps: list[tuple[NDArray[np.generic], ...]], terminated: bool, rng: np.random.Generator
) -> Episode:
    obs, masks, actions, log_probs, values = (np.stack(part) for part in zip(*steps, strict=True))
    rewards = rng.normal(size=len(steps)).astype(np.float32)
    opponents = rng.integers(-2, NUM_CHOICES, len(steps)).clip(-1)
    final_value = float(rng.normal())
    return Episode(obs, masks, actions, log_probs, rewards, values, terminated, final_value, opponents)


def stepwise_outputs(network: Network, batch: EpisodeBatch, bptt_length: int) -> Tensor:
    """Outputs of all decisions, (N, A) or (N,), by single steps; segments start with a detached state."""
    outputs = []
    start = 0
    for length in batch.episode_lengths.tolist():
        hidden = network.initial_state(1)
        for t in range(length):
            if bptt_length and t % bptt_length == 0:
                hidden = tuple(part.detach() for part in hidden)
            output, hidden = network(batch.observations[start + t].view(1, 1, -1), hidden)
            outputs.append(output[0, 0])
        start += length
    return torch.stack(outputs)


def stepwise_log_probs(network: Network, batch: EpisodeBatch, bptt_length: int) -> tuple[Tensor, Tensor]:
    """Log-probability of each action taken (N,) and entropy of each decision (N,), over legal actions."""
    chosen, entropies = [], []
    for i, logits in enumerate(stepwise_outputs(network, batch, bptt_length)):
        legal = torch.nonzero(batch.action_masks[i]).flatten()
        log_probs = logits[legal] - torch.logsumexp(logits[legal], 0)
        chosen.append(log_probs[(legal == batch.actions[i]).nonzero()[0, 0]])
        entropies.append(-(log_probs.exp() * log_probs).sum())
    return torch.stack(chosen), torch.stack(entropies)


def stepwise_ppo_loss(
    policy_net: Network,
    value_net: Network,
    batch: EpisodeBatch,
    *,
    bptt_length: int,
    clip_range: float = 0.2,
    value_coef: float = 0.5,
    entropy_coef: float = 0.02,
    value_clip_range: float = float("inf"),
    magnet_net: Network | None = None,
    magnet_coef: float = 0.0,
    auxiliary: nn.Module | None = None,
    aux_coef: float = 0.0,
) -> Tensor:
    """PPO's loss with all its options, summed decision by decision and divided by their number."""
    extra = magnet_coef * _magnet_kls(policy_net, magnet_net, batch, bptt_length).mean()
    if auxiliary is not None:
        outputs = stepwise_outputs(Network(policy_net.trunk, auxiliary), batch, bptt_length)
        known = [i for i, action in enumerate(batch.opponent_choices.tolist()) if action >= 0]
        losses = [-torch.log_softmax(outputs[i], 0)[batch.opponent_choices[i]] for i in known]
        extra = extra + aux_coef * torch.stack(losses).mean()
    log_probs, entropies = stepwise_log_probs(policy_net, batch, bptt_length)
    values = stepwise_outputs(value_net, batch, bptt_length)
    mean, deviation = batch.advantages.mean(), batch.advantages.std(correction=0)
    total = torch.zeros(())
    for i in range(batch.num_decisions):
        advantage = (batch.advantages[i] - mean) / (deviation + 1e-8)
        ratio = (log_probs[i] - batch.old_log_probs[i]).exp()
        clipped = min(max(float(ratio.detach()), 1 - clip_range), 1 + clip_range)
        inside = clipped == float(ratio.detach())
        surrogate = ratio * advantage
        if not inside and clipped * advantage < surrogate.detach():
            surrogate = clipped * advantage  # a constant: no gradient
        value_loss = 0.5 * (values[i] - batch.returns[i]) ** 2
        moved = float(values[i].detach() - batch.values[i])
        if abs(moved) > value_clip_range:
            bound = batch.values[i] + np.sign(moved) * value_clip_range
            clipped_loss = 0.5 * (bound - batch.returns[i]) ** 2
            value_loss = clipped_loss if clipped_loss > value_loss.detach() else value_loss
        total = total - surrogate + value_coef * value_loss - entropy_coef * entropies[i]
    return total / batch.num_decisions + extra


def _magnet_kls(
    policy_net: Network, magnet_net: Network | None, batch: EpisodeBatch, bptt_length: int
) -> Tensor:
    """KL divergence (N,) from the policy to the magnet, or to the uniform policy, over legal actions."""
    logits = stepwise_outputs(policy_net, batch, bptt_length)
    pull = torch.zeros_like(logits)
    if magnet_net is not None:
        pull = stepwise_outputs(magnet_net, batch, bptt_length).detach()
    kls = []
    for i in range(batch.num_decisions):
        legal = torch.nonzero(batch.action_masks[i]).flatten()
        p, q = torch.softmax(logits[i, legal], 0), torch.softmax(pull[i, legal], 0)
        kls.append((p * (p / q).log()).sum())
    return torch.stack(kls)


def gradients(*networks: Network) -> Tensor:
    """All gradients of some networks, flat."""
    return torch.cat([p.grad.flatten() for net in networks for p in net.parameters() if p.grad is not None])
