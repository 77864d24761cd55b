"""All that a screen may send, as a grammar: who it is (once), `join`, `leave`, the answer to a ping, goodbye. Nothing else
is read any further: no other event, namespace, acknowledgement or binary packet."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec

LONGEST_CHARS = 8 * 1024  # a token takes less than one
PONG, CLOSE, GOODBYE = "3", "1", "41"
ASKED = re.compile(r"42([0-9]{0,10})(\[.*)", re.DOTALL)


class BadPacket(Exception):
    """What no screen sends; the text says what was wrong with it, in words of ours only."""


class Pong(msgspec.Struct, frozen=True):
    """The answer to a ping."""


class Goodbye(msgspec.Struct, frozen=True):
    """The screen is closed."""


class Introduction(msgspec.Struct, frozen=True):
    """Who the screen is. Comes first, and once."""

    token: str = ""


class Asked(msgspec.Struct, frozen=True):
    """`join` or `leave`, with the number that the answer shall carry, if one is wanted."""

    event: Literal["join", "leave"]
    number: str
    channel: Any


class _Argument(msgspec.Struct, forbid_unknown_fields=True):
    channel: Any = None


_introduction = msgspec.json.Decoder(Introduction)
_asked = msgspec.json.Decoder(tuple[Literal["join", "leave"], _Argument])
Packet = Pong | Goodbye | Introduction | Asked


def read(text: str | None) -> Packet:
    """One packet of Socket.IO in one of Engine.IO. Raises BadPacket."""
    if text is None:
        raise BadPacket("binary")
    if len(text) > LONGEST_CHARS:
        raise BadPacket("too long")
    if text == PONG:
        return Pong()
    if text in (CLOSE, GOODBYE):
        return Goodbye()
    try:
        if text.startswith("40"):
            return _introduction.decode(text[2:] or "{}")
        if found := ASKED.fullmatch(text):
            event, argument = _asked.decode(found[2])
            return Asked(event, found[1], argument.channel)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadPacket("malformed") from None
    raise BadPacket("of no known kind")


class Budget:
    """What one connection may use: `most` at once, and `per_s` in the long run."""

    __slots__ = ("clock", "left", "most", "per_s", "since")

    def __init__(self, most: float, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.per_s, self.clock = most, per_s, clock
        self.left, self.since = most, clock()

    def take(self, amount: float) -> bool:
        """Use some. False when there is not enough."""
        now = self.clock()
        self.left = min(self.most, self.left + (now - self.since) * self.per_s)
        self.since = now
        if amount > self.left:
            return False
        self.left -= amount
        return True
