"""Serving the built screens from memory: compressed once, with strict headers."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGES = {
    "/": "index.html",
    "/order": "order.html",
    "/kitchen": "kitchen.html",
    "/expo": "expo.html",
    "/pickup": "pickup.html",
    "/waiter": "waiter.html",
    "/manage": "manage.html",
    "/setup": "setup.html",
}
COMPRESSIBLE = {".html", ".js", ".css", ".svg", ".json", ".webmanifest"}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    packed: bytes | None
    media_type: str
    etag: str
    forever: bool


def load(directory: Path) -> dict[str, Asset]:
    """All files below `directory` by their URL path; empty when nothing is built."""
    files = {
        "/" + path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()
    }
    assets = {url: _asset(path, url.startswith("/assets/")) for url, path in files.items()}
    return assets | {page: assets["/" + name] for page, name in PAGES.items() if "/" + name in assets}


def _asset(path: Path, forever: bool) -> Asset:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix in {".html", ".js", ".css"}:
        media_type += "; charset=utf-8"
    packed = gzip.compress(body, 6, mtime=0) if path.suffix in COMPRESSIBLE else None
    return Asset(body, packed, media_type, f'"{hashlib.sha256(body).hexdigest()[:16]}"', forever)


def build_of(assets: dict[str, Asset]) -> str:
    """A name for this build of the screens: it changes when any file does."""
    every = "".join(f"{url}{asset.etag}" for url, asset in sorted(assets.items()))
    return hashlib.sha256(every.encode()).hexdigest()[:12]


def policy(checkout: str, url: str) -> str:
    """The Content-Security-Policy; `checkout` is the origin of the payment provider's script and frames, `url` our own."""
    sockets = f"ws{url.removeprefix('http')}"  # older browsers don't count sockets as 'self'
    return (
        f"default-src 'self'; script-src 'self' {checkout}; frame-src {checkout}; connect-src 'self' {sockets} {checkout}; "
        f"img-src 'self' data: {checkout}; style-src 'self' 'unsafe-inline'; font-src 'self' data:; worker-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


class StaticFiles:
    """Answers GET and HEAD for known files; everything else goes on to `app`."""

    def __init__(self, app: Any, assets: dict[str, Asset], csp: str) -> None:
        self.app = app
        self.assets = assets
        self.csp = csp.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asset = (
            self.assets.get(scope["path"])
            if scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
            else None
        )
        if asset is None:
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"])
        headers = [
            (b"content-type", asset.media_type.encode()),
            (b"etag", asset.etag.encode()),
            (b"cache-control", b"public, max-age=31536000, immutable" if asset.forever else b"no-cache"),
            (b"content-security-policy", self.csp),
            (b"vary", b"accept-encoding"),
        ]
        if given.get(b"if-none-match", b"").decode("latin-1") == asset.etag:
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        body = asset.body
        if asset.packed is not None and b"gzip" in given.get(b"accept-encoding", b""):
            body = asset.packed
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


@dataclass(frozen=True)
class Build:
    """The build of the screens that this process serves."""

    name: str
