"""Atomic file writes, and safe reading of tensors.

Readers of a file see the old one or the new one, never half of it.
"""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import torch

from pokeenv import PokeenvError


def read_safely(content: bytes | memoryview, path: Path, device: str, error: type[PokeenvError]) -> Any:
    """Tensors and plain values from the bytes of `torch.save`; nothing in them can run code.

    Args:
        content: the bytes.
        path: name of the file in messages.
        device: device of the tensors.
        error: class of the exception.

    Raises:
        PokeenvError: of the class `error`: the bytes are something else.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's hints address the authors of files
            return torch.load(io.BytesIO(content), map_location=device, weights_only=True)
    except Exception as fault:  # foreign bytes make torch's reader fail in many ways
        reason = str(fault).strip().partition("\n")[0].partition(". ")[0]
        raise error(
            f"{path}: the content cannot be read safely, pokeenv did not write it: {reason}"
        ) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Replace the content of `path`; a crash leaves the old content or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename must survive a power failure, too
    finally:
        os.close(folder)
