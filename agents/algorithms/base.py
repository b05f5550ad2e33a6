"""What all policy-gradient algorithms share: the update loop, the loss, clipping, metrics."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.algorithms.batching.minibatch import Minibatch, Targets
from agents.algorithms.magnet import Models, MovingAverage, Outputs, auxiliary_head
from agents.algorithms.precision import PRECISIONS
from agents.errors import DivergedError
from agents.networks import Network
from agents.networks.masked_categorical import entropy_of, kl_of, masked_log_probs

if TYPE_CHECKING:
    from agents.episodes.episode_batch import EpisodeBatch


Networks = Network | tuple[Network, Network]
KL_STOP_FACTOR = 1.5
MAGNETS = ("none", "uniform", "ema")


@dataclass(kw_only=True, eq=False)
class BaseAlgorithm(ABC):
    """A policy-gradient algorithm.

    Class attributes:
        sequence: it wants decisions in time order and hidden states.

    Args:
        epochs: passes over a batch.
        batch_size: decisions per minibatch; 0: the whole batch.
        value_coef: weight of the value loss.
        entropy_coef: weight of the entropy bonus.
        entropy_coef_final: its weight when `progress` is 1, linear in between; None: constant.
        grad_clip_norm: greatest gradient norm of each network, or of both together on a shared trunk;
            0: no clipping.
        normalize_advantages: shift and scale a batch's advantages to mean 0 and deviation 1.
        target_kl: stop before a step once the approximate KL exceeds 1.5 times this; None: never.
        magnet: policy to stay near: `none`, `uniform` over legal actions, or `ema`, a moving average
            of the policy's parameters that follows after each update.
        magnet_coef: weight of KL(policy || magnet) in the loss.
        magnet_decay: share of the moving average that stays at each update.
        aux_coef: weight of predicting the opponent's action (cross entropy where it is known); 0: no head.
        precision: `fp32`, `bf16`, or `auto`: bf16 where the device computes in it.
        seed: seed of the order of minibatches.

    Attributes:
        needs_value_net: `update` gets `(policy_net, value_net)` instead of `policy_net` alone.
        metrics: figures of the last update.

    Raises:
        ValueError: a setting is out of range.
    """

    sequence: ClassVar[bool] = False

    epochs: int = 4
    batch_size: int = 0
    value_coef: float = 0.5
    entropy_coef: float = 0.01
    entropy_coef_final: float | None = None
    grad_clip_norm: float = 0.5
    normalize_advantages: bool = True
    target_kl: float | None = None
    magnet: str = "none"
    magnet_coef: float = 0.0
    magnet_decay: float = 0.99
    aux_coef: float = 0.0
    precision: str = "fp32"
    seed: int = 0
    needs_value_net: bool = field(default=True, init=False)
    metrics: dict[str, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.epochs < 1 or self.batch_size < 0 or self.grad_clip_norm < 0:
            raise ValueError(
                f"epochs >= 1, batch_size >= 0 and grad_clip_norm >= 0 are needed, "
                f"not {self.epochs}, {self.batch_size} and {self.grad_clip_norm}"
            )
        for name, known in (("magnet", MAGNETS), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} {getattr(self, name)!r} is unknown; there are {', '.join(known)}")
        if not 0 <= self.magnet_decay < 1:
            raise ValueError(f"magnet_decay must be in [0, 1), not {self.magnet_decay}")
        self._rng = np.random.default_rng(self.seed)
        self._average = MovingAverage(self.magnet_decay) if self.magnet == "ema" else None
        self._auxiliary: nn.Linear | None = None
        self._progress = 0.0

    @abstractmethod
    def _policy_losses(self, log_probs: Tensor, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        """Loss (M,) of each decision.

        Args:
            log_probs: (M,) of the actions taken.
            log_ratio: (M,) of these to the log-probabilities when they were taken.
            advantages: (M,).
        """

    @abstractmethod
    def _targets(self, batch: EpisodeBatch) -> tuple[Tensor, Tensor]:
        """Advantages (N,), not yet normalised, and value targets (N,) of a batch."""

    def update(
        self,
        networks: Networks,
        optimizer: torch.optim.Optimizer,
        batch: EpisodeBatch,
        *,
        progress: float = 0.0,
    ) -> float:
        """Learn from a batch.

        Args:
            networks: `(policy_net, value_net)` if `needs_value_net`, else the policy network.
            optimizer: holds the parameters of all networks given, and `extra_parameters`.
            batch: whole episodes, on the networks' device.
            progress: share of the training done, in [0, 1], for the schedule of the entropy bonus.

        Returns:
            Mean loss per decision over all gradient steps; `metrics` holds the rest.

        Raises:
            DivergedError: a loss or a gradient is not finite; the steps before that one are done.
        """
        models = self._models(networks)
        self._progress = progress
        targets = self._prepared_targets(batch)
        totals: defaultdict[str, float] = defaultdict(float)
        extra = {"gradient_steps": 0.0, "epochs_done": 0.0}
        for _ in range(self.epochs):
            for minibatch in self._minibatches(models, batch):
                optimizer.zero_grad(set_to_none=True)
                figures = self._backward(models, batch, targets, minibatch)
                largest_log_ratio = figures.pop("max_abs_log_ratio")
                extra.setdefault("max_abs_log_ratio_first", largest_log_ratio)
                if self.target_kl is not None and figures["approx_kl"] > KL_STOP_FACTOR * self.target_kl:
                    extra["kl_at_stop"] = figures["approx_kl"]
                    break
                figures |= self._clip(models)
                require_finite(figures)
                optimizer.step()
                extra["gradient_steps"] += 1
                for name, figure in figures.items():
                    totals[name] += minibatch.size * figure
                totals["decisions"] += minibatch.size
            if "kl_at_stop" in extra:
                optimizer.zero_grad(set_to_none=True)
                break
            extra["epochs_done"] += 1
        if self._average is not None:
            self._average.follow(models.policy)
        weight = totals.pop("decisions", 0.0)
        self.metrics = {"loss": 0.0} | {name: total / weight for name, total in totals.items()} | extra
        self.metrics["explained_variance"] = explained_variance(batch.values, batch.returns)
        return self.metrics["loss"]

    @property
    def memory_plan(self) -> str:
        """How updates keep within a limit of memory, in words; empty where nothing limits them."""
        return ""

    @property
    def entropy_weight(self) -> float:
        """Weight of the entropy bonus at the `progress` of the last update."""
        final = self.entropy_coef if self.entropy_coef_final is None else self.entropy_coef_final
        return self.entropy_coef + (final - self.entropy_coef) * self._progress

    def extra_parameters(self, policy_net: Network) -> list[nn.Parameter]:
        """What learns beside the networks, made for this policy network: the auxiliary head's parameters.

        Whoever makes the optimizer calls this once before.
        """
        if self.aux_coef == 0:
            return []
        self._auxiliary = auxiliary_head(policy_net, self.seed)
        return list(self._auxiliary.parameters())

    def to(self, device: torch.device) -> None:
        """Move to where the networks go; an optimizer made before still holds the parameters."""
        if self._auxiliary is not None:
            self._auxiliary.to(device)

    def state_dict(self) -> dict[str, Any]:
        """State that a resumed run needs: the minibatches' generator, the magnet, the auxiliary head."""
        return {
            "rng": self._rng.bit_generator.state,
            "magnet": None if self._average is None else self._average.state_dict(),
            "auxiliary": None if self._auxiliary is None else self._auxiliary.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from `state_dict`."""
        self._rng.bit_generator.state = state["rng"]
        if self._average is not None:
            self._average.load_state_dict(state["magnet"])
        if self._auxiliary is not None and state["auxiliary"] is not None:
            self._auxiliary.load_state_dict(state["auxiliary"])

    def _models(self, networks: Networks) -> Models:
        if isinstance(networks, tuple) != self.needs_value_net:
            wanted = "(policy_net, value_net)" if self.needs_value_net else "the policy network alone"
            raise TypeError(f"{type(self).__name__}.update wants {wanted}")
        policy, value = networks if isinstance(networks, tuple) else (networks, None)
        if self.aux_coef and self._auxiliary is None:
            raise ValueError("aux_coef > 0: give extra_parameters(policy_net) to the optimizer first")
        magnet = None if self._average is None else self._average.network(policy)
        return Models(policy, value, magnet, self._auxiliary, self.precision)

    def _prepared_targets(self, batch: EpisodeBatch) -> Targets:
        advantages, returns = self._targets(batch)
        if self.normalize_advantages and batch.num_decisions > 1:
            # Over the whole batch, not per minibatch: whole episodes make minibatches of uneven size.
            advantages = (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)
        known = (batch.opponent_actions >= 0).float()
        return Targets(advantages, returns, known / known.mean().clamp_min(1e-8))

    def _minibatches(self, models: Models, batch: EpisodeBatch) -> Iterator[Minibatch]:
        """Minibatches of one epoch: here single decisions, shuffled."""
        if models.recurrent:
            raise TypeError(
                f"{type(self).__name__} forgets hidden states; take its sequence form for an LSTM"
            )
        size = self.batch_size
        if size == 0 or size >= batch.num_decisions:
            yield Minibatch(None, batch.num_decisions, batch.actions.device)
            return
        order = torch.from_numpy(self._rng.permutation(batch.num_decisions)).to(batch.actions.device)
        for part in torch.split(order, size):
            yield Minibatch(part, len(part), part.device)

    def _backward(
        self, models: Models, batch: EpisodeBatch, targets: Targets, minibatch: Minibatch
    ) -> dict[str, float]:
        """Gradients of the mean loss over the minibatch's decisions; its figures."""
        obs = minibatch.take(batch.observations)
        outputs = models.evaluate(obs, minibatch.plan, minibatch.states)
        loss, figures = self._loss(outputs, batch, targets, minibatch)
        loss.backward()  # type: ignore[no-untyped-call]
        return numbers(figures)

    def _loss(
        self, outputs: Outputs, batch: EpisodeBatch, targets: Targets, minibatch: Minibatch
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The minibatch's share () of the step's mean loss, and of its figures, each ()."""
        take = minibatch.take
        masks = take(batch.action_masks)
        all_log_probs = masked_log_probs(outputs.logits, masks)  # (M, A)
        log_probs = all_log_probs.gather(1, take(batch.actions).unsqueeze(1)).squeeze(1)
        log_ratio = log_probs - take(batch.old_log_probs)
        # Each term: its weight in the loss, and its size for each decision (M,).
        terms = {
            "policy_loss": (1.0, self._policy_losses(log_probs, log_ratio, take(targets.advantages))),
            "entropy": (-self.entropy_weight, entropy_of(all_log_probs)),
        }
        if outputs.values is not None:
            losses = self._value_losses(outputs.values, take(batch.values), take(targets.returns))
            terms["value_loss"] = (self.value_coef, losses)
        if self.magnet != "none":
            # Equal logits are the uniform policy.
            pull = (
                torch.zeros_like(outputs.logits) if outputs.magnet_logits is None else outputs.magnet_logits
            )
            terms["magnet_kl"] = (self.magnet_coef, kl_of(all_log_probs, masked_log_probs(pull, masks)))
        if outputs.opponent_logits is not None:
            actual = take(batch.opponent_actions).clamp_min(0)
            losses = functional.cross_entropy(outputs.opponent_logits, actual, reduction="none")
            terms["aux_loss"] = (self.aux_coef, losses * take(targets.opponent_weights))
        loss = torch.stack([weight * term for weight, term in terms.values()]).sum() / minibatch.size
        with torch.no_grad():
            shares = {name: term for name, (_, term) in terms.items()}
            shares["approx_kl"] = log_ratio.exp() - 1 - log_ratio  # http://joschu.net/blog/kl-approx.html, k3
            shares["clip_fraction"] = self._clipped(log_ratio).float()
            figures = {name: share.sum() / minibatch.size for name, share in shares.items()}
            figures |= {"loss": loss.detach(), "max_abs_log_ratio": log_ratio.abs().max()}
        return loss, figures

    def _value_losses(self, values: Tensor, old_values: Tensor, returns: Tensor) -> Tensor:
        """Loss (M,) of each value estimate; all arguments are (M,)."""
        return 0.5 * (values - returns).square()

    def _clipped(self, log_ratio: Tensor) -> Tensor:
        """Which decisions' ratios are out of the clip range: none here."""
        return torch.zeros_like(log_ratio)

    def _clip(self, models: Models) -> dict[str, float]:
        """Bound the gradient norm of each network, or of both at once on a shared trunk; the norms before."""
        bound = self.grad_clip_norm if self.grad_clip_norm > 0 else float("inf")
        clip = torch.nn.utils.clip_grad_norm_
        return {name: float(clip(group, bound)) for name, group in models.parameter_groups.items()}


def numbers(figures: Mapping[str, Tensor]) -> dict[str, float]:
    """Figures () as numbers, fetched at once."""
    return dict(zip(figures, torch.stack(list(figures.values())).tolist(), strict=True))


def require_finite(figures: Mapping[str, float]) -> None:
    """Check the loss and the norms of the gradients before a step.

    Raises:
        DivergedError: names what is not finite, and the settings that may have led there.
    """
    checked = {name: figure for name, figure in figures.items() if name == "loss" or "grad_norm" in name}
    if not all(map(math.isfinite, checked.values())):
        found = ", ".join(f"{name} {figure:g}" for name, figure in checked.items())
        raise DivergedError(
            f"the update has diverged: {found}; go on from before it, or start anew, with a smaller lr or "
            f"clip_range, or with precision: fp32"
        )


def explained_variance(values: Tensor, returns: Tensor) -> float:
    """Share of the returns' variance that the values explain: 1 perfect, 0 or less useless."""
    variance = returns.var(correction=0)
    if float(variance) == 0.0:
        return 0.0
    return float(1.0 - (returns - values).var(correction=0) / variance)
