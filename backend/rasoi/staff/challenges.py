"""Challenges that a passkey answers, and the pages that may ask for one. No I/O, and no state: the platform knows its own
challenges by their signature."""

from __future__ import annotations

import hmac
import secrets
from ipaddress import ip_address
from urllib.parse import urlsplit

from rasoi.platform.front_door import is_own_origin
from rasoi.platform.problems import Unprocessable

LIFETIME_S = 300
RANDOM, END, SIGNATURE = 16, 8, 32


class NoPasskeysHere(Unprocessable):
    slug, title = "no-passkeys-here", "Passkeys work on a page of our own that is served by HTTPS"


def _signature(key: str, purpose: str, body: bytes) -> bytes:
    return hmac.digest(key.encode(), purpose.encode() + b"\x00" + body, "sha256")


def new_challenge(key: str, purpose: str, now: int) -> bytes:
    """For this purpose only, for five minutes; `now` in epoch seconds."""
    body = secrets.token_bytes(RANDOM) + (now + LIFETIME_S).to_bytes(END, "big")
    return body + _signature(key, purpose, body)


def ends_at(key: str, purpose: str, challenge: bytes, now: int) -> int | None:
    """When the challenge ends, in epoch seconds; none for one that was never made for this, or is over."""
    body, signature = challenge[:-SIGNATURE], challenge[-SIGNATURE:]
    if len(challenge) != RANDOM + END + SIGNATURE:
        return None
    if not hmac.compare_digest(signature, _signature(key, purpose, body)):
        return None
    end = int.from_bytes(body[RANDOM:], "big")
    return end if now < end else None


def relying_party(origin: str | None, own: str, host: str) -> tuple[str, str]:
    """The page's origin, and the name that its passkeys belong to. Raises NoPasskeysHere for a page that is not ours, and
    where browsers have no passkeys: without HTTPS (but on localhost), or by an address instead of a name."""
    if not origin or not is_own_origin(origin, own, host):
        raise NoPasskeysHere
    parts = urlsplit(origin)
    name = parts.hostname or ""
    if (parts.scheme != "https" and name != "localhost") or not name or _is_address(name):
        raise NoPasskeysHere
    return origin, name


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
