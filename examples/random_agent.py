"""A random agent in ten lines."""

import gymnasium as gym

import pokeenv


def main(seed: int = 1) -> None:
    """Play one battle with random legal actions, and print the board at its end."""
    env = gym.make("pokeenv/Battle-v0", opponent="random", render_mode="ansi")
    obs, _ = env.reset(seed=seed)
    ended = False
    while not ended:
        action = env.np_random.choice(pokeenv.legal_actions(obs["action_mask"]))
        obs, _, terminated, truncated, _ = env.step(action)
        ended = terminated or truncated
    print(env.render())
    env.close()


if __name__ == "__main__":
    main()
