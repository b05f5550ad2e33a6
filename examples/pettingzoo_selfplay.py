"""Self-play through PettingZoo: both seats act at the same time. `pip install 'pokeenv[pettingzoo]'`."""

import numpy as np

import pokeenv


def main(battles: int = 3) -> dict[str, int]:
    """Play battles of random legal actions against each other, and count the wins of each seat."""
    env = pokeenv.parallel_env("gen1randombattle")
    rng = np.random.default_rng(0)
    wins = dict.fromkeys(env.possible_agents, 0)
    for battle in range(battles):
        observations, infos = env.reset(seed=battle)
        while env.agents:
            actions = {}
            for agent in env.agents:
                legal = pokeenv.legal_actions(observations[agent]["action_mask"])
                # A seat that has nothing to decide has an empty mask; its action is ignored.
                actions[agent] = int(rng.choice(legal)) if legal else 0
            observations, _, _, _, infos = env.step(actions)
        for agent, info in infos.items():
            wins[agent] += info["outcome"] > 0
    env.close()
    print(wins)
    return wins


if __name__ == "__main__":
    main()
