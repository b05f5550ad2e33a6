"""The embedded Pokémon Showdown."""

import sys

if sys.platform == "win32":
    raise ImportError("the embedded simulator needs Linux or macOS: on Windows, use WSL (`wsl --install`)")
