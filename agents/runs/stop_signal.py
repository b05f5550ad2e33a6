"""Ctrl-C and SIGTERM as a flag that the training loop reads."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class StopSignal:
    """Remembers a request to stop; the second request raises `KeyboardInterrupt`.

    Attributes:
        number: number of the first signal received; 0 for none.
    """

    number = 0

    def requested(self) -> bool:
        """Return True once a signal has been received."""
        return self.number != 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle Ctrl-C and SIGTERM inside this block."""
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
