"""`BaseAlgorithm`: the update that all policy-gradient algorithms share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from typing import Any, ClassVar, get_args

import numpy as np
import torch
from torch import Tensor

from agents.algorithms import losses
from agents.algorithms.batching.decisions import Decisions
from agents.algorithms.batching.minibatch import Batching, ForwardPass, Targets
from agents.algorithms.figures import LARGEST, Means, add_shares, explained_variance, require_finite
from agents.algorithms.magnet import MovingAverage
from agents.algorithms.noise_scale import measure_noise_scale
from agents.config import AlgorithmSettings, SequenceSettings
from agents.config.learning import Precision, grown
from agents.episodes.episode_batch import EpisodeBatch
from agents.errors import StopRequested
from agents.networks import ActorCritic, Network
from agents.networks.masked_categorical import entropy_of, kl_of, masked_log_probs

Networks = Network | tuple[Network, Network]
KL_STOP_FACTOR = 1.5


class BaseAlgorithm(ABC):
    """A policy-gradient algorithm: targets and losses here, gradient steps by its `batching`.

    Class attributes:
        settings_class: settings of the algorithm.

    Args:
        settings: all settings; None: made from `keywords`.
        batching: turns a batch into gradient steps; None: `Decisions()`.
        grad_clip_norm: maximum gradient norm (per network; jointly if the trunk is shared); 0: no clipping.
        normalize_advantages: scale a batch's advantages to mean 0 and deviation 1; None: the class's default.
        precision: precision of the networks: `fp32`, `bf16`, or `auto`: bf16 if the hardware supports it.
        seed: seed for the order of minibatches.
        keywords: single settings, by the names of the fields of `settings_class`.

    Attributes:
        sequence: True if it needs decisions in time order and hidden states.
        needs_value_net: True if `update` gets `(policy_net, value_net)` instead of `policy_net` alone.
        metrics: figures of the last update.
        should_stop: asked before each backward pass; an update ends half done when it returns True.

    Raises:
        ConfigError: a setting is unknown or out of range.
    """

    settings_class: ClassVar[type[AlgorithmSettings]] = AlgorithmSettings
    sequence: bool = False
    needs_value_net: bool = True
    normalize_advantages: bool = True

    def __init__(
        self,
        settings: AlgorithmSettings | None = None,
        *,
        batching: Batching | None = None,
        grad_clip_norm: float = SequenceSettings().grad_clip_norm,
        normalize_advantages: bool | None = None,
        precision: Precision = "fp32",
        seed: int = 0,
        **keywords: Any,
    ) -> None:
        """Check the settings and make the parts."""
        if settings is not None and keywords:
            raise TypeError(f"give settings, or single ones ({', '.join(keywords)}), not both")
        if precision not in get_args(Precision):
            raise ValueError(f"precision: {precision!r} is not one of {', '.join(get_args(Precision))}")
        self.settings = self.settings_class.of(**keywords) if settings is None else settings
        self.batching = Decisions() if batching is None else batching
        self.sequence = self.batching.sequence
        self.grad_clip_norm = SequenceSettings.of(grad_clip_norm=grad_clip_norm).grad_clip_norm
        if normalize_advantages is not None:
            self.normalize_advantages = normalize_advantages
        self.precision: Precision = precision
        self.metrics: dict[str, float] = {}
        self.should_stop: Callable[[], bool] = lambda: False
        self._rng = np.random.default_rng(seed)
        self._updates = 0
        is_average = self.settings.magnet == "ema"
        self._average = MovingAverage(self.settings.magnet_decay) if is_average else None

    @abstractmethod
    def targets(self, batch: EpisodeBatch) -> tuple[Tensor, Tensor]:
        """Advantages (N,), not yet normalised, and targets of the values (N,)."""

    @abstractmethod
    def policy_loss(self, log_probs: Tensor, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        """Loss (M,) of each decision.

        Args:
            log_probs: (M,) log-probabilities of the actions taken.
            log_ratio: (M,) the same minus those when the actions were taken.
            advantages: (M,).
        """

    def value_loss(self, values: Tensor, returns: Tensor, old_values: Tensor) -> Tensor:
        """Loss (M,) of each value estimate; all arguments are (M,)."""
        return losses.value_loss(values, returns)

    @property
    def clip_range(self) -> float:
        """Distance of a ratio from 1 beyond which it counts as clipped."""
        return math.inf

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
            optimizer: optimizer of the parameters of all networks given; see `ActorCritic.parameters`.
            batch: whole episodes, on the networks' device.
            progress: share of the training done, in [0, 1], for the schedules.

        Returns:
            Mean loss per decision over all gradient steps; `metrics` holds the other figures.

        Raises:
            DivergedError: a loss or a gradient is not finite; earlier steps have been taken.
            StopRequested: `should_stop` returned True; earlier steps have been taken.
        """
        actor_critic = self._actor_critic(networks)
        targets = self.normalized_targets(batch)
        target_kl = self.settings.target_kl
        batch_size = grown(self.settings.batch_size, self.settings.batch_size_final, progress)
        means, report = Means(), {"gradient_steps": 0.0, "epochs_done": 0.0}
        if self.settings.noise_scale_interval and self._updates % self.settings.noise_scale_interval == 0:
            report["noise_scale"] = measure_noise_scale(
                actor_critic, batch, self.batching, lambda part: self._policy_share(part, batch, targets)
            )
        self._updates += 1
        for _ in range(self.settings.epochs):
            for minibatch in self.batching.minibatches(actor_critic, batch, batch_size, self._rng):
                optimizer.zero_grad(set_to_none=True)
                figures: defaultdict[str, float] = defaultdict(float)
                for part in self.batching.forward(actor_critic, batch, minibatch):
                    if self.should_stop():
                        raise StopRequested
                    loss, shares = self._loss(part, batch, targets, progress)
                    loss.backward()  # type: ignore[no-untyped-call]
                    add_shares(figures, shares)
                    del part, loss, shares  # frees the graph before the next forward pass
                report.setdefault("max_abs_log_ratio_first", figures.pop(LARGEST))
                if target_kl is not None and figures["approx_kl"] > KL_STOP_FACTOR * target_kl:
                    report["kl_at_stop"] = figures["approx_kl"]
                    optimizer.zero_grad(set_to_none=True)
                    break
                figures |= self._clip_gradients(actor_critic)
                require_finite(figures)
                optimizer.step()
                report["gradient_steps"] += 1
                means.add(figures, minibatch.size)
            if "kl_at_stop" in report:
                break
            report["epochs_done"] += 1
        if self._average is not None:
            self._average.follow(actor_critic.policy_net)
        self.metrics = {"loss": 0.0} | means.result() | report | self.batching.metrics
        self.metrics["explained_variance"] = explained_variance(batch.values, batch.returns)
        return self.metrics["loss"]

    @property
    def memory_plan(self) -> str:
        """Description of the plan that keeps updates within a memory limit; empty without a limit."""
        return self.batching.memory_plan

    def entropy_weight(self, progress: float) -> float:
        """Weight of the entropy bonus after a share of the training, in [0, 1]."""
        first, last = self.settings.entropy_coef, self.settings.entropy_coef_final
        return first + ((first if last is None else last) - first) * progress

    def teacher_weights(self, progress: float) -> tuple[float, float]:
        """Weights of the teacher's and of the learner's own actions after a share of the training, [0, 1]."""
        done = min(1.0, progress / self.settings.teacher_until)
        return self.settings.teacher_coef * (1.0 - done), done

    def state_dict(self) -> dict[str, Any]:
        """State that a resumed run needs: the minibatches' generator, the number of updates, the magnet."""
        return {
            "rng": self._rng.bit_generator.state,
            "updates": self._updates,
            "magnet": None if self._average is None else self._average.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from `state_dict`."""
        self._rng.bit_generator.state = state["rng"]
        self._updates = state.get("updates", 0)  # not in early checkpoints
        if self._average is not None:
            self._average.load_state_dict(state["magnet"])

    def normalized_targets(self, batch: EpisodeBatch) -> Targets:
        """Targets of an update; advantages are normalised if `normalize_advantages` is set."""
        advantages, returns = self.targets(batch)
        if self.normalize_advantages and batch.num_decisions > 1:
            # Over the whole batch, not per minibatch, because minibatches of whole episodes differ in size.
            advantages = (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)
        known = (batch.opponent_choices >= 0).float()
        searched = (batch.strategies.sum(1) > 0).float()
        weights = [part / part.mean().clamp_min(1e-8) for part in (known, searched)]
        return Targets(advantages, returns, *weights)

    def _actor_critic(self, networks: Networks) -> ActorCritic:
        if isinstance(networks, tuple) != self.needs_value_net:
            wanted = "(policy_net, value_net)" if self.needs_value_net else "the policy network alone"
            raise TypeError(f"{type(self).__name__}.update needs {wanted}")
        policy, value = networks if isinstance(networks, tuple) else (networks, None)
        if self.settings.aux_coef and policy.auxiliary_head is None:
            raise ValueError(
                "aux_coef > 0 needs a policy network with an auxiliary head: build_networks(auxiliary=True)"
            )
        magnet = None if self._average is None else self._average.network(policy)
        return ActorCritic(policy, value, reference=magnet, precision=self.precision)

    def _loss(
        self, part: ForwardPass, batch: EpisodeBatch, targets: Targets, progress: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Shares () of some decisions in a gradient step's mean loss and in each of its figures."""
        outputs, size, take = part.outputs, part.minibatch.size, part.minibatch.take
        masks = take(batch.action_masks)
        all_log_probs, log_probs, log_ratio = self._log_probs(part, batch)
        taught = len(batch.teacher_actions) > 0
        teacher_weight, own_weight = self.teacher_weights(progress) if taught else (0.0, 1.0)
        # Each term: its weight in the loss, and its value (M,) for each decision.
        terms = {
            "policy_loss": (own_weight, self.policy_loss(log_probs, log_ratio, take(targets.advantages))),
            "entropy": (-own_weight * self.entropy_weight(progress), entropy_of(all_log_probs)),
        }
        if taught:
            imitation = losses.imitation_loss(all_log_probs, take(batch.teacher_actions))
            terms["teacher_loss"] = (teacher_weight, imitation)
        if len(batch.strategies):
            weights = take(targets.search_weights)
            searched = losses.strategy_loss(all_log_probs, take(batch.strategies), weights)
            terms["search_loss"] = (self.settings.search_coef, searched)
        if outputs.values is not None:
            value_loss = self.value_loss(outputs.values, take(targets.returns), take(batch.values))
            terms["value_loss"] = (self.settings.value_coef, value_loss)
        if self.settings.magnet != "none":
            pull = outputs.reference_logits
            pull = torch.zeros_like(outputs.logits) if pull is None else pull  # equal logits: uniform policy
            kl = kl_of(all_log_probs, masked_log_probs(pull, masks))
            terms["magnet_kl"] = (self.settings.magnet_coef, kl)
        if self.settings.aux_coef and outputs.opponent_logits is not None:
            choices, weights = take(batch.opponent_choices), take(targets.opponent_weights)
            auxiliary = losses.auxiliary_loss(outputs.opponent_logits, choices, weights)
            terms["aux_loss"] = (self.settings.aux_coef, auxiliary)
        loss = torch.stack([weight * term for weight, term in terms.values()]).sum() / size
        with torch.no_grad():
            shares = {name: term for name, (_, term) in terms.items()}
            shares["approx_kl"] = losses.approx_kl(log_ratio)
            shares["clip_fraction"] = losses.clipped(log_ratio, self.clip_range)
            figures = {name: share.sum() / size for name, share in shares.items()}
            figures |= {"loss": loss.detach(), LARGEST: log_ratio.abs().max()}
        return loss if part.carry is None else loss + part.carry, figures

    def _policy_share(self, part: ForwardPass, batch: EpisodeBatch, targets: Targets) -> Tensor:
        """Share () of some decisions in the mean policy loss of their group."""
        _, log_probs, log_ratio = self._log_probs(part, batch)
        loss = self.policy_loss(log_probs, log_ratio, part.minibatch.take(targets.advantages))
        share: Tensor = loss.sum() / part.minibatch.size
        return share if part.carry is None else share + part.carry

    @staticmethod
    def _log_probs(part: ForwardPass, batch: EpisodeBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Log-probabilities (M, A) of all actions, (M,) of those taken, and (M,) minus those at that time."""
        take = part.minibatch.take
        every = masked_log_probs(part.outputs.logits, take(batch.action_masks))
        taken = every.gather(1, take(batch.actions).unsqueeze(1)).squeeze(1)
        return every, taken, taken - take(batch.old_log_probs)

    def _clip_gradients(self, actor_critic: ActorCritic) -> dict[str, float]:
        """Clip the gradient norm of each group of parameters; return the norms before clipping."""
        bound = self.grad_clip_norm if self.grad_clip_norm > 0 else math.inf
        clip = torch.nn.utils.clip_grad_norm_
        return {name: float(clip(group, bound)) for name, group in actor_critic.parameter_groups().items()}
