"""The documentation: links and paths exist, every page is in the site, the tree is that of the packages."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from tools import tree

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
HISTORY = ("log", "decisions")
"""Folders of pages that may name files which no longer exist."""
WRITTEN = [page for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES) if page.exists()]
PRESENT = [page for page in WRITTEN if page.parent.name not in HISTORY]

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE_PATH = re.compile(
    r"`((?:agents|benchmarks|config|docs|pokeenv|tests|tools)/[\w./-]*|train_selfplay\.py|Makefile|mkdocs\.yml)`"
)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def relative_links(page: Path, text: str) -> list[str]:
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]


def anchors(text: str) -> set[str]:
    """Anchors of the headings of a page, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> list[str]:
    broken = []
    for link in relative_links(page, text):
        name, _, anchor = unquote(link).partition("#")
        target = (page.parent / name) if name else page
        if not target.exists():
            broken.append(link)
        elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert not broken_links(page, page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line", ["[x](nowhere.md)", "![x](no.png)", "[x](index.md#no-such-heading)", "[x](#no)"]
)
def test_a_broken_link_is_found(line: str) -> None:
    assert broken_links(DOCS / "index.md", line)


@pytest.mark.parametrize("page", PRESENT, ids=name_of)
def test_every_path_in_the_prose_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    new = re.findall(r'^```\w+ title="([^"]+)"', text, flags=re.MULTILINE)  # files that a recipe makes
    named = CODE_PATH.findall(text)
    assert not [name for name in named if name not in new and not (ROOT / name).exists()]


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    listed = set(re.findall(r"[\w./-]+\.md", navigation))
    assert listed == {page.relative_to(DOCS).as_posix() for page in PAGES}


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")
    pages = [page.name for page in sorted((DOCS / "decisions").glob("0*.md"))]
    assert re.findall(r"\((0[\w-]+\.md)\)", index) == pages


def test_warnings_of_the_site_are_checked() -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert {*settings["validation"]["nav"].values(), *settings["validation"]["links"].values()} == {"warn"}
    (command,) = re.findall(
        r"-m (mkdocs build.*?)(?: #.*)?\n", (ROOT / "Makefile").read_text(encoding="utf-8")
    )
    assert command == "mkdocs build --strict"  # --quiet would silence the warnings before they count
    assert settings["theme"]["font"] is False  # nothing is loaded from the network


def test_the_architecture_page_lists_exactly_the_files_that_exist() -> None:
    page = tree.PAGE.read_text(encoding="utf-8")
    assert page == tree.page(page), "the tree has changed: run `python -m tools.tree`"


@pytest.mark.parametrize("package", tree.PACKAGES)
def test_every_file_is_described(package: str) -> None:
    undescribed = [
        path.relative_to(ROOT).as_posix() for path in tree.files(package) if len(tree.describe(path)) < 8
    ]
    assert not undescribed
