"""An opponent and a reward of your own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import pokeenv

OWN_HP, OPPOSING_HP = (pokeenv.SIGNALS.index(name) for name in ("own_hp", "opposing_hp"))
OUTCOME = pokeenv.SIGNALS.index("outcome")


def strongest_move(observation: NDArray[np.float32], action_mask: NDArray[np.int8]) -> int:
    """An opponent: the move with the highest power times effectiveness, else the first switch."""
    scene = pokeenv.scene_of({"observation": observation, "action_mask": action_mask})
    moves = [choice for choice in scene.choices if choice.move is not None]
    if not moves:
        return scene.choices[0].action
    return max(moves, key=lambda choice: choice.move.power * choice.move.effectiveness).action


def hp_and_outcome(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
    """A reward: a tenth of the change of the HP lead, in Pokémon, and the outcome. (R, S) to (R,)."""
    lead = (after[:, OWN_HP] - after[:, OPPOSING_HP]) - (before[:, OWN_HP] - before[:, OPPOSING_HP])
    return (0.1 * lead + after[:, OUTCOME]).astype(np.float32)


def main(seed: int = 1) -> float:
    """Play one battle of random actions, and return the sum of its rewards."""
    total = 0.0
    with pokeenv.BattleEnv("gen1randombattle", opponent=strongest_move, reward=hp_and_outcome) as env:
        obs, _ = env.reset(seed=seed)
        ended = False
        while not ended:
            action = int(env.np_random.choice(pokeenv.legal_actions(obs["action_mask"])))
            obs, reward, terminated, truncated, info = env.step(action)
            total += reward
            ended = terminated or truncated
    print(f"outcome {info['outcome']:+.0f}, return {total:+.2f}")
    return total


if __name__ == "__main__":
    main()
