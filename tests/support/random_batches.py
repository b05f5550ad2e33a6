"""Batches of random content, for updates whose numbers do not matter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.episodes.episode_batch import Episode, EpisodeBatch
from pokeenv import LAYOUT, OBS_SIZE, SINGLES


def random_batch(seed: int = 0) -> EpisodeBatch:
    """Two equal episodes of five decisions: all observations 0, all actions legal."""
    rng = np.random.default_rng(seed)
    zeros = np.zeros(5, dtype=np.float32)
    episode = Episode(
        observations=np.zeros((5, OBS_SIZE), dtype=np.float32),
        action_masks=np.ones((5, SINGLES.num_actions), dtype=np.int8),
        actions=rng.integers(SINGLES.num_actions, size=5),
        log_probs=zeros - np.log(np.float32(SINGLES.num_actions)),
        rewards=rng.standard_normal(5).astype(np.float32),
        values=zeros,
        terminated=True,
    )
    return EpisodeBatch.from_episodes([episode, episode], 1.0, 0.95)


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
    masks = rng.random((length, SINGLES.num_actions)) < 0.3
    actions = rng.integers(0, SINGLES.num_actions, length)
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
