"""`Teacher`: an agent whose actions label the decisions of a learner (DAgger, arXiv:1011.0686)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from agents.episodes.episode_batch import EpisodeBatch
from pokeenv import Agent, slice_for


class Teacher:
    """Labels the states that the learner has visited with the actions of an agent.

    Args:
        agent: any agent; it goes through the episodes of a batch as if it had been in the learner's seat, so
            that one with a memory remembers each episode from its beginning.
    """

    def __init__(self, agent: Agent) -> None:
        """Keep the agent."""
        self.agent = agent

    def label(self, batch: EpisodeBatch) -> EpisodeBatch:
        """The batch with `teacher_actions`, its most probable actions; -1 where there was no choice.

        Raises:
            ValueError: the agent reads more than the observations contain.
        """
        observations = slice_for(self.agent, batch.observations.cpu().numpy())
        masks = batch.action_masks.cpu().numpy().astype(np.int8)
        lengths = batch.episode_lengths.cpu().numpy()
        starts = np.cumsum(lengths) - lengths
        actions = np.full(len(masks), -1, dtype=np.int64)
        self.agent.begin(len(lengths), seed=0)
        for step in range(int(lengths.max())):
            rows = np.flatnonzero(lengths > step)
            places = starts[rows] + step
            actions[places] = self.agent.act(observations[places], masks[places], rows, greedy=True).actions
        actions[masks.sum(axis=1) < 2] = -1
        return replace(batch, teacher_actions=torch.from_numpy(actions).to(batch.actions.device))
