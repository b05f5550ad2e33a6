"""Devices by name, checked before any work; and bf16 where the hardware supports it."""

from __future__ import annotations

import torch

from agents.config.learning import Precision
from agents.errors import ConfigError


def available_devices() -> list[str]:
    """Names of the devices of this machine."""
    cuda = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return ["cpu", *(cuda if torch.cuda.is_available() else []), *(["mps"] if _has_mps() else [])]


def _has_mps() -> bool:
    return torch.backends.mps.is_available()


def pick_device(name: str, *, memory: str | None = None, force: bool = False) -> torch.device:
    """The device of a name.

    Args:
        name: `auto` (the first GPU of CUDA, else the CPU), `cpu`, `cuda`, `cuda:N` or `mps`.
        memory: kind of memory of the networks that learn there; None: none, or the networks only play.
        force: allow `mps` for any memory.

    Raises:
        ConfigError: the device is missing or does not work; or it is `mps`, on which torch has computed wrong
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
            f"device: mps is not safe with network.memory: {memory}, because torch may compute wrong "
            f"gradients there; use device: cpu, network.memory: attention, or insist with force_device: true"
        )
    device = torch.device(name)
    try:
        torch.zeros(1, device=device)
    except RuntimeError as error:
        raise ConfigError(f"device: {asked!r} does not work: {str(error).splitlines()[0]}") from None
    return device


def has_bf16(device: torch.device) -> bool:
    """True if the hardware multiplies bf16 matrices: AMX or AVX512-BF16 on a CPU, or a GPU that can."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # torch.cpu has no public name for these checks.
    checks = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("amx_tile", "avx512_bf16"))
    return device.type == "cpu" and any(check is not None and check() for check in checks)


def autocast(precision: Precision, device: torch.device) -> torch.autocast:
    """A context in which networks run in bf16, or one that changes nothing. Losses stay in float32.

    Args:
        precision: `fp32`, `bf16`, or `auto`: bf16 if `has_bf16`.
        device: device of the networks.
    """
    enabled = precision == "bf16" or (precision == "auto" and has_bf16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)
