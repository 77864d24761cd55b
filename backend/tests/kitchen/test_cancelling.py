"""Who is asked about a cancellation, who sees it, and what is told, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from rasoi.contracts.kitchen import CancelAccepted, CancelRefused, TicketState
from rasoi.contracts.orders import OrderCancelled, OrderCancelRequested, OrderPlaced
from rasoi.kitchen import repository, service
from rasoi.kitchen.schemas import Action
from rasoi.platform.auth import Principal, Tokens
from rasoi.platform.database import Database
from rasoi.platform.rights import NotPermitted
from rasoi.staff.api import LiftRefused
from tests.kitchen.conftest import OUTLET, Rig, again, check, line, order
from tests.lifts import is_used, lift

FLOOR = ("waiter", "manager", "owner")


def as_role(rig: Rig, role: str) -> Principal:
    return msgspec.structs.replace(rig.cook, role=role)


async def ask(rig: Rig, placed: OrderPlaced, by: str = "guest") -> None:
    await rig.handle(
        again(OrderCancelRequested, placed, status="preparing", cancel_requested=True, asked_by=by)
    )


async def answers(rig: Rig) -> list[CancelAccepted | CancelRefused]:
    return [data for _, _, data in await rig.log() if isinstance(data, CancelAccepted | CancelRefused)]


async def on(rig: Rig, station: str) -> list[TicketState]:
    return (await rig.board(station))[1]


async def placed_and_begun(rig: Rig, action: str = "start") -> tuple[OrderPlaced, UUID]:
    """An order on two stations; the tandoor's ticket is taken as far as `action`."""
    placed = order(OrderPlaced, line("Naan", "tandoor"), line("Dal", "curry"))
    await rig.handle(placed)
    [one] = await on(rig, "tandoor")
    assert (await rig.act(action, ticket_id=one.id, station="tandoor")).applied
    return placed, one.id


async def test_what_nobody_has_touched_is_cancelled_without_asking(rig: Rig) -> None:
    placed = order(
        OrderPlaced, line("Naan", "tandoor"), line("Kulfi", "desserts", course=2), held_courses=[2]
    )
    await rig.handle(placed)
    await ask(rig, placed)
    [said] = await answers(rig)
    assert isinstance(said, CancelAccepted) and (said.cooked_line_ids, said.decided_by) == ([], None)
    for station in ("tandoor", "desserts"):
        assert [(t.state, t.seen) for t in await on(rig, station)] == [("voided", False)]
    await check(rig)


async def test_what_a_cook_has_seen_is_asked_of_the_kitchen(rig: Rig) -> None:
    placed, _ = await placed_and_begun(rig, "see")
    await ask(rig, placed)
    assert await answers(rig) == []
    for station in ("tandoor", "curry"):
        [asked] = await on(rig, station)
        assert (asked.cancel_requested, asked.cancel_decider) == (True, "kitchen")
    await check(rig)


async def test_each_station_sees_by_itself_what_another_agreed_to(rig: Rig) -> None:
    placed, _ = await placed_and_begun(rig)
    await ask(rig, placed)
    assert (await rig.act("accept_cancel", order_id=placed.order_id, station="tandoor")).applied
    [said] = await answers(rig)
    assert isinstance(said, CancelAccepted)
    assert (said.by, said.decided_by) == (rig.cook.id, "kitchen")
    assert said.cooked_line_ids == [placed.lines[0].id]
    assert await on(rig, "tandoor") == []
    [struck] = await on(rig, "curry")
    assert (struck.state, struck.seen, [i.acknowledged for i in struck.items]) == ("voided", False, [False])
    events = len(await rig.log())
    await rig.handle(again(OrderCancelled, placed, status="cancelled"))
    assert len(await rig.log()) == events
    action_id = uuid4()
    for _ in range(2):
        seen = await rig.act("acknowledge", ticket_id=struck.id, station="curry", action_id=action_id)
        assert seen.applied
    assert await on(rig, "curry") == []
    assert len(await rig.log()) == events + 1
    second = await rig.act("acknowledge", ticket_id=struck.id, station="curry")
    assert (second.applied, second.reason) == (False, "already-so")
    await check(rig)


@pytest.mark.parametrize("status", ["cancelled", "expired", "rejected"])
async def test_however_an_order_dies_every_station_sees_it(rig: Rig, status: str) -> None:
    placed, _ = await placed_and_begun(rig)
    await rig.handle(again(OrderCancelled, placed, status=status))
    for station in ("tandoor", "curry"):
        [struck] = await on(rig, station)
        assert (struck.state, struck.seen) == ("voided", False)
        assert (await rig.act("acknowledge", ticket_id=struck.id)).applied
        assert await on(rig, station) == []
    await check(rig)


@pytest.mark.parametrize("role", FLOOR)
async def test_what_is_ready_is_the_floors_decision(rig: Rig, role: str, database: Database) -> None:
    placed, _ = await placed_and_begun(rig, "bump")
    await ask(rig, placed)
    listed = await repository.ready(rig.db, OUTLET, None, 10)
    assert {t.station for t in listed if t.cancel_decider == "floor"} == {"tandoor", "curry"}
    for action in ("accept_cancel", "refuse_cancel"):
        cook = await rig.act(action, order_id=placed.order_id, station="curry")
        assert (cook.applied, cook.reason) == (False, "waiter-decides")
        assert cook.detail and "waiter" in cook.detail
    assert await answers(rig) == []
    done = await rig.act(
        "accept_cancel", order_id=placed.order_id, reason="left", principal=as_role(rig, role)
    )
    assert done.applied
    [said] = await answers(rig)
    assert isinstance(said, CancelAccepted)
    assert (said.decided_by, said.reason, said.cooked_line_ids) == ("floor", "left", [placed.lines[0].id])
    assert await on(rig, "tandoor") == []
    assert [t.state for t in await on(rig, "curry")] == ["voided"]
    row = await database.fetchrow("SELECT actor_id, action, subject, detail FROM staff.audit")
    assert tuple(row) == (
        rig.cook.id, "order.accept_cancel", str(placed.order_id), {"reason": "left", "number": 12},
    )  # fmt: skip
    await check(rig)


async def test_the_floor_refuses_with_a_reason_and_a_cooks_question_is_not_the_waiters(rig: Rig) -> None:
    placed, one = await placed_and_begun(rig)
    await ask(rig, placed)
    waiter = as_role(rig, "waiter")
    early = await rig.act("refuse_cancel", order_id=placed.order_id, principal=waiter)
    assert (early.applied, early.reason) == (False, "kitchen-decides")
    assert (await rig.act("bump", ticket_id=one)).applied
    assert [t.cancel_decider for t in await on(rig, "curry")] == ["floor"]
    kept = await rig.act(
        "refuse_cancel", order_id=placed.order_id, reason="it is on the table", principal=waiter
    )
    assert kept.applied
    [said] = await answers(rig)
    assert isinstance(said, CancelRefused) and (said.decided_by, said.reason) == (
        "floor",
        "it is on the table",
    )
    assert [(t.cancel_requested, t.cancel_decider) for t in await on(rig, "curry")] == [(False, None)]
    await check(rig)


async def test_a_manager_answers_for_the_kitchen_too(rig: Rig) -> None:
    placed, _ = await placed_and_begun(rig)
    await ask(rig, placed)
    assert (
        await rig.act("accept_cancel", order_id=placed.order_id, principal=as_role(rig, "manager"))
    ).applied
    for station in ("tandoor", "curry"):
        assert [t.state for t in await on(rig, station)] == ["voided"], "no cook has seen it"
    await check(rig)


@pytest.mark.parametrize("role", FLOOR)
async def test_who_may_decide_is_not_asked_his_own_question(rig: Rig, role: str) -> None:
    placed, _ = await placed_and_begun(rig, "bump")
    await ask(rig, placed, by=role)
    [said] = await answers(rig)
    assert isinstance(said, CancelAccepted) and said.decided_by == "floor"
    await check(rig)


async def test_while_it_cooks_a_waiter_asks_the_kitchen(rig: Rig) -> None:
    placed, _ = await placed_and_begun(rig)
    await ask(rig, placed, by="waiter")
    assert await answers(rig) == []
    assert [t.cancel_decider for t in await on(rig, "curry")] == ["kitchen"]


async def test_refused_twice_with_its_own_versions(rig: Rig) -> None:
    placed, _ = await placed_and_begun(rig)
    for _ in range(2):
        await ask(rig, placed)
        assert (await rig.act("refuse_cancel", order_id=placed.order_id)).applied
    refusals = [version for _, version, data in await rig.log() if isinstance(data, CancelRefused)]
    assert refusals == [1, 2]
    await check(rig)


@pytest.mark.parametrize("role", FLOOR)
async def test_whoever_may_decide_answers_by_serving(rig: Rig, role: str) -> None:
    placed = order(OrderPlaced, line("Naan", "tandoor"))
    await rig.handle(placed)
    [one] = await on(rig, "tandoor")
    await rig.act("bump", ticket_id=one.id)
    await ask(rig, placed)
    assert await answers(rig) == []
    for named in ({"ticket_id": one.id}, {"order_id": placed.order_id}):
        cook = await rig.act("serve", **named)
        assert (cook.applied, cook.reason) == (False, "waiter-decides")
    passed = await rig.act("hand_over", order_id=placed.order_id)
    assert (passed.applied, passed.reason) == (False, "waiter-decides")
    assert await answers(rig) == []
    assert (await rig.act("serve", ticket_id=one.id, principal=as_role(rig, role))).applied
    assert [type(said) for said in await answers(rig)] == [CancelRefused]
    await rig.handle(again(OrderCancelRequested, placed, status="served", cancel_requested=True))
    assert [v for _, v, data in await rig.log() if isinstance(data, CancelRefused)] == [1, 2]
    await check(rig)


async def test_an_order_without_tickets_is_cancelled(rig: Rig) -> None:
    await ask(rig, order())
    assert [type(said) for said in await answers(rig)] == [CancelAccepted]


async def test_a_cancelled_order_stays_at_the_pass_until_it_is_cleared_there(rig: Rig) -> None:
    placed, _ = await placed_and_begun(rig, "bump")
    await ask(rig, placed, by="waiter")
    await rig.act("acknowledge", ticket_id=(await on(rig, "curry"))[0].id)

    async def at_pass() -> list[Any]:
        row = await repository.at_pass(rig.db, OUTLET, None)
        assert row.tickets is not None
        return [(t["station"], t["state"]) for t in msgspec.json.decode(row.tickets)]

    assert sorted(await at_pass()) == [("curry", "voided"), ("tandoor", "voided")]
    assert (await rig.act("clear", order_id=placed.order_id)).applied
    assert await at_pass() == []
    again_ = await rig.act("clear", order_id=placed.order_id)
    assert (again_.applied, again_.reason) == (False, "already-so")
    await check(rig)


async def test_two_who_answer_at_once_give_one_answer(rig: Rig) -> None:
    placed, _ = await placed_and_begun(rig, "bump")
    await ask(rig, placed)
    given = await asyncio.gather(
        *(
            rig.act(action, order_id=placed.order_id, principal=as_role(rig, "waiter"))
            for action in ("accept_cancel", "refuse_cancel") * 5
        )
    )
    assert sorted(each.applied for each in given) == [False] * 9 + [True]
    assert {each.reason for each in given} == {None, "no-cancellation-asked"}
    assert len(await answers(rig)) == 1
    await check(rig)


async def test_who_may_not_cancel_what_is_made_may_still_do_all_else(rig: Rig) -> None:
    placed, ticket = await placed_and_begun(rig)
    await ask(rig, placed)
    rig.ctx.get(Tokens).rights.take(OUTLET, 1, {"kitchen": {"cancel_made": {"allowed": False}}})
    with pytest.raises(NotPermitted):
        await rig.act("accept_cancel", order_id=placed.order_id, station="tandoor")
    assert await answers(rig) == []
    assert (await rig.act("bump", ticket_id=ticket)).applied
    assert (
        await rig.act("refuse_cancel", order_id=placed.order_id, principal=as_role(rig, "manager"))
    ).applied
    assert isinstance((await answers(rig))[0], CancelRefused)
    await check(rig)


async def test_what_is_made_is_cancelled_by_an_approval_of_that_order(rig: Rig, database: Database) -> None:
    placed, _ = await placed_and_begun(rig)
    await ask(rig, placed)
    rig.ctx.get(Tokens).rights.take(OUTLET, 1, {"kitchen": {"cancel_made": {"allowed": False}}})
    await database.execute("INSERT INTO staff.outlet (id, name) VALUES (1, 'Rasoi') ON CONFLICT DO NOTHING")
    token = await lift(database, rig.cook, "cancel_made", str(placed.order_id))
    action = Action(
        action_id=uuid4(), action="accept_cancel", order_id=placed.order_id, station="tandoor", reason="burnt"
    )
    with pytest.raises(LiftRefused):
        await service.act(rig.ctx, rig.cook, [action], "made up")
    for _ in range(2):  # sent again, it is what it was
        [result] = await service.act(rig.ctx, rig.cook, [action], token)
        assert result.applied and await is_used(database)
    detail = await database.fetchval("SELECT detail FROM staff.audit WHERE action = 'order.accept_cancel'")
    assert (detail["approved_by"], detail["reason"]) == ("Binod", "burnt")
    await check(rig)
