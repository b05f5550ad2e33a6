"""The packed LSTM against torch's own, one sequence at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.networks import LSTMMemory, plan_sequences


@pytest.mark.parametrize("lengths", [[1], [4, 4, 4], [3, 9, 1, 9, 5]])
@pytest.mark.parametrize("with_state", [True, False])
def test_outputs_and_all_gradients_are_those_of_torch(lengths: list[int], with_state: bool) -> None:
    torch.manual_seed(0)
    memory = LSTMMemory(6, 5)
    sizes = np.array(lengths)
    starts = np.cumsum(sizes) - sizes
    features = torch.randn(sum(lengths), 6, requires_grad=True)
    hidden = tuple(torch.randn(1, len(lengths), 5, requires_grad=True) for _ in range(2))
    weights = torch.randn(sum(lengths), 5)
    learnt = [features, *memory.parameters(), *(hidden if with_state else ())]

    packed = memory.evaluate(features, plan_sequences(starts, sizes), hidden if with_state else None)
    found = torch.autograd.grad((packed * weights).sum(), learnt)
    parts = [
        memory.layer(
            features[start : start + size].unsqueeze(1),
            tuple(part[:, i : i + 1] for part in hidden) if with_state else None,
        )[0][:, 0]
        for i, (start, size) in enumerate(zip(starts.tolist(), lengths, strict=True))
    ]
    single = torch.cat(parts)
    torch.testing.assert_close(packed, single, rtol=0, atol=1e-6)
    for one, other in zip(found, torch.autograd.grad((single * weights).sum(), learnt), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_packing_holds_every_decision_once_in_order_of_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 30, int(rng.integers(1, 40)))
    packing = plan_sequences(np.cumsum(lengths) - lengths, lengths).packing
    total = int(lengths.sum())
    assert torch.equal(packing.gather[packing.inverse], torch.arange(total))
    assert sum(packing.counts) == total and len(packing.counts) == lengths.max()
    owner = np.repeat(np.arange(len(lengths)), lengths)
    time = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    start = 0
    for t, count in enumerate(packing.counts):
        here = packing.gather[start : start + count].numpy()
        assert (time[here] == t).all()
        assert owner[here].tolist() == packing.members[:count].tolist()
        start += count
