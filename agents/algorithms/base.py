"""What all policy-gradient algorithms share: the update loop, masks, clipping, metrics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from agents.algorithms.masking import entropy_of, masked_log_probs
from agents.networks import Hidden, Network, SequencePlan, evaluate_both, parameters_of

if TYPE_CHECKING:
    from agents.episode_batch import EpisodeBatch

Networks = Network | tuple[Network, Network]
KL_STOP_FACTOR = 1.5


@dataclass(frozen=True)
class Targets:
    """What one update learns towards, made once before its first epoch.

    Attributes:
        advantages: (N,) weight of each decision in the policy loss.
        returns: (N,) targets of the value network.
    """

    advantages: Tensor
    returns: Tensor


@dataclass(frozen=True)
class Minibatch:
    """Part of a batch for one gradient step.

    Attributes:
        index: (M,) flat indices of its decisions; None: all, in order.
        plan: how its decisions form sequences; None: each stands alone.
        states: per trunk, the hidden state (1, S, ...) before each sequence; None: zeros.
    """

    index: Tensor | None
    plan: SequencePlan | None = None
    states: tuple[Hidden | None, ...] | None = None

    def take(self, tensor: Tensor) -> Tensor:
        """The minibatch's rows of a tensor (N, ...)."""
        return tensor if self.index is None else tensor.index_select(0, self.index)


class BaseAlgorithm(ABC):
    """A policy-gradient algorithm.

    Class attributes:
        sequence: it wants decisions in time order and hidden states.

    Attributes:
        needs_value_net: ``update`` gets ``(policy_net, value_net)`` instead of ``policy_net`` alone.
        metrics: figures of the last update.
    """

    sequence = False

    def __init__(
        self,
        *,
        epochs: int,
        batch_size: int,
        value_coef: float,
        entropy_coef: float,
        grad_clip_norm: float,
        normalize_advantages: bool,
        target_kl: float | None,
        seed: int,
        needs_value_net: bool,
    ) -> None:
        """Keep the settings.

        Args:
            epochs: passes over a batch.
            batch_size: decisions per minibatch; 0: the whole batch.
            value_coef: weight of the value loss.
            entropy_coef: weight of the entropy bonus.
            grad_clip_norm: greatest gradient norm of each network, or of both together on a shared trunk;
                0: no clipping.
            normalize_advantages: shift and scale a batch's advantages to mean 0 and deviation 1.
            target_kl: stop before a step once the approximate KL exceeds 1.5 times this; None: never.
            seed: seed of the order of minibatches.
            needs_value_net: whether ``update`` trains a value network.

        Raises:
            ValueError: a setting is out of range.
        """
        if epochs < 1 or batch_size < 0 or grad_clip_norm < 0:
            raise ValueError(
                f"epochs >= 1, batch_size >= 0 and grad_clip_norm >= 0 are needed, "
                f"not {epochs}, {batch_size} and {grad_clip_norm}"
            )
        self.epochs = epochs
        self.batch_size = batch_size
        self.value_coef = value_coef
        self.entropy_coef = entropy_coef
        self.grad_clip_norm = grad_clip_norm
        self.normalize_advantages = normalize_advantages
        self.target_kl = target_kl
        self.needs_value_net = needs_value_net
        self.metrics: dict[str, float] = {}
        self._rng = np.random.default_rng(seed)

    @abstractmethod
    def _policy_loss(self, log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor) -> Tensor:
        """Mean loss () of M decisions; all arguments are (M,)."""

    @abstractmethod
    def _targets(self, batch: EpisodeBatch) -> Targets:
        """Advantages, not yet normalised, and value targets of a batch."""

    def update(self, networks: Networks, optimizer: torch.optim.Optimizer, batch: EpisodeBatch) -> float:
        """Learn from a batch.

        Args:
            networks: ``(policy_net, value_net)`` if ``needs_value_net``, else the policy network.
            optimizer: holds the parameters of all networks given.
            batch: whole episodes, on the networks' device.

        Returns:
            Mean loss per decision over all gradient steps; ``metrics`` holds the rest.
        """
        policy_net, value_net = self._split(networks)
        targets = self._prepared_targets(batch)
        totals: defaultdict[str, float] = defaultdict(float)
        weight = steps = epochs_done = 0
        for epoch in range(self.epochs):
            stopped = False
            for minibatch in self._minibatches(policy_net, value_net, batch):
                loss, figures = self._loss(policy_net, value_net, batch, targets, minibatch)
                first_log_ratio = figures.pop("max_abs_log_ratio")
                if steps == 0:
                    totals["max_abs_log_ratio_first"] = first_log_ratio
                if self.target_kl is not None and figures["approx_kl"] > KL_STOP_FACTOR * self.target_kl:
                    totals["kl_at_stop"] = figures["approx_kl"]
                    stopped = True
                    break
                optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                figures |= self._clip(policy_net, value_net)
                optimizer.step()
                size = int(minibatch.take(batch.actions).shape[0])
                for name, figure in figures.items():
                    totals[name] += size * figure
                weight += size
                steps += 1
            if stopped:
                break
            epochs_done = epoch + 1
        self.metrics = self._summary(batch, totals, weight, steps, epochs_done)
        return self.metrics["loss"]

    def state_dict(self) -> dict[str, Any]:
        """State that a resumed run needs: the generator of the minibatches' order."""
        return {"rng": self._rng.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state_dict`."""
        self._rng.bit_generator.state = state["rng"]

    def _split(self, networks: Networks) -> tuple[Network, Network | None]:
        if isinstance(networks, tuple) != self.needs_value_net:
            wanted = "(policy_net, value_net)" if self.needs_value_net else "the policy network alone"
            raise TypeError(f"{type(self).__name__}.update wants {wanted}")
        return networks if isinstance(networks, tuple) else (networks, None)

    def _prepared_targets(self, batch: EpisodeBatch) -> Targets:
        targets = self._targets(batch)
        if not self.normalize_advantages or batch.num_decisions < 2:
            return targets
        # Over the whole batch, not per minibatch: whole episodes make minibatches of uneven size.
        advantages = targets.advantages
        scaled = (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)
        return Targets(scaled, targets.returns)

    def _minibatches(
        self, policy_net: Network, value_net: Network | None, batch: EpisodeBatch
    ) -> Iterator[Minibatch]:
        """Minibatches of one epoch: here single decisions, shuffled."""
        if policy_net.recurrent or (value_net is not None and value_net.recurrent):
            raise TypeError(
                f"{type(self).__name__} forgets hidden states; take its sequence form for an LSTM"
            )
        size = self.batch_size
        if size == 0 or size >= batch.num_decisions:
            yield Minibatch(None)
            return
        order = torch.from_numpy(self._rng.permutation(batch.num_decisions)).to(batch.actions.device)
        for part in torch.split(order, size):
            yield Minibatch(part)

    def _loss(
        self,
        policy_net: Network,
        value_net: Network | None,
        batch: EpisodeBatch,
        targets: Targets,
        minibatch: Minibatch,
    ) -> tuple[Tensor, dict[str, float]]:
        """Mean loss over the minibatch's decisions, and its figures."""
        obs = minibatch.take(batch.observations)
        old_log_probs = minibatch.take(batch.old_log_probs)
        logits, values = evaluate_both(policy_net, value_net, obs, minibatch.plan, minibatch.states)
        log_probs_all = masked_log_probs(logits, minibatch.take(batch.action_masks))  # (M, A)
        log_probs = log_probs_all.gather(1, minibatch.take(batch.actions).unsqueeze(1)).squeeze(1)
        policy_loss = self._policy_loss(log_probs, old_log_probs, minibatch.take(targets.advantages))
        entropy = entropy_of(log_probs_all).mean()
        loss = policy_loss - self.entropy_coef * entropy
        value_loss = loss.new_zeros(())
        if values is not None:
            value_loss = 0.5 * (values - minibatch.take(targets.returns)).square().mean()
            loss = loss + self.value_coef * value_loss
        with torch.no_grad():
            log_ratio = log_probs - old_log_probs
            figures = torch.stack(
                [
                    loss,
                    policy_loss,
                    value_loss,
                    entropy,
                    (log_ratio.exp() - 1 - log_ratio).mean(),  # http://joschu.net/blog/kl-approx.html, k3
                    self._clipped(log_ratio).float().mean(),
                    log_ratio.abs().max(),
                ]
            ).tolist()
        names = (
            "loss",
            "policy_loss",
            "value_loss",
            "entropy",
            "approx_kl",
            "clip_fraction",
            "max_abs_log_ratio",
        )
        return loss, dict(zip(names, figures, strict=True))

    def _clipped(self, log_ratio: Tensor) -> Tensor:
        """Which decisions' ratios are out of the clip range: none here."""
        return torch.zeros_like(log_ratio)

    def _clip(self, policy_net: Network, value_net: Network | None) -> dict[str, float]:
        """Bound the gradient norm of each network, or of both at once on a shared trunk; the norms before."""
        bound = self.grad_clip_norm if self.grad_clip_norm > 0 else float("inf")
        clip = torch.nn.utils.clip_grad_norm_
        if value_net is not None and value_net.trunk is policy_net.trunk:
            return {"grad_norm": float(clip(parameters_of(policy_net, value_net), bound))}
        norms = {"grad_norm_policy": float(clip(policy_net.parameters(), bound))}
        norms["grad_norm_value"] = 0.0 if value_net is None else float(clip(value_net.parameters(), bound))
        return norms

    def _summary(
        self, batch: EpisodeBatch, totals: dict[str, float], weight: int, steps: int, epochs_done: int
    ) -> dict[str, float]:
        first = totals.pop("max_abs_log_ratio_first", 0.0)
        kl_at_stop = totals.pop("kl_at_stop", None)
        metrics = {name: total / weight for name, total in totals.items()} if weight else {"loss": 0.0}
        metrics["max_abs_log_ratio_first"] = first
        metrics["epochs_done"] = float(epochs_done)
        metrics["gradient_steps"] = float(steps)
        metrics["explained_variance"] = explained_variance(batch.values, batch.returns)
        if kl_at_stop is not None:
            metrics["kl_at_stop"] = kl_at_stop
        return metrics


def explained_variance(values: Tensor, returns: Tensor) -> float:
    """Share of the returns' variance that the values explain: 1 perfect, 0 or less useless."""
    variance = returns.var(correction=0)
    if float(variance) == 0.0:
        return 0.0
    return float(1.0 - (returns - values).var(correction=0) / variance)
