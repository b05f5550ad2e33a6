"""The page of a replay: Showdown's viewer if there is a network, and the battle in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

# The script of Showdown's saved replays, which reads the log from the page and plays it.
_VIEWER = "https://play.pokemonshowdown.com/js/replay-embed.js"

_STYLE = """
  body { margin: 0; background: #f4f5f8; color: #1d2330; font: 15px/1.5 system-ui, sans-serif; }
  .words { max-width: 720px; margin: 0 auto; padding: 24px 20px 0; }
  .words h1 { margin: 0; font-size: 24px; }
  .words .outcome { margin: 4px 0 0; font-size: 17px; }
  .words .facts { margin: 2px 0 0; color: #677084; font-size: 13px; }
  .words summary { margin: 0 0 8px; cursor: pointer; font-weight: 600; }
  .words section { margin: 0 0 10px; padding: 10px 16px; border-radius: 8px; background: #fff;
    box-shadow: 0 1px 2px #1d233022; }
  .words h2 { margin: 0 0 4px; color: #3c6fc4; font-size: 14px; }
  .words section p { margin: 0; }
  .words .follows { padding-left: 20px; color: #5c6579; }
  .wrapper { max-width: 1180px; margin: 0 auto; }
  @media (prefers-color-scheme: dark) {
    body { background: #181c26; color: #e8ebf2; }
    .words section { background: #242a38; box-shadow: none; }
    .words h2 { color: #7fabef; }
    .words .follows, .words .facts { color: #97a1b5; }
  }
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: {first} against {second}</title>
<style>{style}</style>
</head>
<body>
<header class="words">
<h1>{title}</h1>
<p class="outcome"><strong>{first}</strong> against <strong>{second}</strong>: {outcome}</p>
<p class="facts">{facts}</p>
</header>
<div class="wrapper replay-wrapper" hidden>
<div class="battle"></div><div class="battle-log"></div>
<div class="replay-controls"></div><div class="replay-controls-2"></div>
</div>
<details class="words" open>
<summary>The battle in words, from {first}&#39;s side</summary>
{narration}
</details>
<script type="text/plain" class="battle-log-data">{log}</script>
<script src="{viewer}" onload="document.querySelector('.wrapper').hidden = false; \
document.querySelector('details.words').open = false"></script>
</body>
</html>
"""


def replay_page(
    *,
    title: str,
    players: tuple[str, str],
    outcome: str,
    facts: Sequence[str],
    log: Sequence[str],
    narration: Sequence[Mapping[str, Any]],
) -> str:
    """Build the page of a replay.

    Args:
        title: heading, such as the format's name.
        players: names of p1 and p2.
        outcome: outcome of the battle in words.
        facts: lines in small print below the heading.
        log: lines of the spectators' channel, for the viewer.
        narration: the battle in sentences; see `Engine.narrate`.

    Returns:
        HTML with every text escaped.
    """
    first, second = map(escape, players)
    return _PAGE.format(
        title=escape(title),
        first=first,
        second=second,
        outcome=escape(outcome),
        facts=escape(" · ".join(facts)),
        style=_STYLE,
        narration="\n".join(_turns(narration)),
        log=_script_text("\n".join(log)),
        viewer=_VIEWER,
    )


def _turns(narration: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for turn in narration:
        if not turn["messages"]:
            continue
        heading = f"Turn {turn['turn']}" if turn["turn"] else "Before the first turn"
        yield f"<section><h2>{heading}</h2>"
        for message in turn["messages"]:
            kind = ' class="follows"' if message.startswith(" ") else ""
            yield f"<p{kind}>{escape(message.strip())}</p>"
        yield "</section>"


def _script_text(text: str) -> str:
    r"""Text that cannot end the script element around it.

    The viewer turns `\/` back into `/`. The start of a comment would hide the element's end from the browser,
    so an invisible word joiner splits it.
    """
    return text.replace("</", "<\\/").replace("<!--", "<!\u2060--")
