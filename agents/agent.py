"""`RLAgent`: networks that act, with a hidden state for each row, and an algorithm that trains them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.algorithms import BaseAlgorithm
from agents.draws import BattleStreams
from agents.episodes.episode_batch import EpisodeBatch
from agents.errors import StopRequested
from agents.networks import ActorCritic, Encoder, Hidden, Network
from agents.networks.masked_categorical import masked_log_probs, sample, winners
from pokeenv import Decision, ObservationKind, slice_for


class RLAgent:
    """An agent with a policy network and, for values, a value network.

    Args:
        policy_net: gives logits.
        value_net: gives values; None: values are 0.
        optimizer: optimizer of `ActorCritic.parameters`; None for an agent that only plays.
        algorithm: trains the networks; None for an agent that only plays.
        device: device of networks and updates.
        name: name in results.

    Attributes:
        networks: both networks together.
        metrics: figures of the last update.
        temperature: the agent draws all actions, from its policy to the power of 1 / temperature, also where
            it is asked to play greedily; 0: off.
    """

    def __init__(
        self,
        policy_net: Network,
        value_net: Network | None,
        optimizer: torch.optim.Optimizer | None,
        algorithm: BaseAlgorithm | None,
        *,
        device: str | torch.device = "cpu",
        name: str = "agent",
    ) -> None:
        """Keep the parts; see the class."""
        if algorithm is not None and algorithm.needs_value_net and value_net is None:
            raise ValueError(f"{type(algorithm).__name__} needs a value network")
        self.device = torch.device(device)
        self.networks = ActorCritic(policy_net, value_net).to(self.device)
        self.optimizer = optimizer
        self.algorithm = algorithm
        self.name = name
        self.metrics: dict[str, float] = {}
        self.temperature = 0.0
        self._generator = torch.Generator(self.device)
        self._streams = BattleStreams()
        self._states: tuple[Hidden, ...] = tuple(() for _ in self.networks.trunks)
        self._all_rows = np.zeros(0, dtype=np.int64)

    @property
    def policy_net(self) -> Network:
        """The policy network."""
        return self.networks.policy_net

    @property
    def value_net(self) -> Network | None:
        """The value network, if any."""
        return self.networks.value_net

    @property
    def actives(self) -> int:
        """Active Pokémon of a side that the networks read: 1 in singles, 2 in doubles."""
        return getattr(self.policy_net.trunk.encoder, "actives", 1)

    @property
    def observation_kind(self) -> ObservationKind:
        """The kind of observation that the networks read; richer kinds are accepted as well."""
        return self.policy_net.trunk.observation_kind

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Zero the hidden states of `num_rows` rows and seed the sampling (None: a random seed)."""
        if seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(seed)
        self._streams = BattleStreams(seed)
        self._states = self.networks.initial_state(num_rows)
        self._all_rows = np.arange(num_rows)

    def start_streams(self, rows: NDArray[np.integer], numbers: NDArray[np.integer]) -> None:
        """Sample in these rows from streams of their own, until `begin`."""
        self._streams.start(rows, numbers)

    def get_state(self) -> Any:
        """State of sampling and hidden states; with the parameters it determines the next actions."""
        return self._generator.get_state(), self._states

    def set_state(self, state: Any) -> None:
        """Continue from a copy of `get_state`."""
        generator, self._states = state
        self._generator.set_state(generator)

    @torch.inference_mode()  # tensors made by `act` may be changed only in this mode
    def reset_rows(self, rows: NDArray[np.integer]) -> None:
        """Zero the hidden states of rows in which a new episode begins."""
        index = self._rows(rows)
        for state in self._states:
            for part in state:
                part.index_fill_(1, index, 0.0)

    @torch.inference_mode()
    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer],
        greedy: bool = False,
    ) -> Decision:
        """Decide for B rows: one call of policy and value network over all of them.

        Args:
            observations: (B, D).
            action_masks: (B, A), non-zero where legal; at least one per row.
            rows: (B,) numbers of the rows; their hidden states advance by one decision.
            greedy: take the most probable action instead of sampling.

        Raises:
            ValueError: a row has no legal action, or observations hold less than the networks read.
        """
        legal = np.asarray(action_masks) != 0
        if not legal.any(axis=1).all():
            empty = np.asarray(rows)[~legal.any(axis=1)]
            raise ValueError(f"no legal action in rows {empty.tolist()}; leave out rows that do not act")
        logits, values = self._step(self._tensor(observations), rows)
        if self.temperature:
            logits, greedy = logits / self.temperature, False
        log_probs = masked_log_probs(logits, torch.from_numpy(legal).to(self.device))
        if greedy:
            actions = log_probs.argmax(-1)
        elif self._streams:
            uniform = torch.from_numpy(self._streams.uniform(rows, log_probs.shape[1]))
            smallest = torch.finfo(log_probs.dtype).tiny  # a draw of 0 would let an illegal action win
            races = torch.log1p(-uniform).neg().to(log_probs).clamp_min(smallest)
            actions = winners(log_probs, races)
        else:
            actions = sample(log_probs, self._generator)
        chosen = log_probs.gather(1, actions.unsqueeze(1)).squeeze(1)
        values = torch.zeros_like(chosen) if values is None else values
        every = log_probs.cpu().numpy()
        return Decision(actions.cpu().numpy(), chosen.cpu().numpy(), values.cpu().numpy(), every)

    @torch.inference_mode()
    def get_value(self, observations: NDArray[np.float32], rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Value estimates (B,) of observations (B, D) of these rows; no hidden state advances."""
        if self.value_net is None:
            return np.zeros(len(rows), dtype=np.float32)
        values = self.networks.values(self._tensor(observations), self._states_of(self._rows(rows)))
        assert values is not None
        array: NDArray[np.float32] = values.cpu().numpy()
        return array

    def update(
        self,
        batch: EpisodeBatch,
        *,
        progress: float | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> float:
        """Learn from a batch; return the mean loss and store the other figures in `metrics`.

        Args:
            batch: whole episodes.
            progress: share of the training done, in [0, 1], for schedules of the algorithm.
            should_stop: asked between the parts of each gradient step.

        Raises:
            ValueError: the agent has no algorithm or no optimizer.
            DivergedError: a loss or a gradient is not finite; the networks may hold half an update.
            StopRequested: `should_stop` returned True; the agent is as it was before the update.
        """
        if self.algorithm is None or self.optimizer is None:
            raise ValueError(f"agent {self.name!r} only plays: it has no algorithm or no optimizer")
        encoder = self.policy_net.trunk.encoder
        if isinstance(encoder, Encoder):
            batch = replace(batch, observations=encoder.prepare(batch.observations))
        batch = batch.to(self.device)
        # Algorithms without schedules need not take the argument.
        schedule = {} if progress is None else {"progress": progress}
        before = None if should_stop is None else copy.deepcopy((self.state_dict(), torch.get_rng_state()))
        self.algorithm.should_stop = should_stop or (lambda: False)
        try:
            if self.algorithm.needs_value_net:
                assert self.value_net is not None
                networks = self.policy_net, self.value_net
                loss = self.algorithm.update(networks, self.optimizer, batch, **schedule)
            else:
                loss = self.algorithm.update(self.policy_net, self.optimizer, batch, **schedule)
        except StopRequested:
            if before is not None:
                self.load_state_dict(before[0])
                torch.set_rng_state(before[1])
            raise
        self.metrics = dict(self.algorithm.metrics)
        return loss

    @property
    def memory_plan(self) -> str:
        """Description of the plan that keeps updates within a memory limit; empty without a limit."""
        return "" if self.algorithm is None else self.algorithm.memory_plan

    def snapshot(self, name: str, *, with_values: bool = True) -> RLAgent:
        """A frozen copy that only plays: own weights, but no optimizer, no algorithm and no running rows.

        Args:
            name: name in results.
            with_values: copy the value network too; without it values are 0.
        """
        networks = self.networks.copy(with_values=with_values)
        agent = RLAgent(networks.policy_net, networks.value_net, None, None, device=self.device, name=name)
        agent.temperature = self.temperature
        return agent

    def copy_weights(self, other: RLAgent) -> None:
        """Copy another agent's weights; hidden states are kept."""
        self.load_network_state_dict(other.network_state_dict())

    def network_state_dict(self) -> dict[str, Any]:
        """Weights of the networks that act; a shared trunk's are stored with the policy network."""
        return self.networks.state_dict()

    def load_network_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load weights from `network_state_dict` or from `state_dict`.

        Raises:
            RuntimeError: the networks have another shape, or only one of the two agents has a shared trunk.
        """
        self.networks.load_state_dict(state)

    def state_dict(self) -> dict[str, Any]:
        """Networks, optimizer, algorithm and the generator of the sampling."""
        algorithm: dict[str, Any] | None = None
        if self.algorithm is not None:
            auxiliary = self.policy_net.auxiliary_head
            # The file format of checkpoints has the auxiliary head here.
            algorithm = {
                **self.algorithm.state_dict(),
                "auxiliary": None if auxiliary is None else auxiliary.state_dict(),
            }
        return {
            **self.network_state_dict(),
            "optimizer": None if self.optimizer is None else _state_of(self.optimizer),
            "algorithm": algorithm,
            "generator": self._generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state_dict`; rows start again with `begin`.

        A state may come from another kind of device. Then this agent keeps its own generator, and the sampled
        actions differ from those on the other device, also after `begin`.
        """
        self.load_network_state_dict(state)
        if self.optimizer is not None and state["optimizer"] is not None:
            # Copied, because the optimizer would otherwise update the tensors of the given state.
            self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        if self.algorithm is not None and state["algorithm"] is not None:
            self.algorithm.load_state_dict(state["algorithm"])
            auxiliary, weights = self.policy_net.auxiliary_head, state["algorithm"].get("auxiliary")
            if auxiliary is not None and weights is not None:
                auxiliary.load_state_dict(weights)
        generator = state["generator"].cpu()
        if len(generator) == len(self._generator.get_state()):  # the size depends on the kind of device
            self._generator.set_state(generator)

    def _step(self, obs: Tensor, rows: NDArray[np.integer]) -> tuple[Tensor, Tensor | None]:
        """Logits and values of rows, whose hidden states advance."""
        if np.array_equal(rows, self._all_rows):
            logits, values, self._states = self.networks.step(obs, self._states)
            return logits, values
        index = self._rows(rows)
        logits, values, after = self.networks.step(obs, self._states_of(index))
        for state, new_state in zip(self._states, after, strict=True):
            for part, new in zip(state, new_state, strict=True):
                part.index_copy_(1, index, new)
        return logits, values

    def _states_of(self, index: Tensor) -> list[Hidden]:
        """Hidden states of some rows, per trunk."""
        return [tuple(part.index_select(1, index) for part in state) for state in self._states]

    def _tensor(self, observations: NDArray[np.float32]) -> Tensor:
        if isinstance(self.policy_net.trunk.encoder, Encoder):  # other modules read whole observations
            observations = slice_for(self, observations)
        return torch.from_numpy(np.ascontiguousarray(observations, dtype=np.float32)).to(self.device)

    def _rows(self, rows: NDArray[np.integer]) -> Tensor:
        return torch.from_numpy(np.asarray(rows, dtype=np.int64)).to(self.device)


def _state_of(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """State of an optimizer with an entry for every parameter, so that a missing one can be noticed."""
    state = optimizer.state_dict()
    numbers = [number for group in state["param_groups"] for number in group["params"]]
    return state | {"state": {number: state["state"].get(number, {}) for number in numbers}}
