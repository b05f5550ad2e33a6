"""An LSTM over packed sequences of differing lengths, with a gradient made for many short steps.

torch's own gradient multiplies and adds up the weights' gradient step by step. Here each step keeps the
gradient of its gates, and one product over all decisions makes the weights' gradient at the end. No padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class PackedLSTM(torch.autograd.Function):
    """Outputs of an LSTM; see :func:`packed_lstm`."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        counts: Sequence[int],
        h: Tensor,
        c: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor,
        bias_hh: Tensor,
    ) -> Tensor:
        """Run step by step; one product over all decisions gives the inputs' part of the gates."""
        size = weight_hh.shape[1]
        gates = torch.addmm(bias_ih + bias_hh, features, weight_ih.t())  # (M, 4H)
        # (M, H) each; bent is the hyperbolic tangent of the cells.
        outputs, cells, bent = (features.new_empty(len(features), size) for _ in range(3))
        first_h, first_c = h, c
        for now, count in _steps(counts):
            gate = gates[now].addmm_(h[:count], weight_hh.t())
            gate[:, : 2 * size].sigmoid_()
            gate[:, 2 * size : 3 * size].tanh_()
            gate[:, 3 * size :].sigmoid_()
            opened, kept, new, shown = gate.chunk(4, dim=1)
            torch.mul(kept, c[:count], out=cells[now]).addcmul_(opened, new)
            torch.mul(shown, torch.tanh(cells[now], out=bent[now]), out=outputs[now])
            h, c = outputs[now], cells[now]
        ctx.counts = counts
        ctx.save_for_backward(features, gates, outputs, cells, bent, first_h, first_c, weight_ih, weight_hh)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of the gates step by step, last step first; all others from these at once."""
        features, gates, outputs, cells, bent, h, c, weight_ih, weight_hh = ctx.saved_tensors
        grads = torch.empty_like(gates)
        before = torch.empty_like(outputs)  # (M, H) the state that each decision's step began with
        grad_h, grad_c = torch.zeros_like(h), torch.zeros_like(c)
        steps = list(_steps(ctx.counts))
        sigmoid_backward, tanh_backward = torch.ops.aten.sigmoid_backward, torch.ops.aten.tanh_backward
        for k, (now, count) in reversed(list(enumerate(steps))):
            start = steps[k - 1][0].start if k else 0
            previous = slice(start, start + count)
            earlier_h, earlier_c = (outputs[previous], cells[previous]) if k else (h[:count], c[:count])
            before[now] = earlier_h
            opened, kept, new, shown = gates[now].chunk(4, dim=1)
            to_opened, to_kept, to_new, to_shown = grads[now].chunk(4, dim=1)
            to_h, to_c = grad_h[:count].add_(grad_outputs[now]), grad_c[:count]
            to_c += tanh_backward(to_h * shown, bent[now])
            to_opened.copy_(sigmoid_backward(to_c * new, opened))
            to_kept.copy_(sigmoid_backward(to_c * earlier_c, kept))
            to_new.copy_(tanh_backward(to_c * opened, new))
            to_shown.copy_(sigmoid_backward(to_h * bent[now], shown))
            to_c *= kept
            torch.mm(grads[now], weight_hh, out=to_h)
        bias = grads.sum(0)
        to_features = grads @ weight_ih if ctx.needs_input_grad[0] else None
        return to_features, None, grad_h, grad_c, grads.t() @ features, grads.t() @ before, bias, bias


def packed_lstm(
    features: Tensor, counts: Sequence[int], hidden: tuple[Tensor, Tensor], weights: Sequence[Tensor]
) -> Tensor:
    """Outputs of an LSTM for sequences of falling length, packed time step by time step.

    Args:
        features: (M, F), the first decisions of all sequences, then all second ones, and so on.
        counts: (T,) how many sequences are that long.
        hidden: h and c, each (S, H), before the first step.
        weights: those of ``torch.nn.LSTM``: (4H, F), (4H, H), (4H,), (4H,).

    Returns:
        (M, H).
    """
    outputs: Tensor = PackedLSTM.apply(features, counts, *hidden, *weights)  # type: ignore[no-untyped-call]
    return outputs


def _steps(counts: Sequence[int]) -> list[tuple[slice, int]]:
    """Where each time step's rows are, and how many."""
    steps, start = [], 0
    for count in counts:
        steps.append((slice(start, start + count), count))
        start += count
    return steps
