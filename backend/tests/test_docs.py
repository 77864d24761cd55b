"""The pages for people name files and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "PROGRESS.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
FOLDERS = ("backend/", "kds_frontend/", "infra/", "nginx/", "prometheus/", "grafana/", "docs/", ".github/")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)")
TARGET = re.compile(r"\bmake ([a-z-]+)")


def named_paths(text: str) -> set[str]:
    """What stands in code quotes and begins as a path of ours; a name in angle brackets stands for any."""
    return {
        word.rstrip("/")
        for quoted in CODE.findall(text)
        for word in quoted.split()
        if word.startswith(FOLDERS) and "<" not in word and "…" not in word and "*" not in word
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    missing = [path for path in named_paths(page.read_text()) if not (ROOT / path).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    quoted = " ".join(CODE.findall(page.read_text()))
    assert set(TARGET.findall(quoted)) <= targets
