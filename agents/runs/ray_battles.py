"""`RayBattles`: the battles of a run in Ray actors, on any number of machines."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from agents import cluster
from agents.agent import RLAgent
from agents.config import TrainConfig, build_config
from agents.config.opponent_mix import LEAGUE
from agents.errors import CollectionError
from agents.runs.build import share
from agents.runs.collector import Collector, Delivery, Order
from agents.runs.remote_source import AsynchronousSource, RemoteSource
from agents.selfplay.league import Member
from agents.selfplay.opponents import OpponentPool

START_LIMIT_S = 180.0  # until all actors of a run run
GRACE_S = 20.0  # asynchronous: after the first actor runs, the others are waited for so long
BEAT_S = 20.0  # between two questions to an actor if it still lives
SILENCE_LIMIT_S = 60.0  # an actor that does not answer them is given up
REPLACE_LIMIT_S = 30.0  # after that, the others do the work of a lost actor that no node has room for
CLEAN_UP_LIMIT_S = 5.0
_LEAGUE_PREFIX = "pokeenv-league-"
REPLACEMENTS = 20  # of one actor, before the run ends

Members = Mapping[str, Sequence[Any]]
"""By file name of a member of the league, a reference to its file, in a list that Ray leaves alone."""


class CollectingActor:
    """A collector in an actor."""

    def __init__(self, config: Mapping[str, Any], facts: Mapping[str, str]) -> None:
        """Keep the arguments; `start` does the work, since errors of a constructor lose their texts."""
        self._data = config
        self._facts = facts

    def start(self) -> Any:
        """Start the simulators; return the node's name or an error."""
        return cluster.guarded(self._start)

    def collect(self, order: Order, num_episodes: int, seed: int | None, main: bool, members: Members) -> Any:
        """Answer an order with a `Delivery` or an error.

        Args:
            order: the order that all actors get.
            num_episodes: this actor's share.
            seed: seed of new battles of this actor; None: its battles continue.
            main: draw opponents with the order's own state of the draws.
            members: files of the league.
        """
        order = replace(order, num_episodes=num_episodes, seed=seed)
        if seed is not None and not main:
            draws = np.random.default_rng([seed, 1]).bit_generator.state
            order = replace(order, opponents={**order.opponents, "rng": draws})
        return cluster.guarded(lambda: self._collect(order, members))

    def beat(self) -> int:
        """Show that the process lives."""
        return 0

    def clean_up(self) -> None:
        """Remove the files of the league; the actor is ended next."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> str:
        cluster.require_same_version(self._facts)
        self._collector = Collector(build_config(self._data, source="the driver's configuration"))
        self._folder = league_folder(Path(tempfile.gettempdir()))
        return cluster.node_name()

    def _collect(self, order: Order, members: Members) -> Delivery:
        for name, (reference,) in members.items():
            path = self._folder / LEAGUE / name
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(cluster.ray().get(reference))
        return self._collector.collect(order, self._folder, lambda: False)


def league_folder(parent: Path) -> Path:
    """Make this process's folder for files of the league, and remove those of processes that were killed."""
    for folder in parent.glob(f"{_LEAGUE_PREFIX}*"):
        owner = folder.name.removeprefix(_LEAGUE_PREFIX).split("-")[0]
        if owner.isdigit() and not _lives(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_LEAGUE_PREFIX}{os.getpid()}-", dir=parent))


def _lives(pid: int) -> bool:
    """True if a process runs, be it another user's."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass
class _Slot:
    """One of the actors that a run has, or the place of one that is lost.

    Attributes:
        number: its number.
        handle: the actor.
        starting: reference to the answer of `start`; None once it runs.
        since: time since which it starts.
        starts: number of actors that the slot has had before.
        order: the last order that it got; None: it has no battles yet.
        node: name of its node.
        orders: references to the answers that are due, oldest first, with the number of episodes ordered.
        beat: reference to the answer of `beat`, and the time of the question.
    """

    number: int
    handle: Any
    starting: Any
    since: float
    starts: int = 0
    order: Order | None = None
    node: str = ""
    orders: deque[tuple[Any, int]] = field(default_factory=deque)
    beat: tuple[Any, float] | None = None


class RayBattles:
    """Actors that collect episodes; a `Transport`.

    Deterministic: every order goes to all actors, each of which plays its share of the episodes with its own
    seeds, and the answers are put together in the order of their numbers. Otherwise every actor plays one
    share after another with the newest weights it is given, and the learner takes the answers as they come.

    An actor that is lost is replaced by another one, with new battles. Each answer counts once, and what a
    lost actor had not delivered is played again.
    """

    def __init__(self, config: TrainConfig, actor: type = CollectingActor) -> None:
        """Connect to the cluster and start the actors.

        Args:
            config: configuration of the run.
            actor: class of the actors.

        Raises:
            PokeenvError: no cluster, no room for the actors, or a node cannot play.
        """
        self._config = config
        self._settings = config.collection
        self._actor = actor
        self._order: tuple[Order, Any] | None = None  # and a reference to it
        self._later: deque[tuple[Order, Any]] = deque()
        self._owed: Counter[int] = Counter()
        self._delivered: list[tuple[int, Delivery]] = []
        self._members: dict[str, list[Any]] = {}
        self._rates: Counter[str] = Counter()
        self._rated = time.monotonic()
        self._slots: list[_Slot] = []
        self._leave = cluster.connect(self._settings.address, self._settings.actors)
        try:
            self._slots += [self._start(number) for number in range(self._settings.actors)]
            self._await_start()
        except BaseException:
            self.close()
            raise

    def begin(
        self, agent: RLAgent, pool: OpponentPool, folder: Path, *, seed: int, version: int
    ) -> RemoteSource:
        """The source of the episodes; see `Battles.begin`."""
        self._folder = folder
        kind = RemoteSource if self._settings.deterministic else AsynchronousSource
        return kind(self, agent, pool, self._config, seed=seed, version=version)

    def send(self, order: Order) -> None:
        """Make an order the newest one; deterministic: see `Transport.send`."""
        present = order, cluster.put(order)  # at once: the learner changes its weights in place
        if self._settings.deterministic and self._order is not None and order.seed is None:
            self._later.append(present)
        else:
            self._later.clear()
            self._begin(*present)

    def _begin(self, order: Order, reference: Any) -> None:
        """Give an order to the actors."""
        self._order = order, reference
        self._put_members(order)
        if not self._settings.deterministic:
            return
        for slot in self._slots:
            slot.orders.clear()
        self._delivered = []
        # Actors that start take part from the next order on.
        running = [slot.number for slot in self._slots if slot.starting is None] or [0]
        shares = [share(order.num_episodes, len(running), place) for place in range(len(running))]
        self._owed = +Counter(dict(zip(running, shares, strict=True)))

    def receive(self, timeout_s: float) -> Delivery | None:
        """The answer to the present order, or asynchronous: of an actor; see `Transport.receive`."""
        self._submit()
        waiting = [slot.orders[0][0] for slot in self._slots if slot.orders]
        starting = [slot.starting for slot in self._slots if slot.starting is not None]
        done = cluster.finished([*waiting, *starting], timeout_s)
        arrived = []
        for slot in self._slots:
            if slot.starting in done and slot.starting is not None:
                self._started(slot)
            elif slot.orders and slot.orders[0][0] in done:
                delivery = cluster.value_of(slot.orders[0][0])
                if delivery is None:
                    self._replace(slot)
                    continue
                slot.orders.popleft()
                slot.beat = None
                self._rates[slot.node] += delivery.num_decisions
                arrived.append((slot.number, delivery))
        self._check_beats()
        if not self._settings.deterministic:
            return _together(arrived) if arrived else None
        self._delivered += arrived
        self._reassign()
        if self._order is None or self._owed or any(slot.orders for slot in self._slots):
            return None
        self._order = None
        delivery = _together(sorted(self._delivered, key=lambda pair: pair[0]))
        if self._later:
            self._begin(*self._later.popleft())
            self._submit()
        return delivery

    def figures(self) -> dict[str, float]:
        """Actors that run, and decisions per second by node since the last call."""
        now = time.monotonic()
        seconds = max(now - self._rated, 1e-9)
        nodes = {f"collection/decisions_per_s/{node}": count / seconds for node, count in self._rates.items()}
        self._rates, self._rated = Counter(), now
        return {"collection/actors": float(sum(slot.starting is None for slot in self._slots))} | nodes

    def close(self) -> None:
        """End the actors, and the cluster if it was started here; more than once is fine."""
        running = [slot.handle for slot in self._slots if slot.starting is None]
        cluster.wait_for([cluster.beside(handle.clean_up) for handle in running], CLEAN_UP_LIMIT_S)
        for slot in self._slots:
            cluster.end(slot.handle)
        self._slots = []
        self._leave()
        self._leave = lambda: None

    def _start(self, number: int, starts: int = 0) -> _Slot:
        count, config = self._settings.actors, self._config
        battles = self._settings.battles_per_actor or max(1, share(config.parallel, count, number))
        workers = min(battles, max(1, share(config.num_workers, count, number)))
        changes = {"parallel": battles, "num_workers": workers, "device": "cpu"}
        data = config.model_copy(update=changes).model_dump(mode="json")
        handle = cluster.create(self._actor, data, cluster.facts())
        return _Slot(number, handle, handle.start.remote(), time.monotonic(), starts)

    def _await_start(self) -> None:
        began, first = time.monotonic(), None
        while missing := [slot for slot in self._slots if slot.starting is not None]:
            now = time.monotonic()
            if len(missing) < len(self._slots):
                first = first or now
            if first and now - first > GRACE_S and not self._settings.deterministic:
                return
            if now - began > START_LIMIT_S:
                raise CollectionError(
                    f"only {len(self._slots) - len(missing)} of {len(self._slots)} actors run after "
                    f"{START_LIMIT_S:g} s, and the cluster has {cluster.cpus():g} CPUs, of which each actor "
                    "needs one; add nodes, or lower collection.actors"
                )
            done = cluster.finished([slot.starting for slot in missing], 1.0)
            for slot in missing:
                if slot.starting in done:
                    self._started(slot)

    def _started(self, slot: _Slot) -> None:
        node = cluster.value_of(slot.starting)
        if node is None:
            self._replace(slot)
        else:
            slot.node, slot.starting = node, None

    def _replace(self, slot: _Slot) -> None:
        """Start another actor in the place of a lost one."""
        cluster.end(slot.handle)
        if slot.starts == REPLACEMENTS:
            raise CollectionError(
                f"actor {slot.number} was lost {slot.starts + 1} times, last on node {slot.node or '(none)'}"
                "; see Ray's logs there, which say how it ended (often for lack of memory)"
            )
        self._owed[slot.number] += sum(count for _, count in slot.orders)
        self._slots[slot.number] = self._start(slot.number, slot.starts + 1)

    def _submit(self) -> None:
        """Hand orders to the actors that run."""
        if self._order is None:
            return
        settings = self._settings
        for slot in self._slots:
            depth = 1 if settings.deterministic else 1 + settings.staleness
            while slot.starting is None and len(slot.orders) < depth:
                order, reference = self._order
                if settings.deterministic:
                    count = self._owed.pop(slot.number, 0)
                else:
                    count = max(1, share(order.num_episodes, settings.actors, slot.number))
                if not count:
                    break
                seed, main = self._seed_of(slot, order)
                answer = slot.handle.collect.remote(reference, count, seed, main, self._members)
                slot.orders.append((answer, count))

    def _seed_of(self, slot: _Slot, order: Order) -> tuple[int | None, bool]:
        """Seed of new battles of an actor, or None; and whether they are those of a run with one actor."""
        begins = slot.order is None or (order.seed is not None and slot.order is not order)
        slot.order = order
        if not begins:
            return None, False
        if slot.number == slot.starts == 0 and order.seed is not None:
            return order.seed, True
        base = self._config.seed if order.seed is None else order.seed
        seeds = np.random.SeedSequence([base, order.version, slot.number, slot.starts])
        return int(seeds.generate_state(1)[0]), False

    def _put_members(self, order: Order) -> None:
        """Put the files of the league into the object store, each once."""
        league = order.opponents["league"]
        names = [] if league is None else [Member(**each).file_name for each in league["members"]]
        self._members = {
            name: self._members.get(name) or [cluster.put((self._folder / LEAGUE / name).read_bytes())]
            for name in names
        }

    def _check_beats(self) -> None:
        """Give up actors that do not answer."""
        now = time.monotonic()
        for slot in self._slots:
            if not slot.orders:
                continue
            if slot.beat is None:
                slot.beat = None, now
            reference, asked = slot.beat
            if reference is None and now - asked > BEAT_S:
                slot.beat = cluster.beside(slot.handle.beat), now
            elif reference is not None and cluster.finished([reference], 0):
                slot.beat = None, now
            elif reference is not None and now - asked > SILENCE_LIMIT_S:
                self._replace(slot)

    def _reassign(self) -> None:
        """Let actors that run do the work of those that have not come back in time."""
        running = [slot.number for slot in self._slots if slot.starting is None]
        now = time.monotonic()
        for slot in self._slots:
            late = slot.starting is not None and now - slot.since > REPLACE_LIMIT_S
            if late and running and self._owed[slot.number]:
                self._owed[running[0]] += self._owed.pop(slot.number)


def _together(deliveries: Sequence[tuple[int, Delivery]]) -> Delivery:
    """Several deliveries as one, in their order."""
    parts = [delivery for _, delivery in deliveries]
    paid: Counter[str] = Counter()
    for part in parts:
        paid.update(part.reward_components)
    return Delivery(
        [episode for part in parts for episode in part.episodes],
        [result for part in parts for result in part.results],
        paid,
        parts[0].draws,
        sum(part.seconds for part in parts),
    )
