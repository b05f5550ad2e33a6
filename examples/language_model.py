"""A language model plays: any function from a prompt to an answer."""

from __future__ import annotations

import re
from collections.abc import Callable

import gymnasium as gym

import pokeenv  # noqa: F401 - registers the environments
from pokeenv.wrappers import TextEnv

RULES = "You play a Pokémon battle. Explain your plan in a sentence, then end with 'Choice: N'.\n\n"


def stand_in(prompt: str) -> str:
    """In place of a model: the last of the numbered choices. Put a call of your model here."""
    *_, last = re.findall(r"^ *(\d+)\. ", prompt, flags=re.MULTILINE)
    return f"I take the last one. Choice: {last}"


def main(model: Callable[[str], str] = stand_in, seed: int = 1) -> float:
    """Play one battle, and return its outcome."""
    env = TextEnv(gym.make("pokeenv/Battle-v0", battle_format="gen1randombattle", opponent="random"))
    text, _ = env.reset(seed=seed)
    ended = False
    while not ended:
        text, _, terminated, truncated, info = env.step(model(RULES + text))
        if "problem" in info:
            print(info["problem"])
        ended = terminated or truncated
    print(text)
    env.close()
    return float(info["outcome"])


if __name__ == "__main__":
    main()
