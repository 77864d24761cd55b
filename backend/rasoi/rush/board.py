"""A kitchen screen's picture of its board, rebuilt from a snapshot and the changes after it. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
OPEN = ("held", "queued", "cooking")


def is_visible(ticket: Json) -> bool:
    """Open, or with something voided that no cook has seen."""
    return ticket["state"] in OPEN or any(map(is_unseen_void, ticket["items"]))


def is_unseen_void(item: Json) -> bool:
    return bool(item["state"] == "voided" and not item["acknowledged"])


def checksum(tickets: dict[str, Json]) -> int:
    """The sum modulo 2^32 of CRC-32 of `id:version`."""
    return (
        sum(zlib.crc32(f"{ticket['id']}:{ticket['version']}".encode()) for ticket in tickets.values()) % 2**32
    )


@dataclass
class ScreenBoard:
    """`sequence` is the last change taken in, None before the first snapshot and after a gap."""

    sequence: int | None = None
    tickets: dict[str, Json] = field(default_factory=dict)
    early: dict[int, Json] = field(default_factory=dict)

    @property
    def hash(self) -> int:
        return checksum(self.tickets)

    def lose_track(self) -> None:
        """The connection was cut: only a snapshot helps."""
        self.sequence = None

    def snapshot(self, board: Json) -> None:
        """Start from the server's picture, then take in what came before it."""
        if self.sequence is not None and board["sequence"] < self.sequence:
            return
        self.sequence = board["sequence"]
        self.tickets = {ticket["id"]: ticket for ticket in board["tickets"]}
        self._catch_up()

    def change(self, change: Json) -> bool:
        """Take in one change: known + 1; older ones are dropped. False on a gap, or where the hash differs."""
        self.early[change["sequence"]] = change
        return self._catch_up()

    def _catch_up(self) -> bool:
        if self.sequence is None:
            return False
        right = True
        while change := self.early.pop(self.sequence + 1, None):
            self.sequence += 1
            ticket = change["ticket"]
            if is_visible(ticket):
                self.tickets[ticket["id"]] = ticket
            else:
                self.tickets.pop(ticket["id"], None)
            right = self.hash == change["hash"]
        self.early = {sequence: change for sequence, change in self.early.items() if sequence > self.sequence}
        return right and not self.early
