"""Agents in doubles: networks over four active Pokémon, pointers at moves with their targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from agents.agent import RLAgent
from agents.config import NetworkSettings
from agents.config.loading import load_config
from agents.errors import ConfigError
from agents.estimates.doubles_board import PLACES
from agents.networks import ActorCritic, build_networks
from agents.networks.encoders.blocks import Blocks, take_active
from agents.networks.encoders.candidate import CandidateEncoder
from agents.networks.heads import PointerHead
from agents.players.scripted.max_damage import MaxDamageAgent
from agents.registry import ENCODERS
from pokeenv import (
    DOUBLES,
    DOUBLES_LAYOUT,
    BattleEnv,
    BattleVectorEnv,
    ObservationKind,
    SelfPlayVectorEnv,
    make_layout,
    natural,
    write_natural,
)
from tests.support.play import play_battles

FORMAT = "gen9randomdoublesbattle"
KINDS = ["basic", "lstm", "attention", "entity", "candidate"]
CONFIG = Path(__file__).parents[2] / "config" / "train_config_doubles.yml"


def agent_of(kind: str, observation: ObservationKind = "base") -> RLAgent:
    settings = NetworkSettings(
        type=kind, hidden_size=32, lstm_hidden_size=32, use_lstm=kind == "lstm", observation=observation
    )
    return RLAgent(*build_networks(settings, DOUBLES, seed=0), None, None)


@pytest.mark.parametrize(
    ("kind", "observation"), [*((kind, "base") for kind in KINDS), ("basic", "damage"), ("entity", "damage")]
)
def test_networks_play_doubles_and_an_update_evaluates_as_they_acted(
    kind: str, observation: ObservationKind
) -> None:
    agent = agent_of(kind, observation)
    seen, logs = [], []
    with SelfPlayVectorEnv(FORMAT, 2, observation=observation) as env:
        obs, _ = env.reset(seed=1)
        agent.begin(4, seed=0)
        for _ in range(12):
            rows = np.flatnonzero(env.acting)
            decision = agent.act(obs["observation"][rows], obs["action_mask"][rows], rows)
            assert decision.log_probs is not None
            actions = np.full(4, -1)
            actions[rows] = decision.actions
            if 0 in rows:
                seen.append((obs["observation"][0].copy(), obs["action_mask"][0].copy(), actions[0]))
                logs.append(decision.log_probs[rows.tolist().index(0)])
            obs, *_ = env.step(actions)
    observations = torch.from_numpy(np.stack([each[0] for each in seen]))
    with torch.no_grad():
        logits, _ = agent.policy_net(observations.unsqueeze(1))
    masks = torch.from_numpy(np.stack([each[1] for each in seen])) != 0
    log_probs = logits.squeeze(1).masked_fill(~masks, -torch.inf).log_softmax(-1)
    chosen = log_probs[torch.arange(len(seen)), torch.tensor([each[2] for each in seen])]
    np.testing.assert_allclose(chosen.numpy(), logs, atol=1e-5)


def test_the_deciding_pokemon_comes_first() -> None:
    start = DOUBLES_LAYOUT.pokemon_offset("own", 0)
    species = DOUBLES_LAYOUT.offsets["own.0.species"] - start
    swapped = 0
    for obs, acting, _ in play_battles(FORMAT, num_battles=4, steps=20, seed=1):
        rows = np.flatnonzero(acting)
        observations = obs["observation"][rows]
        blocks = Blocks(torch.from_numpy(observations.copy()), DOUBLES_LAYOUT)
        active = take_active(blocks.pokemon, *blocks.active_slots())[:, :, species].numpy()
        ids = natural(observations, "own.*.species", DOUBLES_LAYOUT)
        for side, places in (("left", (0, 1)), ("right", (1, 0))):
            here = natural(observations, f"own.*.{side}", DOUBLES_LAYOUT)
            expected = (ids * here).sum(axis=1)
            right = natural(observations, "field.deciding_right", DOUBLES_LAYOUT)
            np.testing.assert_array_equal(
                active[np.arange(len(rows)), np.where(right, *places[::-1])], expected
            )
            swapped += int(right.sum())
    assert swapped > 20


def test_each_action_points_at_its_own_token() -> None:
    torch.manual_seed(0)
    head = PointerHead(4, 3, DOUBLES)
    torch.nn.init.normal_(head.queries.weight)
    tokens = torch.randn(1, 27, 3, requires_grad=True)
    logits = head(torch.randn(1, 4), tokens)
    assert logits.shape == (1, 107)
    for number, action in enumerate(DOUBLES.actions):
        (gradient,) = torch.autograd.grad(logits[0, number], tokens, retain_graph=True)
        token = {"pass": 26, "switch": action.slot, "move": 6 + 5 * action.slot + action.target + 2}
        assert gradient[0].abs().sum(1).nonzero().flatten().tolist() == [token[action.kind]]


def test_the_damage_of_a_move_reaches_the_logits_of_the_deciding_pokemon_through_its_token() -> None:
    layout = make_layout("damage", 2)
    policy_net = agent_of("entity", "damage").policy_net
    with torch.no_grad():
        policy_net.trunk.encoder.layers[0].weight.zero_()  # the features are constant then
        policy_net.trunk.encoder.layers[0].bias.fill_(1.0)
        torch.nn.init.normal_(policy_net.head.queries.weight)
    rng = np.random.default_rng(0)
    obs = torch.from_numpy(rng.random((1, 8, layout.size), dtype=np.float32))
    for field in layout.fields:
        if field.kind != "scalar":
            obs[..., field.offset] = 1.0
    moves = DOUBLES.moves.reshape(5, 4, 5)
    for deciding in (0.0, 1.0):
        obs[..., layout.offsets["field.deciding_right"]] = deciding
        for place, others in (("left", 1.0), ("right", 0.0)):
            for move in range(4):
                changed = obs.clone()
                for target in ("opposing_left", "opposing_right", "ally"):
                    changed[..., layout.offsets[f"damage.own_{place}_move.{move}.{target}.expected"]] += 1.0
                differs = (policy_net(obs)[0] != policy_net(changed)[0]).any(0).any(0)  # (107,)
                expected = [] if deciding == others else sorted(moves[:, move].flatten().tolist())
                assert torch.nonzero(differs).flatten().tolist() == expected


class OfSingles(CandidateEncoder):
    """An encoder that does not read doubles."""

    doubles = False


def test_a_network_that_reads_singles_only_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENCODERS, "single", f"{__name__}:OfSingles")
    with pytest.raises(ConfigError, match="'single' reads singles only; for doubles use basic, lstm"):
        build_networks(NetworkSettings(type="single"), DOUBLES, seed=0)


def test_agents_of_singles_and_of_doubles_do_not_mix() -> None:
    with pytest.raises(ValueError, match="plays doubles, and this is a battle of singles"):
        BattleEnv("gen9randombattle", opponent=agent_of("entity"))


def test_the_configuration_of_doubles_makes_its_networks() -> None:
    config = load_config(CONFIG)
    networks = ActorCritic(*build_networks(config.network, DOUBLES, seed=0))
    assert config.battle_format == FORMAT and networks.shared


def test_max_wins_in_doubles() -> None:
    agent = MaxDamageAgent()
    won = 0
    with BattleVectorEnv(FORMAT, 16, opponent="random") as env:
        obs, _ = env.reset(seed=1)
        done = np.zeros(16, dtype=bool)
        while not done.all():
            masks = np.where(obs["action_mask"].any(axis=1, keepdims=True), obs["action_mask"], 1)
            actions = agent.act(obs["observation"], masks, np.arange(16)).actions
            obs, rewards, terminated, truncated, _ = env.step(actions)
            ended = (terminated | truncated) & ~done
            won += int((rewards[ended] > 0).sum())
            done |= ended
    assert won >= 14


def test_max_aims_no_attack_at_its_ally_and_spares_it_from_spread_moves() -> None:
    obs = np.zeros((1, DOUBLES_LAYOUT.size), dtype=np.float32)

    def write(name: str, value: float | str) -> None:
        write_natural(obs[0], name, value, DOUBLES_LAYOUT)

    write("field.generation", 9)
    write("field.deciding_left", 1)
    for side, slot, place in (
        ("own", 0, "left"),
        ("own", 1, "right"),
        ("opposing", 0, "left"),
        ("opposing", 1, "right"),
    ):
        for name in ("known", "active", place):
            write(f"{side}.{slot}.{name}", 1)
        for stat in ("hp", "atk", "def", "spa", "spd", "spe"):
            write(f"{side}.{slot}.base_{stat}", 80)
        write(f"{side}.{slot}.level", 80)
        write(f"{side}.{slot}.hp", 1)
        write(f"{side}.{slot}.type_1", "fire" if side == "own" else "normal")
    for move, (name, aims_at, power) in enumerate((("earthquake", "spread", 100), ("crunch", "aimed", 80))):
        start = f"own.0.move.{move}"
        write(f"{start}.known", 1)
        write(f"{start}.usable", 1)
        write(f"{start}.physical", 1)
        write(f"{start}.accuracy", 1)
        write(f"{start}.id", name)
        write(f"{start}.type", "ground" if move == 0 else "dark")
        write(f"{start}.power", power)
        write(f"{start}.{aims_at}", 1)
        write(f"{start}.aims_at_ally", 1)
        for place in PLACES:
            write(f"{start}.effectiveness_{place}", 1)
    mask = np.zeros((1, 107), dtype=np.int8)
    earthquake, crunch = 9, {target: 14 + target for target in (-2, 1, 2)}
    mask[0, [earthquake, *crunch.values()]] = 1
    chosen = MaxDamageAgent().act(obs, mask, np.zeros(1, dtype=np.int64)).actions[0]
    assert chosen in (
        crunch[1],
        crunch[2],
    )  # the earthquake would hurt the ally, weak to it, more than it gains
    write("own.1.type_1", "flying")
    assert MaxDamageAgent().act(obs, mask, np.zeros(1, dtype=np.int64)).actions[0] == earthquake
