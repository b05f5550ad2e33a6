"""The contract between the environments and whatever plays the battles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pokeenv.engine.seat_messages import SeatMessages


class Engine(Protocol):
    """N battles stepped together; `EmbeddedShowdown` says what each member means."""

    num_battles: int
    observations: NDArray[np.float32]
    action_masks: NDArray[np.int8]
    signals: NDArray[np.float32]

    @property
    def acting(self) -> NDArray[np.bool_]: ...  # noqa: D102

    @property
    def statuses(self) -> NDArray[np.int32]: ...  # noqa: D102

    @property
    def turns(self) -> NDArray[np.int32]: ...  # noqa: D102

    def step_async(  # noqa: D102
        self,
        actions: NDArray[np.integer[Any]],
        resets: Mapping[int, NDArray[np.uint16]] | None = None,
        idle: Sequence[int] = (),
        *,
        checked: bool = False,
    ) -> None: ...

    def step_wait(self) -> None: ...  # noqa: D102

    def add_teams(self, texts: Sequence[str], labels: Sequence[str] | None = None) -> None: ...  # noqa: D102

    def set_teams(self, battle: int, teams: tuple[str, str]) -> None: ...  # noqa: D102

    def battle_log(self, battle: int) -> dict[str, Any]: ...  # noqa: D102

    def packed_teams(self, battle: int) -> tuple[str, str]: ...  # noqa: D102

    def seat_messages(self, rows: NDArray[np.integer[Any]]) -> list[SeatMessages]: ...  # noqa: D102

    def close(self) -> None: ...  # noqa: D102
