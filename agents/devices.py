"""Devices by name: refused before any work where they are not there, or known to learn wrongly."""

from __future__ import annotations

import torch

from agents.errors import ConfigError


def available_devices() -> list[str]:
    """Names of the devices of this machine."""
    cuda = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return ["cpu", *(cuda if torch.cuda.is_available() else []), *(["mps"] if _has_mps() else [])]


def _has_mps() -> bool:
    return torch.backends.mps.is_available()


def pick_device(name: str, *, memory: str | None = None, force: bool = False) -> torch.device:
    """The device a name stands for.

    Args:
        name: `auto` (the first GPU of CUDA, else the CPU), `cpu`, `cuda`, `cuda:N` or `mps`.
        memory: kind of memory of the networks that are to learn there; None: none, or they only play.
        force: take `mps` for any memory.

    Raises:
        ConfigError: it is not there or does not work; or it is `mps`, where torch has computed wrong
            gradients of an LSTM and NaN in a GRU (pytorch/pytorch#92615, #94691), and `force` is not set.
    """
    there = available_devices()
    asked = name
    if name == "auto":
        name = "cuda" if "cuda:0" in there else "cpu"
    if name == "cuda":
        name = "cuda:0"
    if name not in there:
        raise ConfigError(
            f"device: {asked!r} is not on this machine; there are: {', '.join(there)} (or auto)"
        )
    if name == "mps" and memory in ("lstm", "gru") and not force:
        raise ConfigError(
            f"device: mps does not go with network.memory: {memory}, whose gradients torch may get wrong "
            f"there; use device: cpu, network.memory: attention, or insist with force_device: true"
        )
    device = torch.device(name)
    try:
        torch.zeros(1, device=device)
    except RuntimeError as error:
        raise ConfigError(f"device: {asked!r} does not work: {str(error).splitlines()[0]}") from None
    return device
