"""The page of a replay: Showdown's viewer where there is a network, the battle in words elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

# The script that Showdown's saved replays load: it reads the log from the page and plays it.
_VIEWER = "https://play.pokemonshowdown.com/js/replay-embed.js"

_STYLE = """
  body { margin: 0; background: #f4f5f8; color: #1d2330; font: 15px/1.5 system-ui, sans-serif; }
  .told { max-width: 720px; margin: 0 auto; padding: 24px 20px 0; }
  .told h1 { margin: 0; font-size: 24px; }
  .told .outcome { margin: 4px 0 0; font-size: 17px; }
  .told .facts { margin: 2px 0 0; color: #677084; font-size: 13px; }
  .told summary { margin: 0 0 8px; cursor: pointer; font-weight: 600; }
  .told section { margin: 0 0 10px; padding: 10px 16px; border-radius: 8px; background: #fff;
    box-shadow: 0 1px 2px #1d233022; }
  .told h2 { margin: 0 0 4px; color: #3c6fc4; font-size: 14px; }
  .told section p { margin: 0; }
  .told .follows { padding-left: 20px; color: #5c6579; }
  .wrapper { max-width: 1180px; margin: 0 auto; }
  @media (prefers-color-scheme: dark) {
    body { background: #181c26; color: #e8ebf2; }
    .told section { background: #242a38; box-shadow: none; }
    .told h2 { color: #7fabef; }
    .told .follows, .told .facts { color: #97a1b5; }
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
<header class="told">
<h1>{title}</h1>
<p class="outcome"><strong>{first}</strong> against <strong>{second}</strong>: {outcome}</p>
<p class="facts">{facts}</p>
</header>
<div class="wrapper replay-wrapper" hidden>
<div class="battle"></div><div class="battle-log"></div>
<div class="replay-controls"></div><div class="replay-controls-2"></div>
</div>
<details class="told" open>
<summary>The battle in words, told from {first}&#39;s side</summary>
{account}
</details>
<script type="text/plain" class="battle-log-data">{log}</script>
<script src="{viewer}" onload="document.querySelector('.wrapper').hidden = false; \
document.querySelector('details.told').open = false"></script>
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
    account: Sequence[Mapping[str, Any]],
) -> str:
    """Put a replay's page together.

    Args:
        title: heading, such as the format's name.
        players: names of p1 and p2.
        outcome: how the battle ended.
        facts: what stands below the heading in small print.
        log: lines for the viewer, those of the spectators' channel.
        account: the battle in words; see `EmbeddedShowdown.account`.

    Returns:
        HTML in which every text is escaped.
    """
    first, second = map(escape, players)
    return _PAGE.format(
        title=escape(title),
        first=first,
        second=second,
        outcome=escape(outcome),
        facts=escape(" · ".join(facts)),
        style=_STYLE,
        account="\n".join(_turns(account)),
        log=_script_text("\n".join(log)),
        viewer=_VIEWER,
    )


def _turns(account: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for turn in account:
        if not turn["messages"]:
            continue
        heading = f"Turn {turn['turn']}" if turn["turn"] else "Before the first turn"
        yield f"<section><h2>{heading}</h2>"
        for message in turn["messages"]:
            kind = ' class="follows"' if message.startswith(" ") else ""
            yield f"<p{kind}>{escape(message.strip())}</p>"
        yield "</section>"


def _script_text(text: str) -> str:
    r"""Text that cannot end the script element it stands in.

    The viewer turns `\/` back into `/`. A comment's opening would hide the element's end from the
    browser; an invisible word joiner makes it none.
    """
    return text.replace("</", "<\\/").replace("<!--", "<!\u2060--")
