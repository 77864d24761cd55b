"""The interface's page is ours alone."""

from __future__ import annotations

import json
import re

from rasoi import app
from rasoi.platform.api_page import page
from rasoi.settings import Settings


def test_every_route_is_on_it_and_nothing_is_loaded_from_elsewhere() -> None:
    document = json.loads(app.openapi(Settings()))
    shown = page(document)
    for path, methods in document["paths"].items():
        for method in methods:
            assert f"<h3>{method.upper()} {path}</h3>" in shown
    assert re.findall(r"<script|https?://|\bsrc=|@import|url\(", shown) == []


def test_what_a_description_says_is_text() -> None:
    shown = page(
        {"info": {"title": "<b>", "version": "1"}, "paths": {"/x": {"get": {"description": "<script>"}}}}
    )
    assert "<b>" not in shown
    assert "<script>" not in shown
