"""Fit the weights of `agents.players.search.duel_value` to the outcomes of battles.

    python -m tools.duel_weights [--battle-formats F ...] [--battles N] [--seed S]

`rule` plays against itself, with some random actions so that positions vary, and a logistic regression
explains who wins by the advantages of positions.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.players.loading import load_agent
from agents.players.scripted.scored_agent import MOVES
from agents.players.search.duel_value import WEIGHTS, advantages
from pokeenv import NO_ACTION, SelfPlayVectorEnv

PARALLEL = 64
RANDOM = 0.08  # share of random actions
KEPT = 0.3  # share of the positions: those of one battle have much in common
NEWTON_STEPS = 10
Floats = NDArray[np.float64]


def positions(battle_format: str, battles: int, seed: int) -> tuple[Floats, Floats]:
    """Advantages `(N, 7)` of seats at the start of turns, and whether they won `(N,)`; ties count half."""
    rng, agent = np.random.default_rng(seed), load_agent("rule")
    found: list[Floats] = []
    won: list[float] = []
    with SelfPlayVectorEnv(battle_format, PARALLEL) as env:
        running: list[list[Floats]] = [[] for _ in range(env.num_envs)]
        # The first battles to end are short ones, so each slot plays the same number.
        missing = np.full(PARALLEL, -(-battles // PARALLEL))
        agent.begin(env.num_envs, seed)
        obs, _ = env.reset(seed=seed)
        while missing.any():
            rows = np.flatnonzero(env.acting)
            masks = obs["action_mask"][rows]
            kept = rows[(masks[:, MOVES] > 0).any(axis=1) & (rng.random(len(rows)) < KEPT)]
            for row, numbers in zip(kept.tolist(), advantages(env.engine, kept), strict=True):
                running[row].append(numbers)
            chosen = agent.act(obs["observation"][rows], masks, rows, greedy=True).actions
            any_action = (rng.random(masks.shape) * masks).argmax(axis=1)
            actions = np.full(env.num_envs, NO_ACTION)
            actions[rows] = np.where(rng.random(len(rows)) < RANDOM, any_action, chosen)
            obs, _, terminated, truncated, infos = env.step(actions)
            ended = np.flatnonzero(terminated | truncated)
            agent.reset_rows(ended)
            for row in ended.tolist():
                if missing[row // 2] and terminated[row]:
                    found += running[row]
                    won += [(infos["outcome"][row] + 1) / 2] * len(running[row])
                running[row] = []
            slots = np.unique(ended // 2)
            missing[slots] = np.maximum(missing[slots] - 1, 0)
    return np.stack(found), np.array(won)


def fit(numbers: Floats, won: Floats) -> Floats:
    """Weights `(P,)` of a logistic regression without a constant, as the game is symmetric."""
    weights = np.zeros(numbers.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = chances(numbers, weights)
        curvature = (numbers * (chance * (1 - chance))[:, None]).T @ numbers
        weights = weights + np.linalg.solve(curvature, numbers.T @ (won - chance))
    return weights


def chances(numbers: Floats, weights: Floats) -> Floats:
    """Chances of winning `(N,)`."""
    result: Floats = 1 / (1 + np.exp(-numbers @ weights))
    return result


def main(argv: Sequence[str] | None = None) -> None:
    """Play, fit and print."""
    parser = argparse.ArgumentParser(prog="python -m tools.duel_weights", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-formats", nargs="+", default=["gen1randombattle", "gen9randombattle"])
    parser.add_argument("--battles", type=int, default=2000, help="in each format (default 2000)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    parts = [positions(battle_format, args.battles, args.seed) for battle_format in args.battle_formats]
    numbers, won = (np.concatenate(each) for each in zip(*parts, strict=True))
    weights = fit(numbers, won)
    chance = chances(numbers, weights)
    print(f"{len(won)} positions; explained variance {1 - np.square(won - chance).mean() / won.var():.3f}")
    for name, weight in zip(WEIGHTS, weights.tolist(), strict=True):
        print(f"{name:8} {weight:6.2f}")


if __name__ == "__main__":
    main()
