"""Problems: each type once, told apart, and the gateway's own refusals in the same words."""

from __future__ import annotations

import re

import pytest
from litestar.exceptions import HTTPException

from rasoi import app
from rasoi.platform import problems
from rasoi.platform.problems import TYPES, Conflict, from_http
from rasoi.settings import REPOSITORY

GATEWAY = REPOSITORY / "nginx" / "problems.conf"
OWN_STATUS = {494: 400}  # nginx's number for headers that are too long, which it answers as 400


def test_no_two_problems_share_a_type() -> None:
    for slug in ("sold-out", "conflict"):
        with pytest.raises(TypeError, match=slug):
            type("Another", (Conflict,), {"slug": slug})
    with pytest.raises(TypeError, match="conflict"):
        type("WithoutSlug", (Conflict,), {"title": "Whatever"})


def test_the_table_has_each_type_once() -> None:
    slugs = re.findall(r"`/problems/([a-z-]+)` \| [A-Z]", app.problems_table())
    assert len(set(slugs)) == len(slugs) > 40
    assert set(slugs) == {slug for slug, cls in TYPES.items() if cls.__module__.startswith("rasoi.")}


@pytest.mark.parametrize(
    ("status", "slug"),
    [
        (400, "bad-request"),
        (404, "not-found"),
        (405, "method-not-allowed"),
        (413, "too-large"),
        (418, "bad-request"),
    ],
)
def test_the_frameworks_errors_are_ours(status: int, slug: str) -> None:
    problem = from_http(HTTPException(status_code=status, detail="so", headers={"allow": "GET"}))
    assert (problem.slug, problem.detail, problem.headers) == (slug, "so", {"allow": "GET"})
    assert problem.status == (status if status != 418 else 400)


def gateway(variable: str) -> dict[int, str]:
    """What nginx sets for each status."""
    block = GATEWAY.read_text().split(f"map $status ${variable} {{", 1)[1].split("}", 1)[0]
    return {int(status): text for status, text in re.findall(r'(\d{3})\s+"?(.*?)"?;', block)}


def test_the_gateway_says_the_same() -> None:
    slugs, titles = gateway("slug"), gateway("title")
    assert slugs.keys() == titles.keys() >= {502, 503, 504}
    for status, slug in slugs.items():
        kind = TYPES[slug]
        assert (kind.status, kind.title) == (OWN_STATUS.get(status, status), titles[status]), status
    assert len({slugs[status] for status in (502, 503, 504)}) == 3
    assert problems.Problem.slug == "internal" and "default internal;" in GATEWAY.read_text()
