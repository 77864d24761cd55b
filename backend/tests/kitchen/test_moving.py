"""What the kitchen makes of a party that goes to another table, on a real PostgreSQL."""

from __future__ import annotations

from rasoi.contracts.kitchen import TicketChanged
from rasoi.contracts.orders import OrderMoved, OrderPlaced
from tests.kitchen.conftest import Rig, again, check, line, order


def two_dishes() -> OrderPlaced:
    return order(OrderPlaced, line("Naan", "tandoor"), line("Dal", "curry"))  # type: ignore[no-any-return]


async def test_tickets_name_the_new_table_in_one_step_of_each_board(rig: Rig) -> None:
    placed = two_dishes()
    await rig.handle(placed)
    [before] = (await rig.board("tandoor"))[1]
    assert (await rig.act("see", ticket_id=before.id, station="tandoor")).applied
    await rig.handle(again(OrderMoved, placed, table="Table 9"))
    for station in ("tandoor", "curry"):
        [ticket] = (await rig.board(station))[1]
        assert ticket.table == "Table 9"
    [after] = (await rig.board("tandoor"))[1]
    assert (after.id, after.number, after.items, after.version) == (before.id, before.number, before.items, 3)
    assert after.seen, "nobody has to look at it again"
    told = [
        data for _, _, data in await rig.log() if isinstance(data, TicketChanged) and data.action == "move"
    ]
    assert [(each.ticket.table, each.changed_items) for each in told] == [("Table 9", [])] * 2
    await check(rig)


async def test_it_is_done_once_however_often_it_is_told(rig: Rig) -> None:
    placed = two_dishes()
    await rig.handle(placed)
    for _ in range(3):
        await rig.handle(again(OrderMoved, placed, table="Table 9"))
    [ticket] = (await rig.board("curry"))[1]
    assert ticket.version == 2
    await check(rig)


async def test_what_is_brought_back_later_names_the_new_table_too(rig: Rig) -> None:
    placed = two_dishes()
    await rig.handle(placed)
    [ticket] = (await rig.board("curry"))[1]
    for action in ("bump", "serve"):
        assert (await rig.act(action, ticket_id=ticket.id)).applied
    steps = len(await rig.log())
    await rig.handle(again(OrderMoved, placed, table="Table 9"))
    assert len(await rig.log()) == steps + 1, "the tandoor's alone"
    assert (await rig.act("recall", ticket_id=ticket.id)).applied
    [back] = (await rig.board("curry"))[1]
    assert back.table == "Table 9"
    await check(rig)


async def test_what_the_kitchen_has_not_got_is_no_matter(rig: Rig) -> None:
    await rig.handle(again(OrderMoved, two_dishes(), table="Table 9"))
    assert await rig.log() == []
