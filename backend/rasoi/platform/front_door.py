"""What is refused before anything is read: bodies that are no JSON, which a foreign page could post without asking; calls
that change something from a page that is not ours; and what is meant for the inside, from the outside."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from litestar import Request

from rasoi.platform import problems
from rasoi.platform.problems import Forbidden, Problem, Unauthenticated
from rasoi.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = "/api/payments/callback/"  # where the provider's page sends a browser; what it says is signed
INSIDE = ("/metrics", "/schema", "/api/asyncapi.json")
Headers = Mapping[bytes, bytes]


class UnsupportedMediaType(Problem):
    status: ClassVar[int] = 415
    slug: ClassVar[str] = "unsupported-media-type"
    title: ClassVar[str] = "Only JSON is read"


class ForeignPage(Forbidden):
    slug, title = "foreign-page", "That page is not ours"


class FrontDoor:
    """The checks of one installation."""

    def __init__(self, settings: Settings) -> None:
        self.own_origin = settings.url
        self.inside_is_open = settings.inside_is_open
        self.inside_token = settings.inside_token.encode()

    def check(self, scope: Any, headers: Headers) -> Problem | None:
        """Why a request is refused, if it is."""
        path: str = scope["path"]
        if path.startswith(INSIDE) and not self.is_inside(headers):
            return Unauthenticated("This is for the inside: INSIDE_TOKEN opens it.")
        if scope["method"] in SAFE or path.startswith(FORMS):
            return None
        if not self._is_own_page(headers):
            return ForeignPage("Calls that change something are taken from our own pages only.")
        if _has_body(headers) and _media_type(headers) != b"application/json":
            return UnsupportedMediaType("Send the body as application/json.")
        return None

    def is_inside(self, headers: Headers) -> bool:
        """Whether the caller may see what is for operators."""
        if self.inside_is_open:
            return True
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        fits = hmac.compare_digest(token.strip(), self.inside_token)
        return bool(self.inside_token) and scheme.lower() == b"bearer" and fits

    def _is_own_page(self, headers: Headers) -> bool:
        """Browsers say whose page calls; other programs say nothing of that, and are no page."""
        origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site")
        if origin is None:
            return site is None
        if site not in (None, b"same-origin"):
            return False
        return is_own_origin(
            origin.decode("latin-1"), self.own_origin, headers.get(b"host", b"").decode("latin-1")
        )


def is_own_origin(origin: str, own: str, host: str) -> bool:
    """Whether a page of that origin is ours: of our address, or of the one under which it was asked."""
    try:
        named = urlsplit(origin)
    except ValueError:
        return False
    return origin == own or (named.scheme in ("http", "https") and bool(host) and named.netloc == host)


def _has_body(headers: Headers) -> bool:
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def _media_type(headers: Headers) -> bytes:
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower()


async def refuse(problem: Problem, scope: Any, receive: Any, send: Any) -> None:
    """Answer with the problem."""
    scope.setdefault("state", {})
    await problems.send(problems.render(Request(scope, receive, send), problem), send)
