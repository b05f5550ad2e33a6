"""A one-ply search with `fork`: try every action in a copy of the battle, and take the best.

The copies continue the *true* battle, with the opponent's hidden team and the same dice. So this player
cheats: it shows how forks work. A fair agent searches in battles that it imagines from its observation.
"""

from __future__ import annotations

import numpy as np

import pokeenv
from pokeenv import NO_ACTION, SIGNALS, SelfPlayVectorEnv

COPIES = pokeenv.SINGLES.num_actions
LEAD = [SIGNALS.index(name) for name in ("own_hp", "opposing_hp")]
OUTCOME = SIGNALS.index("outcome")


def best_action(env: SelfPlayVectorEnv, other: int) -> int:
    """The action of row 0 with the highest lead in HP after one step, if row 1 plays `other`."""
    legal = pokeenv.legal_actions(env.engine.action_masks[0])
    copies = range(1, 1 + len(legal))
    env.fork(0, copies)
    actions = np.full(env.num_envs, NO_ACTION)
    for copy, action in zip(copies, legal, strict=True):
        actions[pokeenv.row_of(copy, 0)], actions[pokeenv.row_of(copy, 1)] = action, other
    # Battle 0 waits; its copies play one step.
    env.engine.step_async(actions, idle=[0, *range(1 + len(legal), env.num_battles)])
    env.engine.step_wait()
    signals = env.engine.signals[[pokeenv.row_of(copy, 0) for copy in copies]]
    own, opposing = signals[:, LEAD].T
    return legal[int((own - opposing + 10 * signals[:, OUTCOME]).argmax())]


def main(battles: int = 4) -> int:
    """Play against random actions, and return the number of wins."""
    rng = np.random.default_rng(0)
    wins = 0
    with SelfPlayVectorEnv("gen1randombattle", 1 + COPIES) as env:
        for battle in range(battles):
            env.reset(seed=battle)
            while not env.engine.statuses[0]:
                actions = np.full(env.num_envs, NO_ACTION)
                if env.acting[1]:
                    actions[1] = rng.choice(pokeenv.legal_actions(env.engine.action_masks[1]))
                if env.acting[0]:
                    actions[0] = best_action(env, actions[1])
                env.engine.step_async(actions, idle=range(1, env.num_battles))
                env.engine.step_wait()
            wins += env.engine.signals[0, OUTCOME] > 0
    print(f"{wins} of {battles} battles won")
    return int(wins)


if __name__ == "__main__":
    main()
