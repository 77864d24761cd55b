"""A screen's picture follows the board through gaps, repeats and reordering."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rasoi.rush.board import ScreenBoard, checksum

Json = dict[str, Any]


def ticket(id: str, version: int = 1, state: str = "queued", acknowledged: bool = False) -> Json:
    items = [{"state": state, "acknowledged": acknowledged}]
    return {"id": id, "version": version, "state": state, "items": items}


class Server:
    """A board with its history."""

    def __init__(self) -> None:
        self.sequence = 0
        self.tickets: dict[str, Json] = {}
        self.changes: list[Json] = []
        self.snapshots = [self.snapshot()]

    def snapshot(self) -> Json:
        return {"sequence": self.sequence, "tickets": list(self.tickets.values())}

    def put(self, id: str, state: str) -> None:
        self.sequence += 1
        after = ticket(id, self.sequence, state)
        self.tickets.pop(id, None)
        if state in ("held", "queued", "cooking", "voided"):
            self.tickets[id] = after
        change = {"sequence": self.sequence, "hash": checksum(self.tickets), "ticket": after}
        self.changes.append(change)
        self.snapshots.append(self.snapshot())


def test_changes_follow_the_snapshot() -> None:
    server, board = Server(), ScreenBoard()
    server.put("a", "queued")
    board.snapshot(server.snapshot())
    server.put("b", "queued")
    server.put("a", "ready")
    assert all(board.change(change) for change in server.changes)
    assert set(board.tickets) == {"b"}
    assert board.sequence == 3
    assert board.hash == server.changes[-1]["hash"]


def test_a_gap_is_noticed_and_a_snapshot_closes_it() -> None:
    server, board = Server(), ScreenBoard()
    board.snapshot(server.snapshot())
    server.put("a", "queued")
    server.put("b", "queued")
    assert not board.change(server.changes[1])
    assert not board.tickets
    board.snapshot(server.snapshots[1])
    assert set(board.tickets) == {"a", "b"}


def test_what_comes_before_the_first_snapshot_waits() -> None:
    server, board = Server(), ScreenBoard()
    server.put("a", "queued")
    server.put("b", "queued")
    assert not board.change(server.changes[1])
    board.snapshot(server.snapshots[1])
    assert set(board.tickets) == {"a", "b"}


def test_an_older_snapshot_changes_nothing() -> None:
    server, board = Server(), ScreenBoard()
    server.put("a", "queued")
    board.snapshot(server.snapshot())
    board.snapshot(server.snapshots[0])
    assert set(board.tickets) == {"a"}


def test_a_wrong_picture_shows_in_the_hash() -> None:
    server, board = Server(), ScreenBoard()
    board.snapshot({"sequence": 0, "tickets": [ticket("ghost")]})
    server.put("a", "queued")
    assert not board.change(server.changes[0])


def test_what_was_voided_stands_until_a_cook_has_seen_it() -> None:
    board = ScreenBoard()
    board.snapshot({"sequence": 0, "tickets": []})
    board.change({"sequence": 1, "hash": 0, "ticket": ticket("a", 2, "voided")})
    assert set(board.tickets) == {"a"}
    board.change({"sequence": 2, "hash": 0, "ticket": ticket("a", 3, "voided", acknowledged=True)})
    assert not board.tickets


STEPS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(("held", "queued", "cooking", "ready", "voided"))),
    max_size=20,
)


@given(STEPS, st.data())
def test_any_order_and_any_losses_end_in_the_same_picture(steps: list[tuple[str, str]], data: Any) -> None:
    server, board = Server(), ScreenBoard()
    for id, state in steps:
        server.put(id, state)
    heard = data.draw(st.lists(st.sampled_from(server.changes), max_size=30)) if server.changes else []
    board.snapshot(server.snapshots[data.draw(st.integers(0, len(steps)))])
    for change in heard:
        if not board.change(change):
            board.snapshot(server.snapshots[-1])
    board.snapshot(server.snapshots[-1])
    assert board.tickets == server.tickets
