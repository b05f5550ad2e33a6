"""A task that needs memory: the agent sees a cue, and many decisions later a question asks for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from agents.agent import RLAgent
from agents.algorithms import SequencePPOAlgorithm
from agents.config import NetworkSettings
from agents.episodes.episode_batch import Episode, EpisodeBatch
from agents.networks import ActorCritic, Memory, Network, Trunk
from agents.registry import MEMORIES, load

FEATURES = 16
EPISODES = 64  # per update
LEARNING_RATE = 0.01
SETTINGS = NetworkSettings(lstm_hidden_size=FEATURES, num_heads=2, context_length=32)


@dataclass(frozen=True)
class RecallTask:
    """A cue of two kinds, then noise with one legal action, then a question for the cue.

    Attributes:
        shown_before: number of a decision; the cue comes at a random decision before it.
        asked_at: numbers of decisions; the question comes at one of them, which ends the episode.
        asked_early: further decisions at which the question comes equally often during training.
    """

    shown_before: int
    asked_at: tuple[int, ...]
    asked_early: tuple[int, ...] = ()

    def play(
        self, agent: RLAgent, count: int, rng: np.random.Generator, *, greedy: bool = False
    ) -> list[Episode]:
        """Play episodes; the reward is 1 at the end for the right answer. Greedy play is for evaluation."""
        ends = rng.choice(self.asked_at if greedy else self.asked_at + self.asked_early, count)
        length = max(self.asked_at) + 1
        cues, everyone = rng.integers(0, 2, count), np.arange(count)
        obs = np.zeros((length, count, 4), dtype=np.float32)  # cue 0, cue 1, question, noise
        obs[rng.integers(0, self.shown_before, count), everyone, cues] = 1.0
        obs[ends, everyone, 2] = 1.0
        obs[..., 3] = rng.normal(size=(length, count))
        masks = np.ones((length, count, 2), dtype=np.int8)
        masks[np.arange(length)[:, None] < ends, 1] = 0
        agent.reset_rows(everyone)
        decisions = [agent.act(obs[t], masks[t], everyone, greedy) for t in range(length)]
        episodes = []
        for row, end in enumerate(ends):
            own = decisions[: end + 1]
            rewards = np.zeros(end + 1, dtype=np.float32)
            rewards[-1] = own[-1].actions[row] == cues[row]
            episodes.append(
                Episode(
                    observations=obs[: end + 1, row],
                    action_masks=masks[: end + 1, row],
                    actions=np.array([decision.actions[row] for decision in own]),
                    log_probs=np.array([decision.log_probs[row] for decision in own]),
                    rewards=rewards,
                    values=np.array([decision.values[row] for decision in own]),
                    terminated=True,
                )
            )
        return episodes


def share_recalled(
    task: RecallTask, memory: str, updates: int, *, bptt_length: int = 0, seed: int = 0
) -> float:
    """Share of cues recalled, greedily, after training.

    Args:
        task: the task.
        memory: a name of `agents.registry.MEMORIES`, or `none`.
        updates: number of updates of 64 episodes each.
        bptt_length: see `SequencePPOAlgorithm`.
        seed: seed of weights, episodes and sampling.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)

        def net(outputs: int) -> Network:
            encoder = nn.Sequential(nn.Linear(4, FEATURES), nn.Tanh())
            head = nn.Linear(FEATURES, outputs)
            kept: Memory | None = None
            if memory != "none":
                kept = load(MEMORIES[memory])(FEATURES, SETTINGS)
            return Network(Trunk(encoder, kept), head, scalar_output=outputs == 1)

        networks = net(2), net(1)
    optimizer = torch.optim.Adam(ActorCritic(*networks).parameters(), lr=LEARNING_RATE)
    algorithm = SequencePPOAlgorithm(bptt_length=bptt_length, batch_size=0, entropy_coef=0.01)
    agent = RLAgent(*networks, optimizer, algorithm)
    rng = np.random.default_rng(seed)
    agent.begin(256, seed=seed)
    for update in range(updates):
        # As in a real run. At a constant rate, the agent would unlearn a task that it solved long ago: after
        # many tiny gradients, a single large one makes steps of several times the rate in every weight.
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1.0 - update / updates)
        episodes = task.play(agent, EPISODES, rng)
        agent.update(EpisodeBatch.from_episodes(episodes, gamma=1.0, gae_lambda=0.95))
    return float(np.mean([part.rewards[-1] for part in task.play(agent, 256, rng, greedy=True)]))
