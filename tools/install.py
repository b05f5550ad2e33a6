"""Install the package and its extras with pip, with signs of progress and one sentence for each usual fault.

    .venv/bin/python tools/install.py '.[test]'

runs in the repository's root, needs nothing but Python and pip, and writes pip's own output to
`.venv/setup.log`. Exit code 1: pip failed.
"""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

LOG = Path(sys.prefix) / "setup.log"
LINE_S = 10.0
"""Seconds between two lines if the output is no terminal; a terminal's line is renewed every second."""
NEEDED_GB = 6
"""Space for the packages of Linux with CUDA, the largest ones. Without CUDA it is a third."""

# The first pattern that pip's output matches gives the sentence.
FAULTS = {
    r"No space left on device|Errno 28|Disk quota exceeded": (
        f"the disk is full: the packages need up to {NEEDED_GB} GB in {sys.prefix} and room in the temporary "
        "folder; free some space, or set TMPDIR to another disk"
    ),
    (
        r"Temporary failure in name resolution|Name or service not known|nodename nor servname"
        r"|Network is unreachable|Connection refused|Failed to establish a new connection|ConnectTimeout"
        r"|ReadTimeoutError|Cannot connect to proxy|SSLError|CERTIFICATE_VERIFY_FAILED"
    ): (
        "the package index cannot be reached: check the network, or set HTTPS_PROXY, or PIP_INDEX_URL to a "
        "mirror that your network offers"
    ),
    (
        r"unable to execute|command '[^']*(?:gcc|cc|clang)[^']*' failed"
        r"|No such file or directory: '(?:gcc|cc|clang)'"
        r"|[Uu]nknown compiler|no acceptable C compiler|xcrun: error"
    ): (
        "a package has no built file for this Python and must be compiled, which failed: install a C "
        "compiler (Debian: apt install build-essential; macOS: xcode-select --install), or take a Python "
        "with built files: make PYTHON=python3.12 ..."
    ),
    r"requires a different Python": (
        f"a package does not support Python {sys.version.split()[0]}: choose another one: "
        "rm -r .venv; make PYTHON=python3.12 ..."
    ),
    r"Permission denied|Errno 13": f"{sys.prefix} cannot be written: check its owner",
    r"DO NOT MATCH THE HASHES": "a download was damaged: try again after `pip cache purge`",
}


def sentence_of(output: str) -> str:
    """The fault in pip's output, as one sentence."""
    for pattern, sentence in FAULTS.items():
        if re.search(pattern, output):
            return sentence
    errors = [line.strip() for line in output.splitlines() if line.startswith("ERROR:")]
    return f"pip failed: {errors[-1].removeprefix('ERROR: ') if errors else 'it gave no reason'}"


def status_of(lines: list[str], before: int) -> str:
    """The present step of pip, from its output so far.

    Args:
        lines: the output.
        before: number of packages that were installed at the start.
    """
    for line in reversed(lines):
        if line.startswith("Installing collected packages:"):
            total = line.count(",") + 1
            return f"installing {total} packages, {min(total, max(0, installed() - before))} done"
        if line.lstrip().startswith(("Downloading", "Using cached")):
            _, name, *size = line.replace("Using cached", "Cached").split(maxsplit=2)
            package = " ".join(name.rsplit("/", 1)[-1].split("-")[:2])
            return f"{sum(map(named, lines))} packages found, now {package} {' '.join(size).strip()}"
    if lines:
        return "preparing the build"
    return "starting pip"


def named(line: str) -> bool:
    """True for pip's first line about a package."""
    return line.startswith("Collecting ")


def installed() -> int:
    """Number of packages in this environment."""
    return sum(name.endswith(".dist-info") for name in os.listdir(sysconfig.get_path("purelib")))


def follow(process: subprocess.Popen[str]) -> str:
    """Show progress until pip ends; return its output."""
    assert process.stdout is not None
    arrived: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=lambda out: [arrived.put(line) for line in out], args=(process.stdout,))
    reader.start()
    terminal, started, before = sys.stderr.isatty(), time.monotonic(), installed()
    lines: list[str] = []
    shown = started
    while reader.is_alive() or not arrived.empty():
        reader.join(1.0 if terminal else 0.2)
        while not arrived.empty():
            lines.append(arrived.get())
        now = time.monotonic()
        if terminal or now - shown >= LINE_S:
            shown = now
            text = f"pokeenv: {now - started:4.0f} s: {status_of(lines, before)}"
            width = (os.get_terminal_size(2).columns or 80) - 1 if terminal else 0
            print(
                f"\r{text[:width]:{width}}" if terminal else text,
                end="" if terminal else "\n",
                file=sys.stderr,
            )
            sys.stderr.flush()
    if terminal:
        print(file=sys.stderr)
    return "".join(lines)


def main() -> int:
    """Install the target that the command line names; return the exit code."""
    (target,) = sys.argv[1:]
    print(
        "pokeenv: installing Python packages, PyTorch among them; this can take some minutes", file=sys.stderr
    )
    started = time.monotonic()
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    process = subprocess.Popen(
        [*command, "--retries", "2", "-c", "constraints.txt", "-e", target],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    output = follow(process)
    try:
        LOG.write_text(output, encoding="utf-8")
        where = f"; pip's output is in {LOG}"
    except OSError:  # such as a full disk
        where = ""
    if process.wait():
        print(f"error: {sentence_of(output)}{where}", file=sys.stderr)
        return 1
    print(f"pokeenv: packages are installed ({time.monotonic() - started:.0f} s)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
