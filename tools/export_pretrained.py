"""Write an agent of the package from a finished run: `python tools/export_pretrained.py RUN NAME`.

    python tools/export_pretrained.py runs/gen9 gen9randombattle

Writes `agents/pretrained/NAME.pt`, with weights in half precision, and `agents/pretrained/NAME.md`, the card:
configuration, commit, decisions, the results of the run's final evaluation, and limits.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

from agents.checkpoints.checkpoint import load_checkpoint, save_pretrained
from agents.checkpoints.run_folder import find_checkpoint

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "agents" / "pretrained"
LIMIT = 8 * 2**20


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("name", help="name of the agent, without pretrained:")
    parser.add_argument("--command", required=True, help="the command that trains it again")
    parser.add_argument("--commit", required=True, help="the code that trained it")
    args = parser.parse_args()
    source = find_checkpoint(args.run)
    checkpoint = load_checkpoint(source)
    target = FOLDER / f"{args.name}.pt"
    save_pretrained(target, checkpoint)
    size = target.stat().st_size
    if size > LIMIT:
        target.unlink()
        raise SystemExit(
            f"{target.name} would be {size / 2**20:.1f} MiB; at most {LIMIT // 2**20} are allowed"
        )
    results = json.loads((source.parent / "evaluation.json").read_text(encoding="utf-8"))
    config, progress = checkpoint.config, checkpoint.progress
    rows = []
    for name, result in results.items():
        low, high = result["interval"]
        rows.append(
            f"| `{name}` | {result['win_rate']:.3f} | {low:.3f} to {high:.3f} | {result['battles']:,} |"
        )
    lines = [
        f"# pretrained:{args.name}",
        "",
        f"Made on {date.today().isoformat()} by `{args.command}` at commit {args.commit}.",
        "",
        f"- format: {config.battle_format}, observation `{config.network.observation}`",
        f"- network: `{config.network.type}`, {size / 2**20:.1f} MiB in half precision",
        f"- seed {config.seed}, {progress.episodes:,} episodes, {progress.decisions:,} decisions",
        f"- teacher: {config.teacher}, opponents: {config.opponent_mix or config.opponent}",
        "",
        "Final evaluation, greedy, seats mirrored, with 95% intervals:",
        "",
        "| opponent | win rate | interval | battles |",
        "|---|---|---|---|",
        *rows,
        "",
        "Limits:",
        "",
        f"- It was trained in {config.battle_format} alone; no other format has been measured.",
        *(
            []
            if config.network.recurrent
            else ["- It has no memory: it sees what the present observation holds."]
        ),
        "- It does not search; `search:` before its name adds that (docs/search.md).",
        "",
    ]
    (FOLDER / f"{args.name}.md").write_text("\n".join(lines), encoding="utf-8")
    print(f"wrote {target} and its card")


if __name__ == "__main__":
    main()
