"""Batching by single decisions, for networks without memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from agents.algorithms.batching.minibatch import Batching, Minibatch
from agents.episodes.episode_batch import EpisodeBatch
from agents.networks import ActorCritic


class Decisions(Batching):
    """Minibatches of single decisions, shuffled."""

    sequence = False

    def minibatches(
        self, networks: ActorCritic, batch: EpisodeBatch, batch_size: int, rng: np.random.Generator
    ) -> Iterator[Minibatch]:
        """See `Batching.minibatches`.

        Raises:
            TypeError: a network has a memory.
        """
        if networks.recurrent:
            raise TypeError("single decisions lose hidden states; give an LSTM the sequence form: Episodes()")
        if batch_size == 0 or batch_size >= batch.num_decisions:
            yield Minibatch(None, batch.num_decisions, batch.actions.device)
            return
        order = torch.from_numpy(rng.permutation(batch.num_decisions)).to(batch.actions.device)
        for part in torch.split(order, batch_size):
            yield Minibatch(part, len(part), part.device)
