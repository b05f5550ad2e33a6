"""Install wheel and sdist with the lowest and the highest dependencies that `setup.cfg` allows, and use them.

    python -m tools.versions                                # Python 3.10 to 3.13, see `make test-versions`
    python -m tools.versions --python 3.11 --bound lowest   # one environment
    python -m tools.versions --extras                       # the optional extras

Every environment is fresh, has a simulator of its own, and runs `tools/installed_checks.py` from an empty
folder: first with the wheel, then with the sdist. The lowest version is the lowest that has a wheel for that
Python, as uv resolves it; the highest is pip's own choice. An interpreter that is missing is named.

Exit codes: 0: all environments that could be made work; 1: one does not; 2: no interpreter was found.
"""

from __future__ import annotations

import argparse
import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHECKS = Path(__file__).with_name("installed_checks.py")
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
BOUNDS = ("lowest", "highest")
EXTRAS = ("pettingzoo", "render", "sb3", "live", "ray", "bench", "docs")
"""Extras that are tried together; `rllib`, `test` and `dev` serve an example and this repository alone."""


class Failure(Exception):
    """An environment does not work; the text is the end of the command's output."""


def run(command: Sequence[str | Path], *, folder: Path = ROOT, **variables: str) -> str:
    """Run a command without the caller's Python settings and return its output.

    Raises:
        Failure: its exit code is not 0.
    """
    outside = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=outside | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        words = " ".join(str(word) for word in command)
        raise Failure(f"{words}\nexit code {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def find_python(version: str) -> Path | None:
    """An interpreter of a version such as `3.12`: this one, one on the PATH, or one of pyenv or uv."""
    home = Path.home()
    folders = [
        Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions",
        home / ".local" / "share" / "uv" / "python",
    ]
    found = shutil.which(f"python{version}")
    candidates = [Path(sys.executable), *([Path(found)] if found else [])]
    for folder in folders:
        candidates += sorted(folder.glob(f"*{version}.*/bin/python{version}"))
    question = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == version:
            return candidate
    return None


def build(folder: Path) -> tuple[Path, Path]:
    """Build the sdist from a copy of the tracked files, and the wheel from the sdist.

    Returns:
        The wheel and the sdist.
    """
    source = folder / "source"
    names = run(["git", "ls-files", "-z"]).split("\0")
    for name in filter(None, names):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    run([sys.executable, "-m", "build", "--outdir", folder / "dist", source])
    (wheel,), (sdist,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
    return wheel, sdist


def packaged(wheel: Path, sdist: Path) -> tuple[set[str], set[str]]:
    """Files of the packages in the wheel, and all files of the sdist, both by their paths in the checkout."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    with tarfile.open(sdist) as archive:
        files = [member.name for member in archive.getmembers() if member.isfile()]
    return held, {name.partition("/")[2] for name in files}


def requirements(wheel: Path, extras: Sequence[str] = ()) -> list[str]:
    """Requirements of the wheel, with those of some extras; conditions are left out."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(archive.read(name))
    needed = []
    for line in metadata.get_all("Requires-Dist", []):
        requirement, _, condition = line.partition(";")
        if not condition or any(f'extra == "{extra}"' in condition for extra in extras):
            needed.append(requirement.strip())
    return needed


def lowest(needed: Sequence[str], python: str) -> list[str]:
    """The lowest versions with wheels, as `name==version`, that fit together."""
    options = ["--resolution", "lowest-direct", "--only-binary", ":all:", "--python-version", python]
    with tempfile.NamedTemporaryFile("w", suffix=".in") as file:
        file.write("\n".join(needed))
        file.flush()
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
        return run([*command, *options, file.name]).split()


def install(
    interpreter: Path, python: str, bound: str, wheel: Path, folder: Path, extras: Sequence[str], torch: str
) -> Path:
    """Make an environment and install the wheel with its dependencies; return its interpreter."""
    run([interpreter, "-m", "venv", folder / "venv"])
    own = folder / "venv" / "bin" / "python"
    needed = requirements(wheel, extras) + ([f"torch=={torch}"] if torch else [])
    pins = lowest(needed, python) if bound == "lowest" else needed
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pins) + "\n")
    target = f"pokeenv[{','.join(extras)}] @ {wheel.as_uri()}" if extras else str(wheel)
    pip = [own, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--prefer-binary"]
    run([*pip, "-c", constraints, target])
    run([own, "-m", "pip", "check"])
    return own


def versions_of(own: Path, needed: Sequence[str]) -> dict[str, str]:
    """Installed versions of the packages that are asked for, and of Python."""
    code = (
        "import json, platform, re, sys; from importlib.metadata import version\n"
        "names = {re.match(r'[\\w-]+', line).group() for line in sys.argv[1:]}\n"
        "print(json.dumps({'python': platform.python_version()} | {n: version(n) for n in sorted(names)}))"
    )
    versions: dict[str, str] = json.loads(run([own, "-c", code, *needed]))
    return versions


def try_environment(
    interpreter: Path, python: str, bound: str, wheel: Path, sdist: Path, *, extras: bool, torch: str
) -> None:
    """Make one environment, check it with the wheel and with the sdist, and remove it.

    Raises:
        Failure: a step failed.
    """
    names = EXTRAS if extras else ()
    with tempfile.TemporaryDirectory(prefix="pokeenv-versions-") as name:
        folder = Path(name)
        own = install(interpreter, python, bound, wheel, folder, names, torch)
        versions = versions_of(own, requirements(wheel, names))
        print("  " + ", ".join(f"{package} {version}" for package, version in versions.items()), flush=True)
        for number, built in enumerate((wheel,) if extras else (wheel, sdist)):
            if number:
                run([own, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", built])
            empty = folder / f"empty-{number}"
            empty.mkdir()
            cache = str(folder / "cache")
            figures = run([own, CHECKS, *names], folder=empty, POKEENV_CACHE=cache).splitlines()[-1]
            print(f"  {built.suffix.lstrip('.')}: {figures}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.versions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--python", nargs="+", default=PYTHONS, metavar="X.Y", help="versions of Python")
    parser.add_argument("--bound", nargs="+", default=BOUNDS, choices=BOUNDS, help="versions of dependencies")
    parser.add_argument("--extras", action="store_true", help="try the optional extras instead")
    parser.add_argument("--torch", default="", help="version of PyTorch in all environments")
    args = parser.parse_args(argv)
    missing, failed, worked = [], [], []
    with tempfile.TemporaryDirectory(prefix="pokeenv-built-") as name:
        wheel, sdist = build(Path(name))
        held, source = packaged(wheel, sdist)
        assert held <= source, f"the sdist lacks {sorted(held - source)}"
        print(f"{wheel.name}: {len(held)} files; {sdist.name}: {len(source)} files", flush=True)
        for python in args.python:
            interpreter = find_python(python)
            if interpreter is None:
                missing.append(python)
                print(f"Python {python}: no interpreter with venv, neither on the PATH nor of pyenv or uv")
                continue
            for bound in args.bound:
                started, label = time.monotonic(), f"Python {python}, {bound}"
                print(f"{label}{', extras' * args.extras}", flush=True)
                try:
                    try_environment(
                        interpreter, python, bound, wheel, sdist, extras=args.extras, torch=args.torch
                    )
                except Failure as failure:
                    failed.append(label)
                    print(f"  FAILED: {failure}", flush=True)
                else:
                    worked.append(label)
                    print(f"  works ({time.monotonic() - started:.0f} s)", flush=True)
    print(f"{len(worked)} environments work, {len(failed)} fail{''.join(f'; {label}' for label in failed)}")
    if missing:
        print(f"NOT TRIED, because no interpreter was found: Python {', '.join(missing)}")
    return 1 if failed else 0 if worked else 2


if __name__ == "__main__":
    sys.exit(main())
