"""The league: snapshots of the learner on disk, bounded in number, drawn as opponents."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.checkpoints.files import read_safely, write_atomically
from agents.checkpoints.schema import Weights, weight_misfits
from agents.config.schema import Sampling
from agents.errors import LeagueError
from agents.stored import check_stored

PREFIX = "league:"
"""Prefix of a member's name as an opponent; the number of its update follows, as in `league:40`."""

_PRIOR = 1.0  # imaginary battles with a win rate of 0.5 that a new member starts with


@dataclass(frozen=True)
class Member:
    """A snapshot of the learner, and the learner's results against it.

    Attributes:
        update: number of the update after which the snapshot was taken.
        sha256: checksum of its file.
        score: decayed number of the learner's wins against it; a tie counts half.
        battles: decayed number of battles against it.
    """

    update: int
    sha256: str
    score: float = 0.0
    battles: float = 0.0

    @property
    def name(self) -> str:
        """The name as an opponent."""
        return f"{PREFIX}{self.update}"

    @property
    def file_name(self) -> str:
        """The file's name in the league's folder."""
        return f"{self.update:08d}.pt"

    @property
    def win_rate(self) -> float:
        """The learner's win rate against it, close to 0.5 while few battles have been played."""
        return (self.score + _PRIOR / 2) / (self.battles + _PRIOR)


class League:
    """Snapshots of a learner.

    A league with more than `size` members drops the one that the learner beats most often. That member's file
    is kept as long as a checkpoint may refer to it.

    Args:
        folder: folder of the snapshots, created with the first one.
        size: maximum number of members.
        sampling: `uniform`; `recent`: a member's probability halves with each quarter of the league newer
            than it;
            `pfsp`: prioritised fictitious self-play, by `(1 - win rate)^2` (Vinyals et al. 2019,
            doi:10.1038/s41586-019-1724-z).
        decay: factor by which each new battle reduces the weight of earlier ones in the win rates.
        keep_files: number of saved states for which the file of a dropped member is kept.

    Attributes:
        members: oldest first.
    """

    def __init__(
        self, folder: Path, *, size: int, sampling: Sampling, decay: float, keep_files: int = 0
    ) -> None:
        """Make an empty league."""
        if sampling not in get_args(Sampling):
            raise ValueError(f"sampling {sampling!r} is not one of {', '.join(get_args(Sampling))}")
        if size < 1 or not 0 < decay <= 1:
            raise ValueError(f"a league needs size >= 1 and decay in (0, 1], not {size} and {decay}")
        self.folder = folder
        self.members: list[Member] = []
        self._size = size
        self._sampling = sampling
        self._decay = decay
        self._keep_files = keep_files
        self._left: dict[str, int] = {}  # file of a dropped member: number of states saved since

    def add(self, learner: RLAgent, update: int) -> Member:
        """Add a snapshot of the learner's policy; a full league drops its easiest member."""
        buffer = io.BytesIO()
        torch.save(learner.network_state_dict()["policy_net"], buffer)
        content = buffer.getvalue()
        member = Member(update, hashlib.sha256(content).hexdigest())
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / member.file_name, content)
        self._left.pop(member.file_name, None)
        self.members.append(member)
        while len(self.members) > self._size:  # several after a resume with a smaller league
            easiest = max(self.members[:-1], key=lambda other: (other.win_rate, -other.update))
            self.members.remove(easiest)
            self._left[easiest.file_name] = 0
        return member

    def probabilities(self) -> NDArray[np.float64]:
        """Probabilities of drawing each member, `(members,)`."""
        if self._sampling == "pfsp":
            weights = np.array([(1 - member.win_rate) ** 2 for member in self.members])
        elif self._sampling == "recent":
            age = np.arange(len(self.members))[::-1]
            weights = 0.5 ** (age / max(1.0, len(self.members) / 4))
        else:
            weights = np.ones(len(self.members))
        shares: NDArray[np.float64] = weights / weights.sum()
        return shares

    def draw(self, rng: np.random.Generator) -> Member:
        """Draw a member."""
        return self.members[int(rng.choice(len(self.members), p=self.probabilities()))]

    def record(self, name: str, score: float) -> None:
        """Count a battle of the learner against a member; a dropped member is ignored.

        Args:
            name: name of the member.
            score: 1 for a win of the learner, 0.5 for a tie, 0 for a loss.
        """
        for place, member in enumerate(self.members):
            if member.name == name:
                self.members[place] = replace(
                    member,
                    score=self._decay * member.score + score,
                    battles=self._decay * member.battles + 1,
                )

    def load(self, name: str, learner: RLAgent) -> RLAgent:
        """Load a member as an agent that only plays, with networks like the learner's.

        Raises:
            LeagueError: its file is missing, damaged or foreign.
        """
        member = next(member for member in self.members if member.name == name)
        agent = learner.snapshot(name, with_values=False)
        weights = _weights(_read(self.folder, member), self.folder / member.file_name, agent)
        agent.load_network_state_dict({"policy_net": weights, "value_net": None})
        return agent

    def count_save(self) -> None:
        """Count one more saved state, and remove the files that no kept state refers to."""
        self._left = {name: count + 1 for name, count in self._left.items()}
        for name in [name for name, count in self._left.items() if count > self._keep_files]:
            (self.folder / name).unlink(missing_ok=True)
            del self._left[name]

    def state_dict(self) -> dict[str, Any]:
        """Members with their results; the weights are in their files."""
        return {"members": [asdict(member) for member in self.members], "left": dict(self._left)}

    def follow(self, state: Mapping[str, Any]) -> None:
        """Take over the members of a league in another process; `load` reads and checks their files."""
        self.members = [Member(**member) for member in state["members"]]

    def load_state_dict(self, state: Mapping[str, Any], folder: Path) -> None:
        """Continue from a saved state.

        Args:
            state: the value of `state_dict`.
            folder: folder of the files, which are copied if this league has another folder.

        Raises:
            LeagueError: a member's file is missing or damaged.
        """
        self.members = [Member(**member) for member in state["members"]]
        self._left = dict(state["left"]) if folder == self.folder else {}
        for member in self.members:
            content = _read(folder, member)
            if folder != self.folder:
                self.folder.mkdir(parents=True, exist_ok=True)
                write_atomically(self.folder / member.file_name, content)


def check_members(state: Mapping[str, Any], folder: Path, learner: RLAgent) -> None:
    """Check that the files of a saved league's members are whole, and weights of the learner's networks.

    Args:
        state: the value of `League.state_dict`.
        folder: folder of the files.
        learner: the learner.

    Raises:
        LeagueError: a member's file is missing, damaged or foreign.
    """
    for member in (Member(**values) for values in state["members"]):
        _weights(_read(folder, member), folder / member.file_name, learner)


def stream_seed(seed: int, name: str) -> int:
    """Seed of an opponent's decisions; it depends neither on when the opponent joins nor on the others."""
    return int(np.random.SeedSequence([seed, zlib.crc32(name.encode())]).generate_state(1)[0])


def _weights(content: bytes, path: Path, learner: RLAgent) -> Mapping[str, torch.Tensor]:
    """The weights in a member's file, checked against the learner's policy network."""
    weights = read_safely(content, path, str(learner.device), LeagueError)
    check_stored(Weights, weights, str(path), LeagueError)
    if misfit := next(weight_misfits("policy_net", weights, learner.network_state_dict()["policy_net"]), ""):
        raise LeagueError(f"{path}: does not fit the networks of this run: {misfit}")
    return cast("Mapping[str, torch.Tensor]", weights)


def _read(folder: Path, member: Member) -> bytes:
    path = folder / member.file_name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LeagueError(
            f"{path}: this member of the league cannot be read ({error.strerror}); resume from a newer"
            " checkpoint, or remove league from opponent_mix"
        ) from None
    if hashlib.sha256(content).hexdigest() != member.sha256:
        raise LeagueError(
            f"{path}: this member of the league is damaged: its checksum is wrong; resume from a newer"
            " checkpoint, or remove league from opponent_mix"
        )
    return content
