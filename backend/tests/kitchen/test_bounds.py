"""One answer holds so many tickets of a board or of the pass, the foremost, and counts the rest; sequence and hash are of all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from rasoi.contracts.kitchen import TicketState
from rasoi.contracts.orders import OrderPlaced
from rasoi.kitchen import repository
from rasoi.kitchen.states import board_hash, pass_hash
from tests.kitchen.conftest import AT, OUTLET, Rig, line, order


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MOST", 3)


async def placed(rig: Rig, number: int, *lines: Any, **more: Any) -> OrderPlaced:
    at = AT + timedelta(minutes=number)
    made: OrderPlaced = order(OrderPlaced, *lines, number=number, placed_at=at, **more)
    await rig.handle(made)
    return made


async def board(rig: Rig) -> tuple[list[int], int, repository.BoardRow]:
    row, tickets = await rig.board("tandoor")
    return [each.order_number for each in tickets], row.more, row


async def at_pass(rig: Rig) -> tuple[list[int], int, repository.PassRow]:
    row = await repository.at_pass(rig.db, OUTLET, None)
    tickets = msgspec.json.decode(row.tickets or "", type=list[TicketState])
    return [each.order_number for each in tickets], row.more, row


async def test_a_board_shows_its_oldest_and_counts_the_rest(rig: Rig) -> None:
    orders = [await placed(rig, number, line("Naan", "tandoor")) for number in (1, 2, 3)]
    assert (await board(rig))[:2] == ([1, 2, 3], 0)
    for number in (4, 5):
        await placed(rig, number, line("Naan", "tandoor"))
    assert (await board(rig))[:2] == ([1, 2, 3], 2)
    await rig.act("rush", order_id=(await placed(rig, 9, line("Naan", "tandoor"))).order_id)
    assert (await board(rig))[:2] == ([9, 1, 2], 3)
    [second] = [each for each in (await rig.board("tandoor"))[1] if each.order_id == orders[1].order_id]
    await rig.act("bump", ticket_id=second.id)
    assert (await board(rig))[:2] == ([9, 1, 3], 2)


async def test_what_is_held_stands_behind_what_can_be_made(rig: Rig) -> None:
    for number in (1, 2):
        await placed(
            rig, number, line("Naan", "tandoor"), line("Kulfi", "tandoor", course=2), held_courses=[2]
        )
    await placed(rig, 3, line("Naan", "tandoor"))
    row, tickets = await rig.board("tandoor")
    assert [(each.order_number, each.state) for each in tickets] == [(n, "queued") for n in (1, 2, 3)]
    assert row.more == 2


async def test_sequence_and_hash_are_of_all(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 8):
        await placed(rig, number, line("Naan", "tandoor"), line("Dal", "curry"))
    few, passed = (await board(rig))[2], (await at_pass(rig))[2]
    assert (few.more, passed.more) == (4, 12)
    monkeypatch.setattr(repository, "MOST", 300)
    whole, tickets = await rig.board("tandoor")
    assert (few.sequence, few.hash) == (whole.sequence, whole.hash) == (7, board_hash(tickets))
    everything = (await at_pass(rig))[2]
    all_tickets = msgspec.json.decode(everything.tickets or "", type=list[TicketState])
    assert (passed.sequence, passed.hash) == (everything.sequence, pass_hash(all_tickets))
    assert len(all_tickets) == 14


async def test_who_knows_the_hash_of_all_is_told_that_nothing_has_changed(rig: Rig) -> None:
    for number in range(1, 8):
        await placed(rig, number, line("Naan", "tandoor"))
    known = (await board(rig))[2].hash
    same = await repository.board(rig.db, OUTLET, "tandoor", known)
    assert same is not None and same.tickets is None
    assert (await repository.at_pass(rig.db, OUTLET, known)).tickets is None


async def test_an_order_is_at_the_pass_with_all_of_its_own_or_not(rig: Rig) -> None:
    """A part of it would look like all of it, and go out without the rest."""
    await placed(rig, 1, line("Naan", "tandoor"), line("Dal", "curry"))
    await placed(rig, 2, line("Naan", "tandoor"), line("Dal", "curry"))
    await placed(rig, 3, line("Naan", "tandoor"))
    assert (await at_pass(rig))[:2] == ([1, 1], 3)
    await rig.act("rush", order_id=(await placed(rig, 4, line("Naan", "tandoor"))).order_id)
    assert (await at_pass(rig))[:2] == ([4, 1, 1], 3)
