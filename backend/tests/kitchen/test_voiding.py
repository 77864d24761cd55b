"""What the kitchen makes of a part of a line that was taken back, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from rasoi.contracts.kitchen import TicketChanged, TicketState
from rasoi.contracts.orders import LineState, OrderLineVoided, OrderPlaced
from rasoi.kitchen import api, repository
from tests.kitchen.conftest import OUTLET, Rig, again, check, line, order


def fewer(placed: OrderPlaced, *left: int) -> Any:
    """The event that so many are left of each line."""
    lines = [
        msgspec.structs.replace(each, quantity=now, status="active" if now else "voided")
        for each, now in zip(placed.lines, left, strict=True)
    ]
    more = {"voided_quantity": 1, "voided_paise": 100, "void_reason": "x", "begun": False}
    return again(OrderLineVoided, placed, lines=lines, line_id=lines[0].id, voided_by=placed.order_id, **more)


async def on(rig: Rig, station: str) -> list[TicketState]:
    return (await rig.board(station))[1]


def shown(ticket: TicketState) -> list[tuple[str, int, str]]:
    return [(item.name, item.quantity, item.state) for item in ticket.items]


async def stage(rig: Rig, placed: OrderPlaced, of: LineState) -> str | None:
    return await api.stage_of(rig.db, OUTLET, placed.order_id, of.id)


def two_dishes() -> OrderPlaced:
    """Two naan and two rotis of the tandoor, two dals of the curry station."""
    return order(OrderPlaced, line("Naan", "tandoor"), line("Roti", "tandoor"), line("Dal", "curry"))  # type: ignore[no-any-return]


async def test_a_part_is_struck_through_until_the_station_has_seen_it(rig: Rig) -> None:
    placed = two_dishes()
    await rig.handle(placed)
    [before] = await on(rig, "tandoor")
    assert (await rig.act("see", ticket_id=before.id, station="tandoor")).applied
    await rig.handle(fewer(placed, 1, 2, 2))
    [ticket] = await on(rig, "tandoor")
    assert shown(ticket) == [("Naan", 1, "queued"), ("Naan", 1, "voided"), ("Roti", 2, "queued")]
    kept, gone, _ = ticket.items
    assert (kept.id, kept.line_id == gone.line_id, ticket.seen) == (before.items[0].id, True, False)
    same = ("name", "variant", "modifiers", "note", "allergens", "allergies", "line_id")
    assert {name: getattr(kept, name) for name in same} == {name: getattr(gone, name) for name in same}
    assert (await rig.act("acknowledge", item_id=gone.id, station="tandoor")).applied
    [seen] = await on(rig, "tandoor")
    assert (seen.items[1].acknowledged, seen.seen) == (True, True)
    assert [shown(each) for each in await on(rig, "curry")] == [[("Dal", 2, "queued")]]
    await check(rig)


async def test_it_is_done_once_however_often_it_is_told(rig: Rig) -> None:
    placed = two_dishes()
    await rig.handle(placed)
    for _ in range(3):
        await rig.handle(fewer(placed, 1, 2, 2))
    [ticket] = await on(rig, "tandoor")
    assert ticket.version == 2
    await rig.handle(fewer(placed, 0, 2, 2))
    [ticket] = await on(rig, "tandoor")
    assert shown(ticket) == [("Naan", 1, "voided"), ("Naan", 1, "voided"), ("Roti", 2, "queued")]
    await check(rig)


async def test_what_is_left_goes_its_way_and_the_void_does_not(rig: Rig) -> None:
    placed = two_dishes()
    await rig.handle(placed)
    [ticket] = await on(rig, "tandoor")
    await rig.act("start", ticket_id=ticket.id)
    await rig.handle(fewer(placed, 1, 2, 2))
    assert (await rig.act("bump", ticket_id=ticket.id)).applied
    [ready] = await on(rig, "tandoor")  # for what no cook has seen
    assert (ready.state, shown(ready)[1]) == ("ready", ("Naan", 1, "voided"))
    assert (await rig.act("acknowledge", ticket_id=ticket.id)).applied
    assert await on(rig, "tandoor") == []
    await check(rig)


async def test_without_what_still_cooks_the_ticket_is_ready(rig: Rig) -> None:
    placed = two_dishes()
    await rig.handle(placed)
    [ticket] = await on(rig, "tandoor")
    await rig.act("start", ticket_id=ticket.id)
    await rig.act("bump", item_id=ticket.items[0].id)
    await rig.handle(fewer(placed, 2, 0, 2))
    _, _, told = (await rig.log())[-2]
    assert isinstance(told, TicketChanged)
    assert (told.ticket.state, told.ticket.ready_at is not None, told.action) == ("ready", True, "void_line")
    assert [each.id for each in told.ticket.items if each.id in told.changed_items] == [ticket.items[1].id]
    [curry] = await on(rig, "curry")
    assert [(each.station, each.state) for each in curry.other_stations] == [("tandoor", "ready")]
    await check(rig)


@pytest.mark.parametrize(
    ("reached", "visible", "at_pass"),
    [((), True, True), (("bump",), False, True), (("bump", "serve"), False, False)],
)
async def test_whoever_may_have_it_sees_that_it_is_voided(
    rig: Rig, reached: tuple[str, ...], visible: bool, at_pass: bool
) -> None:
    placed = order(OrderPlaced, line("Naan", "tandoor"))
    await rig.handle(placed)
    [ticket] = await on(rig, "tandoor")
    for action in reached:
        assert (await rig.act(action, ticket_id=ticket.id)).applied
    await rig.handle(fewer(placed, 0))
    row = await rig.db.fetchrow("SELECT state, visible, at_pass FROM kitchen.ticket")
    assert tuple(row) == ("voided", visible, at_pass)
    await check(rig)


async def test_a_served_part_comes_off_quietly(rig: Rig) -> None:
    placed = order(OrderPlaced, line("Naan", "tandoor"))
    await rig.handle(placed)
    [ticket] = await on(rig, "tandoor")
    for action in ("bump", "serve"):
        await rig.act(action, ticket_id=ticket.id)
    await rig.handle(fewer(placed, 1))
    assert await stage(rig, placed, placed.lines[0]) == "served"
    passed = await repository.at_pass(rig.db, OUTLET, None)
    assert passed.tickets == "[]" and await on(rig, "tandoor") == []
    await check(rig)


async def test_the_kitchen_tells_how_far_it_is_with_what_is_left(rig: Rig) -> None:
    placed = two_dishes()
    naan = placed.lines[0]
    assert await stage(rig, placed, naan) is None
    await rig.handle(placed)
    [ticket] = await on(rig, "tandoor")
    assert await stage(rig, placed, naan) == "queued"
    await rig.act("start", item_id=ticket.items[0].id)
    await rig.handle(fewer(placed, 1, 2, 2))
    assert (await stage(rig, placed, naan), await stage(rig, placed, placed.lines[1])) == (
        "cooking",
        "queued",
    )
    await rig.handle(fewer(placed, 0, 2, 2))
    assert await stage(rig, placed, naan) is None


async def test_a_course_that_is_held_stays_held(rig: Rig) -> None:
    placed = order(OrderPlaced, line("Kulfi", "desserts", course=2), held_courses=[2])
    await rig.handle(placed)
    await rig.handle(fewer(placed, 1))
    [ticket] = await on(rig, "desserts")
    assert (ticket.state, ticket.fired_at, shown(ticket)) == (
        "held",
        None,
        [("Kulfi", 1, "held"), ("Kulfi", 1, "voided")],
    )
    await check(rig)


async def test_an_order_that_the_kitchen_has_not_got_is_nothing_to_it(rig: Rig) -> None:
    placed = two_dishes()
    await rig.handle(fewer(placed, 1, 2, 2))
    assert await rig.log() == []


async def test_cooks_and_voids_at_the_same_moment(rig: Rig) -> None:
    for _ in range(10):
        placed = order(OrderPlaced, line("Naan", "tandoor"))
        await rig.handle(placed)
        ticket = next(each for each in await on(rig, "tandoor") if each.order_id == placed.order_id)
        await asyncio.gather(rig.act("start", ticket_id=ticket.id), rig.handle(fewer(placed, 1)))
        now = next(each for each in await on(rig, "tandoor") if each.order_id == placed.order_id)
        assert shown(now) == [("Naan", 1, "cooking"), ("Naan", 1, "voided")]
    await check(rig)
