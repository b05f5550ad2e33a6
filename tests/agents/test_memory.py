"""Memories: their reach, their state, and acting compared with the update."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from agents.agent import RLAgent
from agents.algorithms import SequencePPOAlgorithm
from agents.episodes.episode_batch import EpisodeBatch
from agents.networks import (
    ActorCritic,
    AttentionMemory,
    GRUMemory,
    LSTMMemory,
    Memory,
    plan_sequences,
    split_segments,
)
from agents.registry import MEMORIES, load
from tests.support.reference import LENGTHS, SPECS, build, parameters_of, play, scale_heads

WIDTH, SIZE, CONTEXT = 5, 8, 6
SETTINGS = SPECS["lstm"].model_copy(update={"lstm_hidden_size": SIZE, "context_length": CONTEXT})


def make_memory(kind: str) -> Memory:
    """A small memory with weights far from special values."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        memory: Memory = load(MEMORIES[kind])(WIDTH, SETTINGS)
        for parameter in memory.parameters():
            nn.init.normal_(parameter, std=0.5)
        return memory


def features(time: int, batch: int = 1, seed: int = 0) -> Tensor:
    """Random features (T, B, F)."""
    return torch.randn(time, batch, WIDTH, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", MEMORIES)
def test_a_changed_decision_changes_nothing_before_it_and_no_other_sequence(kind: str) -> None:
    memory = make_memory(kind)
    inputs = features(20, 3)
    changed = inputs.clone()
    changed[11, 1] += 1.0
    before, after = memory(inputs, None)[0], memory(changed, None)[0]
    differs = (before - after).abs().amax(2) > 1e-6  # (T, B)
    assert not differs[:, [0, 2]].any()
    assert not differs[:11, 1].any()
    assert differs[11:15, 1].all()


@pytest.mark.parametrize("kind", MEMORIES)
def test_step_by_step_equals_the_full_pass_at_any_cut(kind: str) -> None:
    memory = make_memory(kind)
    inputs = features(20, 3)
    outputs, end = memory(inputs, None)
    for cut in (0, 1, CONTEXT - 1, CONTEXT, 13):
        _, hidden = memory(inputs[:cut], None) if cut else (None, memory.initial_state(3))
        rest, rest_end = memory(inputs[cut:], hidden)
        torch.testing.assert_close(rest, outputs[cut:], rtol=0, atol=1e-5)
        for t in range(cut, 20):
            output, hidden = memory.step(inputs[t], hidden)
            torch.testing.assert_close(output, outputs[t], rtol=0, atol=1e-5)
        for part, other, expected in zip(hidden, rest_end, end, strict=True):
            torch.testing.assert_close(part, expected, rtol=0, atol=1e-5)
            torch.testing.assert_close(other, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", MEMORIES)
@pytest.mark.parametrize("start", [0, 3, 9])
def test_padding_is_invisible_and_the_state_is_that_of_the_own_end(kind: str, start: int) -> None:
    memory = make_memory(kind)
    lengths = [20, 1, 7, 13]
    hidden = memory(features(start, 4, seed=1), None)[1] if start else None
    inputs = features(20, 4)
    outputs, end = memory(inputs, hidden, torch.tensor(lengths))
    for b, length in enumerate(lengths):
        own = None if hidden is None else tuple(part[:, b : b + 1] for part in hidden)
        alone, alone_end = memory(inputs[:length, b : b + 1], own)
        torch.testing.assert_close(outputs[:length, b : b + 1], alone, rtol=0, atol=1e-5)
        for part, expected in zip(end, alone_end, strict=True):
            torch.testing.assert_close(part[:, b : b + 1], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", MEMORIES)
def test_the_zero_state_is_the_start_of_an_episode(kind: str) -> None:
    memory = make_memory(kind)
    _, hidden = memory(features(9, 2, seed=1), None)
    hidden = tuple(part.detach().index_fill(1, torch.tensor([1]), 0.0) for part in hidden)
    inputs = features(9, 2)
    outputs, fresh = memory(inputs, hidden)[0], memory(inputs, None)[0]
    torch.testing.assert_close(outputs[:, 1], fresh[:, 1], rtol=0, atol=1e-6)
    assert float((outputs[:, 0] - fresh[:, 0]).detach().abs().max()) > 1e-3


def test_attention_sees_its_context_and_nothing_before_it() -> None:
    memory = make_memory("attention")
    inputs = features(20).requires_grad_()
    outputs, _ = memory(inputs, None)
    for t in range(20):
        (grad,) = torch.autograd.grad(outputs[t].square().sum(), inputs, retain_graph=True)
        seen = torch.nonzero(grad.abs().sum((1, 2))).flatten().tolist()
        assert seen == list(range(max(0, t - CONTEXT + 1), t + 1))


def test_attention_state_does_not_grow() -> None:
    memory = make_memory("attention")
    hidden = memory.initial_state(2)
    shapes = [part.shape for part in hidden]
    for t in range(3 * CONTEXT):
        _, hidden = memory.step(features(1, 2, seed=t)[0], hidden)
        assert [part.shape for part in hidden] == shapes
    assert max(part[0, 0].numel() for part in hidden) == (CONTEXT - 1) * SIZE
    assert hidden[-1].flatten().tolist() == [3 * CONTEXT] * 2


@pytest.mark.parametrize("lengths", [None, torch.tensor([301])])
def test_attention_counts_decisions_exactly_where_features_are_bf16(lengths: Tensor | None) -> None:
    memory = make_memory("attention")
    with torch.autocast("cpu", torch.bfloat16):
        _, hidden = memory(features(301).bfloat16(), None, lengths)
        _, hidden = memory.step(features(1)[0].bfloat16(), hidden)
    assert hidden[-1].item() == 302


def test_attention_equals_its_definition() -> None:
    memory = make_memory("attention")
    assert isinstance(memory, AttentionMemory)
    inputs, block = features(15), memory.block
    tokens = memory.enter(inputs[:, 0])
    query, key, value = (
        part.view(15, 2, -1) for part in block.query_key_value(block.norm_attention(tokens)).chunk(3, 1)
    )
    mixed = []
    for t in range(15):
        window = range(max(0, t - CONTEXT + 1), t + 1)
        heads = []
        for head in range(2):
            products = [query[t, head] @ key[s, head] / 2.0 + memory.nearness[head, t - s] for s in window]
            weights = torch.softmax(torch.stack(products), 0)
            heads.append(sum(w * value[s, head] for w, s in zip(weights, window, strict=True)))
        mixed.append(torch.stack(heads))  # (heads, H / heads)
    expected = memory.norm(block.finish(tokens[None], torch.stack(mixed).transpose(0, 1)[None]))[0]
    torch.testing.assert_close(memory(inputs, None)[0][:, 0], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("memory_class", "layer_class"), [(LSTMMemory, nn.LSTM), (GRUMemory, nn.GRU)])
def test_cells_equal_torchs_layers(
    memory_class: type[LSTMMemory | GRUMemory], layer_class: type[nn.LSTM | nn.GRU]
) -> None:
    memory, layer = memory_class(WIDTH, SETTINGS), layer_class(WIDTH, SIZE)
    layer.load_state_dict(memory.layer.state_dict())
    inputs, hidden = features(12, 3), memory.initial_state(3)
    expected, _ = layer(inputs)
    for t in range(12):
        output, hidden = memory.step(inputs[t], hidden)
        torch.testing.assert_close(output, expected[t], rtol=0, atol=1e-6)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("kind", ["lstm", "attention_lstm", "entity_lstm"])
def test_acting_gives_the_log_probs_and_values_of_the_update(kind: str, memory: str, shared: bool) -> None:
    policy_net, value_net = build(kind, memory=memory, shared=shared, context_length=CONTEXT)
    scale_heads(policy_net)
    optimizer = torch.optim.SGD(parameters_of(policy_net, value_net), lr=0.0)
    agent = RLAgent(policy_net, value_net, optimizer, SequencePPOAlgorithm(epochs=1))
    batch = EpisodeBatch.from_episodes(play(agent, LENGTHS, np.random.default_rng(0)), 0.98, 0.9)
    plan = plan_sequences(*split_segments(batch.episode_lengths.numpy(), 0)[:2])
    values = ActorCritic(policy_net, value_net).evaluate(batch.observations, plan).values
    assert values is not None
    torch.testing.assert_close(values.detach(), batch.values, rtol=0, atol=1e-5)
    for bptt_length in (0, 10):
        algorithm = SequencePPOAlgorithm(bptt_length, epochs=1)
        algorithm.update((policy_net, value_net), optimizer, batch)
        assert algorithm.metrics["max_abs_log_ratio_first"] < 1e-5
