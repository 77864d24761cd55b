"""The HTTP interface as a page without any script: every route with what it wants and what it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from litestar import Request
from litestar.enums import MediaType
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin

METHODS = ("get", "post", "put", "patch", "delete")
STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d1d1b;background:#fff}
section{border-top:1px solid #ccc;padding:.5rem 0}h2{margin:2rem 0 .5rem}h3{font:600 1rem ui-monospace,monospace;margin:.5rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.25rem 0}dt{font-family:ui-monospace,monospace}
dd{margin:0}p{margin:.25rem 0}@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#9cf}}"""


CONTRACT = Path(__file__).resolve().parents[2] / "openapi.json"


class ApiPage(OpenAPIRenderPlugin):
    """`/schema`, beside `/schema/openapi.json`, which is the contract itself."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return page(json.loads(CONTRACT.read_bytes())).encode()


class ApiContract(JsonRenderPlugin):
    """`/schema/openapi.json`: the committed document, which `make check` holds to the code. Litestar's own says neither who
    may call nor what is refused, and to complete it takes seconds in which nobody else would be answered."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return CONTRACT.read_bytes()


def page(document: Mapping[str, Any]) -> str:
    """The whole page."""
    title, version = (escape(str(document["info"][name])) for name in ("title", "version"))
    rooms: dict[str, list[str]] = {}
    for path, methods in sorted(document.get("paths", {}).items()):
        for method in METHODS:
            if operation := methods.get(method):
                room = (operation.get("tags") or ["platform"])[0]
                rooms.setdefault(room, []).append("".join(_operation(method, path, operation)))
    body = "".join(f"<h2>{escape(room)}</h2>{''.join(found)}" for room, found in rooms.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} {version}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body>'
        f'<h1>{title} {version}</h1><p><a href="/schema/openapi.json">openapi.json</a></p>{body}</body></html>'
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<section><h3>{method.upper()} {escape(path)}</h3><p>{escape(operation.get('description') or '')}</p><dl>"
    for parameter in operation.get("parameters", ()):
        needed = "" if parameter.get("required") else ", optional"
        about = f"{parameter['in']}{needed}. {parameter.get('description') or ''}"
        yield f"<dt>{escape(parameter['name'])}</dt><dd>{escape(about)}</dd>"
    if wanted := operation.get("requestBody"):
        yield f"<dt>body</dt><dd>{escape(_name_of(wanted))}</dd>"
    for status, answer in sorted(operation.get("responses", {}).items()):
        yield f"<dt>{escape(status)}</dt><dd>{escape(_name_of(answer) or answer.get('description') or '')}</dd>"
    yield "</dl></section>"


def _name_of(described: Mapping[str, Any]) -> str:
    """The name of the schema, where it has one."""
    for content in described.get("content", {}).values():
        schema = content.get("schema", {})
        found: str = schema.get("$ref") or schema.get("items", {}).get("$ref") or ""
        return found.rpartition("/")[2]
    return ""
