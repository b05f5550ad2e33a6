"""bf16 where the machine computes in it: networks run in bf16, losses and masks stay in float32."""

from __future__ import annotations

import torch

PRECISIONS = ("auto", "fp32", "bf16")


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bf16 matrices by itself: AMX or AVX512-BF16, or a GPU that can."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # torch.cpu has no public name for it.
    checks = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("amx_tile", "avx512_bf16"))
    return device.type == "cpu" and any(check is not None and check() for check in checks)


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """A context in which networks run in bf16, or one that changes nothing.

    Args:
        precision: `fp32`, `bf16`, or `auto`: bf16 where `has_bf16`.
        device: where the networks live.
    """
    enabled = precision == "bf16" or (precision == "auto" and has_bf16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)
