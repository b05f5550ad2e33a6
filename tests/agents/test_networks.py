"""Networks: shapes, acting compared with updates, and the inputs of the encoders."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from agents.config import NetworkSettings
from agents.networks import ActorCritic, LSTMMemory, Network, Trunk, build_networks
from agents.networks.encoders.block_linear import BlockLinear
from agents.networks.encoders.blocks import move_columns, move_starts, pokemon_columns, pokemon_starts
from agents.networks.encoders.embedding_bag import EmbeddingBags
from agents.networks.encoders.flat import FlatEncoder
from agents.networks.heads import PointerHead
from pokeenv import LAYOUT, SINGLES, VOCABULARY
from tests.support.reference import (
    FEED_FORWARD,
    RECURRENT,
    SPECS,
    build,
    parameters_of,
    random_observations,
    scale_heads,
)


def evaluated(policy_net: Network, value_net: Network, obs: Tensor) -> tuple[Tensor, Tensor | None]:
    """Logits and values as an update makes them."""
    outputs = ActorCritic(policy_net, value_net).evaluate(obs)
    return outputs.logits, outputs.values


def observations(*shape: int, seed: int = 0) -> Tensor:
    """Random observations (*shape, D)."""
    flat = random_observations(int(np.prod(shape)), np.random.default_rng(seed))
    return torch.from_numpy(flat.reshape(*shape, -1))


@pytest.mark.parametrize("kind", SPECS)
def test_logits_and_values_have_the_promised_shapes(kind: str) -> None:
    policy_net, value_net = build(kind)
    obs = observations(5, 3)
    logits, _ = policy_net(obs, policy_net.initial_state(3))
    values, _ = value_net(obs, None)
    assert logits.shape == (5, 3, SINGLES.num_actions)
    assert values.shape == (5, 3)
    assert policy_net.recurrent == value_net.recurrent == (kind in (*RECURRENT, "shared"))


@pytest.mark.parametrize("kind", SPECS)
def test_single_steps_equal_the_padded_pass(kind: str) -> None:
    networks = build(kind, seed=1)
    scale_heads(networks[0])
    for network in networks:
        obs = observations(12, 4)
        outputs, end = network(obs, None)
        hidden = network.initial_state(4)
        for t in range(12):
            output, hidden = network.step(obs[t], hidden)
            torch.testing.assert_close(output, outputs[t], rtol=0, atol=1e-5)
        for after, expected in zip(hidden, end, strict=True):
            torch.testing.assert_close(after, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", RECURRENT)
def test_with_lengths_the_state_is_that_of_each_sequences_own_end(kind: str) -> None:
    policy_net, _ = build(kind, seed=2)
    obs, lengths = observations(9, 3), [9, 2, 5]
    outputs, end = policy_net(obs, None, lengths=torch.tensor(lengths))
    for b, length in enumerate(lengths):
        alone, alone_end = policy_net(obs[:length, b : b + 1], None)
        torch.testing.assert_close(outputs[:length, b : b + 1], alone, rtol=0, atol=1e-5)
        for part, expected in zip(end, alone_end, strict=True):
            torch.testing.assert_close(part[:, b], expected[:, 0], rtol=0, atol=1e-5)


def test_same_seed_same_weights_and_the_global_random_state_stays() -> None:
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first, second = (build("lstm", seed=7)[0].state_dict() for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = build("lstm", seed=8)[0].state_dict()
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_unknown_type_or_memory_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match="'transformer' is not one of basic, lstm, attention, entity, candidate"
    ):
        NetworkSettings(type="transformer")
    with pytest.raises(ValueError, match="'rnn' is not one of lstm, gru, attention"):
        NetworkSettings(memory="rnn")
    with pytest.raises(ValueError, match="width 10, 4 heads"):
        build_networks(NetworkSettings(memory="attention", lstm_hidden_size=10), SINGLES, seed=0)


@pytest.mark.parametrize("kind", SPECS)
def test_the_first_policy_is_nearly_uniform(kind: str) -> None:
    policy_net, _ = build(kind)
    probabilities = policy_net(observations(1, 64), None)[0].detach().softmax(-1)
    assert float((probabilities - 1 / SINGLES.num_actions).abs().max()) < 0.02


@pytest.mark.parametrize("kind", SPECS)
def test_every_field_of_the_active_pokemon_and_every_weight_matters(kind: str) -> None:
    policy_net, _ = build(kind)
    scale_heads(policy_net)
    # Two steps, so that recurrent weights have something to work on.
    logits, _ = policy_net(observations(2, 64), None)
    (logits * torch.randn(logits.shape, generator=torch.Generator().manual_seed(0))).sum().backward()
    dead = [n for n, p in policy_net.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert dead == []
    obs = observations(1, 1)
    active = LAYOUT.pokemon_offset("own", 2)
    for slot in range(6):
        obs[..., LAYOUT.offsets[f"own.{slot}.active"]] = float(slot == 2)
    base = policy_net(obs, None)[0]
    for offset in range(active + 1, active + LAYOUT.pokemon_size):
        changed = obs.clone()
        changed[..., offset] = 1.0 - changed[..., offset].clamp(max=1.0)
        if offset == LAYOUT.offsets["own.2.active"] or bool((changed == obs).all()):
            continue
        assert not torch.equal(policy_net(changed, None)[0], base), LAYOUT.fields[offset].name


@pytest.mark.parametrize("kind", ["basic", "lstm"])
def test_the_flat_encoder_shows_the_active_pokemon_at_fixed_places(kind: str) -> None:
    policy_net, _ = build(kind)
    encoder = policy_net.trunk.encoder
    assert isinstance(encoder, FlatEncoder)
    obs = observations(1)
    block = obs[0, LAYOUT.pokemon_offset("own", 0) :][: LAYOUT.pokemon_size].clone()
    block[1] = 1.0
    for slot in (0, 4):
        moved = obs.clone()
        for other in range(6):
            moved[0, LAYOUT.offsets[f"own.{other}.active"]] = 0.0
        start = LAYOUT.pokemon_offset("own", slot)
        moved[0, start : start + LAYOUT.pokemon_size] = block
        for seen, expected in zip(encoder.read(moved).active, encoder.active.read(block[None]), strict=True):
            assert torch.equal(seen[0], expected[0])
    for side in ("own", "opposing"):
        for slot in range(6):
            obs[0, LAYOUT.offsets[f"{side}.{slot}.active"]] = 0.0
    nobody = encoder.active.read(torch.zeros(1, LAYOUT.pokemon_size))
    for seen, expected in zip(encoder.read(obs).active, nobody, strict=True):
        assert torch.equal(seen, expected.expand(2, -1))


def test_pointer_logits_are_in_the_order_of_the_actions() -> None:
    head = PointerHead(4, 3, SINGLES)
    with torch.no_grad():
        head.keys.weight.copy_(torch.eye(3))
        head.queries.weight.zero_()
        # Query q looks at axis 0 with strength 10 ** q, so that each logit shows its query and its token.
        head.queries.bias.copy_(torch.tensor([[10.0**q, 0, 0] for q in range(6)]).flatten())
        tokens = torch.zeros(1, 10, 3)
        tokens[0, :, 0] = torch.arange(1.0, 11.0)
        logits = head(torch.zeros(1, 4), tokens)[0] * 3**0.5
    expected = [slot + 1.0 for slot in range(6)]
    expected += [10.0 ** (1 + gimmick) * (7 + move) for gimmick in range(5) for move in range(4)]
    torch.testing.assert_close(logits, torch.tensor(expected))


@pytest.mark.parametrize("kind", ["entity", "candidate"])
def test_logits_follow_their_pokemon_and_moves(kind: str) -> None:
    policy_net, _ = build(kind)
    scale_heads(policy_net)
    obs = observations(1)
    starts = [LAYOUT.pokemon_offset("own", slot) for slot in range(6)]
    for slot, start in enumerate(starts):
        obs[0, start + 1] = float(slot == 0)
    swapped = obs.clone()  # own slots 2 and 5
    size = LAYOUT.pokemon_size
    swapped[0, starts[2] : starts[2] + size] = obs[0, starts[5] : starts[5] + size]
    swapped[0, starts[5] : starts[5] + size] = obs[0, starts[2] : starts[2] + size]
    before, after = (policy_net.evaluate(each)[0].detach() for each in (obs, swapped))
    order = torch.arange(SINGLES.num_actions)
    order[[2, 5]] = order[[5, 2]]
    torch.testing.assert_close(after, before[order], rtol=0, atol=1e-4)
    assert abs(float(before[2] - before[5])) > 1e-3


@pytest.mark.parametrize("kind", FEED_FORWARD)
def test_feed_forward_networks_have_no_state(kind: str) -> None:
    policy_net, _ = build(kind)
    assert policy_net.initial_state(4) == ()
    assert policy_net(observations(2, 4), None)[1] == ()


def test_any_encoder_and_head_make_a_network() -> None:
    network = Network(Trunk(nn.Linear(5, 8), LSTMMemory(8, SPECS["lstm"])), nn.Linear(12, 3))
    outputs, hidden = network(torch.zeros(4, 2, 5))
    assert outputs.shape == (4, 2, 3)
    assert hidden[0].shape == (1, 2, 12)


def shared_pair(kind: str, seed: int = 0) -> tuple[Network, Network]:
    """Both networks on one trunk."""
    return build(kind, seed=seed, shared=True)


@pytest.mark.parametrize("kind", SPECS)
def test_a_shared_trunk_is_one_object_and_runs_once(kind: str) -> None:
    policy_net, value_net = shared_pair(kind)
    assert policy_net.trunk is value_net.trunk
    passes: list[int] = []
    policy_net.trunk.encoder.register_forward_hook(lambda *_: passes.append(1))
    obs = observations(6)
    logits, values = evaluated(policy_net, value_net, obs)
    assert len(passes) == 1
    networks = ActorCritic(policy_net, value_net)
    networks.step(obs, networks.initial_state(6))
    assert len(passes) == 2
    assert values is not None
    torch.testing.assert_close(logits, policy_net.evaluate(obs), rtol=0, atol=0)
    torch.testing.assert_close(values, value_net.evaluate(obs), rtol=0, atol=0)


@pytest.mark.parametrize("kind", SPECS)
def test_gradients_of_a_shared_trunk_are_the_sum_of_both_heads_gradients(kind: str) -> None:
    policy_net, value_net = shared_pair(kind)
    scale_heads(policy_net)
    obs = observations(6)
    parameters = list(policy_net.trunk.parameters())

    def gradient(loss: Tensor) -> list[Tensor]:
        found = torch.autograd.grad(loss, parameters, allow_unused=True, retain_graph=True)
        return [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]

    logits, values = evaluated(policy_net, value_net, obs)
    assert values is not None
    together = gradient(logits.square().mean() + values.square().mean())
    of_policy = gradient(policy_net.evaluate(obs).square().mean())
    of_value = gradient(value_net.evaluate(obs).square().mean())
    for both, one, other in zip(together, of_policy, of_value, strict=True):
        torch.testing.assert_close(both, one + other, rtol=1e-5, atol=1e-6)
    assert all(any(g.abs().max() > 0 for g in part) for part in (of_policy, of_value))


def test_parameters_of_a_pair_are_given_once_each() -> None:
    for networks in (shared_pair("lstm"), build("lstm")):
        parameters = parameters_of(*networks)
        assert len(parameters) == len({id(parameter) for parameter in parameters})
        assert {id(p) for p in parameters} == {id(p) for net in networks for p in net.parameters()}


@pytest.mark.parametrize("kind", [kind for kind, spec in SPECS.items() if not spec.shared])
def test_separate_networks_read_an_observation_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    policy_net, value_net = build(kind)
    obs = observations(6)
    expected = policy_net.evaluate(obs), value_net.evaluate(obs)
    encoder_class, reads = type(policy_net.trunk.encoder), []
    read = encoder_class.read
    monkeypatch.setattr(encoder_class, "read", lambda self, obs: reads.append(1) or read(self, obs))
    outputs = evaluated(policy_net, value_net, obs)
    networks = ActorCritic(policy_net, value_net)
    networks.step(obs, networks.initial_state(6))
    assert len(reads) == 2
    for output, alone in zip(outputs, expected, strict=True):
        torch.testing.assert_close(output, alone, rtol=0, atol=0)


def test_a_linear_layer_over_blocks_equals_its_definition() -> None:
    columns = pokemon_columns(moves=False)
    starts = pokemon_starts()
    layer = BlockLinear(columns, starts, embedding_size=3, out_size=5, extra_size=2)
    obs = observations(4)
    extra = torch.randn(4 * len(starts), 2, generator=torch.Generator().manual_seed(0))
    outputs = layer(layer.read(obs), extra)
    first_rows: dict[str, int] = {}
    rows = 0
    for _, vocabulary in columns:
        if vocabulary is not None and vocabulary not in first_rows:
            first_rows[vocabulary], rows = rows, rows + len(VOCABULARY[vocabulary])
    for i in (0, 7, 4 * len(starts) - 1):
        block = obs[i // len(starts), starts[i % len(starts)] :]
        numbers = [block[offset] for offset, vocabulary in columns if vocabulary is None]
        embeddings = [
            layer.table.weight[first_rows[vocabulary] + int(block[offset])]
            for offset, vocabulary in columns
            if vocabulary is not None
        ]
        expected = layer.linear(torch.cat([torch.stack(numbers), *embeddings, extra[i]]))
        torch.testing.assert_close(outputs[i], expected, rtol=0, atol=1e-5)


def test_multiplying_embeddings_once_changes_neither_outputs_nor_gradients() -> None:
    layer = BlockLinear(move_columns(), move_starts(), embedding_size=3, out_size=5)
    obs = observations(50)  # 2,400 moves
    assert isinstance(layer.read(obs).ids, EmbeddingBags)
    assert not isinstance(layer.read(obs[:10]).ids, EmbeddingBags)
    weights = torch.randn(50, 48, 5, generator=torch.Generator().manual_seed(0))
    outputs, grads = [], []
    for parts in ((obs,), obs.split(10)):
        layer.zero_grad()
        found = torch.cat([layer(layer.read(part)) for part in parts])
        (found.view(50, 48, 5) * weights).sum().backward()
        outputs.append(found.detach())
        grads.append([parameter.grad for parameter in layer.parameters()])
    torch.testing.assert_close(outputs[0], outputs[1], rtol=0, atol=1e-5)
    torch.testing.assert_close(grads[0], grads[1], rtol=1e-4, atol=1e-4)
