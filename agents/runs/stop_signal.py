"""Ctrl-C and SIGTERM as a flag that the training loop reads."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def notice_of_update(update: int) -> str:
    """The acknowledgement of a signal while a run works on an update."""
    return (
        f"stopping: update {update} is dropped, the run is saved; press Ctrl-C again to stop without saving"
    )


class StopSignal:
    """Remembers a request to stop and acknowledges it at once; the second request raises `KeyboardInterrupt`.

    Attributes:
        number: number of the first signal received; 0 for none.
        notice: the acknowledgement: what happens next.
    """

    number = 0
    notice = "stopping"

    def requested(self) -> bool:
        """Return True once a signal has been received."""
        return self.number != 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle Ctrl-C and SIGTERM inside this block."""
        reader, writer = socket.socketpair()
        writer.setblocking(False)
        before = {number: signal.signal(number, self._remember) for number in (signal.SIGINT, signal.SIGTERM)}
        wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        thread = threading.Thread(target=self._acknowledge, args=(reader,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            writer.close()
            thread.join()
            reader.close()

    def _remember(self, number: int, frame: object) -> None:
        if self.requested():
            raise KeyboardInterrupt
        self.number = number

    def _acknowledge(self, signals: socket.socket) -> None:
        """Print the notice for the first signal.

        Python runs the handler only when the main thread returns from PyTorch, which may take many seconds;
        this thread gets the signal's number at once.
        """
        while received := signals.recv(1):
            if received[0] in (signal.SIGINT, signal.SIGTERM):
                os.write(2, f"\n{self.notice}\n".encode())
                return
