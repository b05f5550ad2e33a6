"""Ctrl-C and SIGTERM as a flag that the training loop reads."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class StopSignal:
    """Remembers the signal that asks for a clean end; a second one ends at once."""

    number = 0

    def requested(self) -> bool:
        """Whether a signal has come."""
        return self.number != 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C and SIGTERM while this lasts."""
        before = {number: signal.signal(number, self._remember) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _remember(self, number: int, frame: object) -> None:
        if self.requested():
            raise KeyboardInterrupt
        self.number = number
