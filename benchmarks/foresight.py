"""How much of a battle's outcome do an agent's values foresee, by quarter of the battle?

    python -m benchmarks.foresight [AGENT] [--opponent NAME] [--battle-format F] [--battles 400] [--save]

Plays battles, samples of the agent's policy in one seat (or both, against itself), and explains the outcomes
(1, 0, -1) by its values and, beside them, by the leads in HP and in Pokémon; against itself also by the
values of both seats, which together see both teams. All explanations are linear and fitted for each quarter
on half of the battles; the share of the variance that they explain is taken on the other half, where it is
below 0 if they explain nothing. Luck that is still to come cannot be foreseen, so no estimate reaches 1
before the end.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from agents.estimates.battle_view import FIELD, POKEMON, TEAM_SIZE, BattleView, natural
from agents.players.loading import load_agent
from benchmarks.results import add_save_option, report
from pokeenv import Agent, SelfPlayVectorEnv, parse_format

QUARTERS = 4
PARALLEL = 32
Floats = NDArray[np.floating]


def leads(observations: NDArray[np.float32]) -> Floats:
    """`(B, 2)` leads of the own side in HP and in Pokémon, as shares of a team; the unseen are whole."""
    view = BattleView.read(observations)
    hp = view.team[..., POKEMON["hp"]].sum(axis=2)  # (B, 2)
    size, fainted, seen = (
        np.stack(
            [
                natural(f"field.{side}_{name}", view.field[:, FIELD[f"{side}_{name}"]])
                for side in ("own", "opposing")
            ],
            axis=1,
        )
        for name in ("team_size", "fainted", "revealed")
    )
    seen[:, 0] = size[:, 0]  # the own team is known
    hp, left = hp + size - seen, size - fainted
    result: Floats = np.stack([hp[:, 0] - hp[:, 1], left[:, 0] - left[:, 1]], axis=1) / TEAM_SIZE
    return result


def explained_by_quarter(
    predictors: Sequence[Floats], outcomes: NDArray[np.floating], fitted: NDArray[np.bool_]
) -> list[float]:
    """Share of the outcomes' variance that linear functions explain, by quarter of the episodes.

    Args:
        predictors: by episode, `(T, P)` numbers at its decisions.
        outcomes: by episode.
        fitted: by episode, true for those that the functions are fitted on; the others judge.
    """
    lengths = np.array([len(rows) for rows in predictors])
    rows = np.concatenate(predictors)
    rows = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    places = np.concatenate([np.arange(length) / length for length in lengths])
    quarter = np.minimum((QUARTERS * places).astype(int), QUARTERS - 1)
    target, known = np.repeat(outcomes, lengths), np.repeat(fitted, lengths)
    shares = []
    for number in range(QUARTERS):
        here = quarter == number
        weights, *_ = np.linalg.lstsq(rows[here & known], target[here & known], rcond=None)
        judged = here & ~known
        errors = target[judged] - rows[judged] @ weights
        shares.append(float(1 - np.square(errors).mean() / target[judged].var()))
    return shares


def play(
    agent: Agent, opponent: Agent | None, battle_format: str, battles: int, seed: int
) -> tuple[list[Floats], list[Floats], NDArray[np.floating]]:
    """Values and leads `(T, 2)` of the agent's seat p1 in each battle, and its outcomes.

    The second value is the last one of the other seat, 0 if the agent does not play there.
    """
    values: list[Floats] = []
    numbers: list[Floats] = []
    outcomes: list[float] = []
    with SelfPlayVectorEnv(battle_format, PARALLEL) as env:
        running: list[list[tuple[Floats, Floats]]] = [[] for _ in range(PARALLEL)]
        latest = np.zeros((PARALLEL, 2))
        # The first battles to end are short ones, so each slot plays the same number.
        missing = [battles // PARALLEL + (slot < battles % PARALLEL) for slot in range(PARALLEL)]
        obs, _ = env.reset(seed=seed)
        seats = (agent, agent if opponent is None else opponent)
        for player in dict.fromkeys(seats):
            player.begin(env.num_envs, seed=seed)
        while any(missing):
            acting = np.flatnonzero(obs["action_mask"].any(axis=1))
            actions = np.full(env.num_envs, -1, dtype=np.int64)
            for player in dict.fromkeys(seats):
                rows = acting[[seats[row % 2] is player for row in acting]]
                if not rows.size:
                    continue
                seen = obs["observation"][rows]
                decision = player.act(seen, obs["action_mask"][rows], rows)
                actions[rows] = decision.actions
                if player is agent:
                    estimates = decision.values
                    if estimates is None:
                        raise SystemExit(f"error: {agent.name} estimates no values: name a checkpoint")
                    latest[rows // 2, rows % 2] = estimates
                    for row, lead in zip(rows.tolist(), leads(seen), strict=True):
                        if row % 2 == 0:
                            running[row // 2].append((latest[row // 2].copy(), lead))
            obs, _, terminated, truncated, infos = env.step(actions)
            ended = np.flatnonzero(terminated | truncated)
            for player in dict.fromkeys(seats):
                player.reset_rows(ended)
            for slot in (row // 2 for row in ended.tolist() if row % 2 == 0):
                decisions, running[slot] = running[slot], []
                latest[slot] = 0.0
                if missing[slot] and len(decisions) >= QUARTERS:
                    missing[slot] -= 1
                    values.append(np.stack([pair for pair, _ in decisions]))
                    numbers.append(np.stack([lead for _, lead in decisions]))
                    outcomes.append(float(infos["outcome"][2 * slot]))
    return values, numbers, np.array(outcomes)


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.foresight", description=__doc__.split("\n")[0]
    )
    parser.add_argument("agent", nargs="?", default="pretrained:gen9randombattle")
    parser.add_argument("--opponent", help="an agent by name (default: the agent itself)")
    parser.add_argument("--battle-format", default="gen9randombattle")
    parser.add_argument("--battles", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    add_save_option(parser)
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    agent = load_agent(args.agent, with_values=True)
    opponent = None if args.opponent is None else load_agent(args.opponent)
    battle_format = parse_format(args.battle_format).id
    values, numbers, outcomes = play(agent, opponent, battle_format, args.battles, args.seed)
    fitted = np.random.default_rng(args.seed).permutation(len(outcomes)) % 2 == 0
    figures: dict[str, float] = {}
    explanations = {"values": [pairs[:, :1] for pairs in values], "leads": numbers}
    if opponent is None:
        explanations["both_seats"] = values
    for name, predictors in explanations.items():
        shares = explained_by_quarter(predictors, outcomes, fitted)
        figures |= {f"{name}_{number}": round(share, 3) for number, share in enumerate(shares, start=1)}
    settings = {name: getattr(args, name) for name in ("agent", "opponent", "battle_format", "battles")}
    report("foresight", battle_format, settings, figures, save=args.save)


if __name__ == "__main__":
    main()
