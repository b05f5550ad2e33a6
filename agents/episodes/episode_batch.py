"""The data of an update: whole episodes, concatenated in time."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.episodes.gae import compute_gae
from pokeenv import NO_ACTION


@dataclass(frozen=True)
class Episode:
    """One seat's decisions in one battle, in time order.

    Attributes:
        observations: (T, D) float32.
        action_masks: (T, A), non-zero where an action was legal.
        actions: (T,) integers.
        log_probs: (T,) log-probabilities of the actions under the policy that took them.
        rewards: (T,) sum of the rewards from each decision to the next one, or to the end.
        values: (T,) value estimates at the decisions.
        terminated: True if the battle ended by the rules; False if it was truncated.
        final_value: value estimate of the last observation; used for truncated episodes only.
        opponent_choices: (T,) the opponent's choice in the same step as this seat sees it, -1 if it had none;
            see `agents.estimates.opponent_choices`. None: unknown.
        version: number of updates behind the policy that took the first decision. Newer policies may have
            taken later ones, if the weights changed during the battle.
        strategies: (T, A) probabilities of the actions that a search found, all 0 where the decision was not
            searched; None: no searches, as in all other episodes of a batch.
    """

    observations: NDArray[np.float32]
    action_masks: NDArray[np.integer] | NDArray[np.bool_]
    actions: NDArray[np.integer]
    log_probs: NDArray[np.float32]
    rewards: NDArray[np.float32]
    values: NDArray[np.float32]
    terminated: bool
    final_value: float = 0.0
    opponent_choices: NDArray[np.integer] | None = None
    version: int = 0
    strategies: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Decisions in the episode."""
        return len(self.actions)


@dataclass(frozen=True, eq=False)
class EpisodeBatch:
    """Whole episodes, one after another; also a mapping from field name to tensor.

    Attributes:
        observations: (N, D) float32.
        action_masks: (N, A) bool, True where an action was legal.
        actions: (N,) int64.
        old_log_probs: (N,) log-probabilities under the policy that acted.
        rewards: (N,) reward from each decision to the next one.
        values: (N,) value estimates at the time of the decisions.
        advantages: (N,) generalised advantage estimates.
        returns: (N,) targets of the value network: advantages + values.
        episode_lengths: (E,) int64; they add up to N.
        terminated: (E,) bool; False for truncated episodes.
        final_values: (E,) value estimates after the last decision.
        versions: (E,) int64, the version of the policy with which each episode began.
        opponent_choices: (N,) int64, the opponent's choice in the same step as the seat sees it; -1 if it had
            none or is unknown. It is known only after the step, so it is a target, never an input.
        gamma: () discount per decision, of the advantages and of REINFORCE's returns.
        teacher_actions: (N,) int64, the teacher's action in the same state; -1 where it is unknown or where
            there was no choice. (0,) without a teacher.
        strategies: (N, A) float32, probabilities of the actions that a search found; all 0 where the decision
            was not searched. (0, 0) without searches.
    """

    observations: Tensor
    action_masks: Tensor
    actions: Tensor
    old_log_probs: Tensor
    rewards: Tensor
    values: Tensor
    advantages: Tensor
    returns: Tensor
    episode_lengths: Tensor
    terminated: Tensor
    final_values: Tensor
    versions: Tensor
    opponent_choices: Tensor
    gamma: Tensor = field(default_factory=lambda: torch.tensor(1.0))
    teacher_actions: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    strategies: Tensor = field(default_factory=lambda: torch.empty(0, 0))

    def __getitem__(self, key: str) -> Tensor:
        """The tensor called `key`."""
        if key not in self.__dataclass_fields__:
            raise KeyError(f"{key!r} is not in an EpisodeBatch; it has {', '.join(self)}")
        tensor: Tensor = getattr(self, key)
        return tensor

    def __iter__(self) -> Iterator[str]:
        """Field names."""
        return (item.name for item in fields(self))

    def __len__(self) -> int:
        """Number of fields, as of any mapping; see `num_decisions` and `num_episodes`."""
        return len(fields(self))

    def __contains__(self, key: object) -> bool:
        """True if there is a tensor called `key`."""
        return key in self.__dataclass_fields__

    def keys(self) -> KeysView[str]:
        """Field names."""
        return {name: None for name in self}.keys()

    def items(self) -> ItemsView[str, Tensor]:
        """Pairs of field name and tensor (`values` is a field, not the mapping's method)."""
        return {name: self[name] for name in self}.items()

    @property
    def num_decisions(self) -> int:
        """N, the decisions of all episodes."""
        return int(self.actions.shape[0])

    @property
    def num_episodes(self) -> int:
        """E, the number of episodes."""
        return int(self.episode_lengths.shape[0])

    def to(self, device: torch.device | str) -> EpisodeBatch:
        """The same batch on a device (itself if it is already there).

        From the CPU to a GPU, all tensors are copied at once through pinned memory. Work on the device waits
        for the copies; this process does not.
        """
        device = torch.device(device)
        if all(tensor.device == device for _, tensor in self.items()):
            return self

        def moved(tensor: Tensor) -> Tensor:
            if device.type == "cuda" and tensor.device.type == "cpu":
                return tensor.pin_memory().to(device, non_blocking=True)
            return tensor.to(device)

        return EpisodeBatch(**{name: moved(tensor) for name, tensor in self.items()})

    @classmethod
    def from_episodes(cls, episodes: Sequence[Episode], gamma: float, gae_lambda: float) -> EpisodeBatch:
        """Concatenate episodes and compute their advantages and returns.

        Args:
            episodes: at least one, none of them empty.
            gamma: discount per decision.
            gae_lambda: lambda of generalised advantage estimation.

        Raises:
            ValueError: there is no episode, or an empty one.
        """
        if not episodes:
            raise ValueError("a batch needs at least one episode")
        lengths = np.array([len(episode) for episode in episodes], dtype=np.int64)
        rewards = np.concatenate([episode.rewards for episode in episodes]).astype(np.float32)
        values = np.concatenate([episode.values for episode in episodes]).astype(np.float32)
        terminated = np.array([episode.terminated for episode in episodes], dtype=np.bool_)
        final_values = np.array([episode.final_value for episode in episodes], dtype=np.float32)
        advantages = compute_gae(rewards, values, lengths, terminated, final_values, gamma, gae_lambda)

        opponent_choices = [
            np.full(len(episode), NO_ACTION) if episode.opponent_choices is None else episode.opponent_choices
            for episode in episodes
        ]

        def joined(name: str, dtype: type[np.generic]) -> Tensor:
            parts = [np.asarray(getattr(episode, name)) for episode in episodes]
            return torch.from_numpy(np.concatenate(parts).astype(dtype, copy=False))

        searched = episodes[0].strategies is not None
        return cls(
            observations=joined("observations", np.float32),
            action_masks=joined("action_masks", np.bool_),
            actions=joined("actions", np.int64),
            old_log_probs=joined("log_probs", np.float32),
            rewards=torch.from_numpy(rewards),
            values=torch.from_numpy(values),
            advantages=torch.from_numpy(advantages),
            returns=torch.from_numpy(advantages + values),
            episode_lengths=torch.from_numpy(lengths),
            terminated=torch.from_numpy(terminated),
            final_values=torch.from_numpy(final_values),
            versions=torch.tensor([episode.version for episode in episodes], dtype=torch.int64),
            opponent_choices=torch.from_numpy(np.concatenate(opponent_choices).astype(np.int64, copy=False)),
            gamma=torch.tensor(gamma),
            strategies=joined("strategies", np.float32) if searched else torch.empty(0, 0),
        )


# Registered, not inherited, because Mapping's method `values` would hide the field.
Mapping.register(EpisodeBatch)
