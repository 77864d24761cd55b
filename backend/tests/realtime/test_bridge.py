"""Who may connect and join, when they are sent away, and what they are shown."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import msgspec
import pytest
import socketio

from rasoi.contracts import inventory, kitchen, menu, notifications, orders, payments
from rasoi.contracts.staff import PersonChanged, RightsChanged, SessionRevoked
from rasoi.platform.auth import Tokens
from rasoi.platform.events import REGISTRY, Contract, Event, new_event
from rasoi.platform.roles import ALL_ROLES
from rasoi.realtime import ROOM
from rasoi.realtime.bridge import Bridge
from rasoi.realtime.channels import Channel
from rasoi.realtime.table import ROUTES
from tests.realtime.conftest import Client, Rig, Serve, principal

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SECRET_ID = UUID("5ec2e700-0000-7000-8000-000000000000")
ORDER, BILL, PAYMENT = uuid4(), uuid4(), uuid4()
ROLES = sorted(ALL_ROLES)
MAY = {
    "kitchen:1:tandoor": {"waiter", "kitchen", "manager", "owner"},
    "pass:1": {"waiter", "kitchen", "manager", "owner"},
    "floor:1": {"waiter", "manager", "owner"},
    "manage:1": {"manager", "owner"},
    "menu:1": set(ROLES),
    f"bill:{BILL}": {"waiter", "manager", "owner"},
    f"order:{ORDER}": {"waiter", "manager", "owner"},
    "kitchen:2:tandoor": set(),
    "pass:2": set(),
    "floor:2": set(),
    "menu:2": set(),
    "manage:2": set(),
}
UNKNOWN = [
    "",
    "floor",
    "floor:",
    "floor:x",
    "floor:1:",
    "floor:01",
    "kitchen:1",
    "kitchen:1:",
    "order:1",
    "bill:",
    "x:1",
    "menu:1:1",
]


@pytest.fixture
async def rig(serve: Serve) -> Rig:
    return await serve()


@pytest.mark.parametrize("role", ROLES)
async def test_every_channel_by_every_role(rig: Rig, role: str) -> None:
    client = await rig.connect(role)
    for channel, roles in MAY.items():
        answer = await client.join(channel)
        assert answer["ok"] == (role in roles), (role, channel, answer)
        assert answer["ok"] or answer["reason"]
    bad: list[Any] = [*UNKNOWN, None, 1, ["floor:1"], "x" * 1000]
    for channel in bad:
        assert await client.join(channel) == {"ok": False, "reason": "no such channel"}


async def test_a_guest_joins_the_bill_and_order_of_the_own_session(rig: Rig) -> None:
    client = await rig.connect("guest")
    rig.seen.add((1, client.principal.session_id, "order", ORDER))
    assert (await client.join(f"order:{ORDER}"))["ok"]
    assert not (await client.join(f"order:{uuid4()}"))["ok"]
    assert not (await client.join(f"bill:{ORDER}"))["ok"]
    rig.bridge.publish(*heard(order_event()))
    [change] = await client.wait_for("change")
    assert (change["channel"], change["subject"], change["version"]) == (f"order:{ORDER}", "s", 3)
    assert change["data"]["order"]["number"] == 12


async def test_a_busy_kitchen_buries_no_tablet_and_drops_nothing(rig: Rig) -> None:
    tablet, station = await rig.connect("waiter"), await rig.connect("kitchen")
    await tablet.join("floor:1")
    await station.join("kitchen:1:tandoor")
    for _ in range(100):
        rig.bridge.publish(*heard(ticket_event("tandoor")))
        await asyncio.sleep(0.005)
    assert len(await station.wait_for("change", 100)) == 100
    await tablet.wait(lambda client: len(_carried(client)) == 100)
    assert len(tablet.heard) < 10


def _carried(client: Client) -> list[Any]:
    alone = [[change] for change in client.of("change")]
    return [change for frame in [*alone, *client.of("changes")] for change in frame]


async def test_another_outlets_order_is_silent(rig: Rig) -> None:
    stranger = await rig.connect(principal("owner", outlet_id=2))
    assert (await stranger.join(f"order:{ORDER}"))["ok"]
    assert (await stranger.join("floor:2"))["ok"]
    rig.bridge.publish(*heard(order_event()))
    await stranger.join("menu:2")
    assert stranger.of("change") == []


async def test_hello_names_the_build(rig: Rig) -> None:
    client = await rig.connect("kitchen")
    assert await client.wait_for("hello") == [{"build": "build-1"}]


@pytest.mark.parametrize("token", ["", "nonsense", None])
async def test_without_a_good_token_nobody_connects(rig: Rig, token: str | None) -> None:
    forged = (
        token
        if token is not None
        else Tokens("another secret, of the same length as ours").issue(principal("owner"), 60)
    )
    with pytest.raises(socketio.exceptions.ConnectionError):
        await rig.connect("owner", token=forged)
    assert rig.bridge.screens == {}


async def test_an_expired_token_is_refused_and_one_that_expires_is_sent_away(rig: Rig) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        await rig.connect("waiter", seconds=-1)
    client = await rig.connect("waiter", seconds=2)
    await client.join("floor:1")
    await client.wait_for("disconnect")
    assert [name for name, _ in client.heard][-2:] == ["expired", "disconnect"]
    assert (rig.bridge.screens, rig.bridge.sio.has_members(Channel.of_outlet("floor", 1).room)) == ({}, False)


async def test_a_revoked_session_is_sent_away_and_stays_away(rig: Rig) -> None:
    client, other = await rig.connect("waiter"), await rig.connect("waiter")
    session = client.principal.session_id
    rig.revoked.add(session)
    await rig.bridge.end_session(session)
    await client.wait_for("disconnect")
    assert [name for name, _ in client.heard][-2:] == ["revoked", "disconnect"]
    assert other.sio.connected
    with pytest.raises(socketio.exceptions.ConnectionError):
        await rig.connect(client.principal)


@pytest.mark.parametrize(
    ("role", "active", "stays"), [("waiter", True, True), ("waiter", False, False), ("manager", True, False)]
)
async def test_a_person_who_left_or_has_another_role_is_sent_away(
    rig: Rig, role: str, active: bool, stays: bool
) -> None:
    client = await rig.connect("waiter")
    data = PersonChanged(person_id=client.principal.id, role=role, active=active)
    await ROOM.broadcast_handlers[PersonChanged](Holder(rig.bridge), *heard(data))  # type: ignore[arg-type]
    if stays:
        assert (await client.join("floor:1"))["ok"]
    else:
        await client.wait_for("revoked")


async def test_a_change_at_one_outlet_sends_nobody_away_from_another(rig: Rig) -> None:
    """The same person, who is something else there."""
    away = await rig.connect(principal("waiter", outlet_id=2))
    data = PersonChanged(person_id=away.principal.id, role="manager", active=False)
    await ROOM.broadcast_handlers[PersonChanged](Holder(rig.bridge), *heard(data))  # type: ignore[arg-type]
    assert (await away.join("floor:2"))["ok"]


async def test_who_loses_the_right_to_a_channel_comes_in_anew_and_is_refused_there(rig: Rig) -> None:
    there, elsewhere, owner = [await rig.connect(role) for role in ("manager", "manager", "owner")]
    for client in (there, owner):
        assert (await client.join("manage:1"))["ok"]
    assert (await elsewhere.join("floor:1"))["ok"]
    rows = [{"outlet_id": 1, "version": 1, "granted": {"manager": {"see_money": {"allowed": False}}}}]
    parts = {Bridge: rig.bridge, Tokens: rig.tokens}
    context: Any = SimpleNamespace(
        get=parts.__getitem__, db=SimpleNamespace(fetch=AsyncMock(return_value=rows))
    )
    await ROOM.broadcast_handlers[RightsChanged](context, *heard(RightsChanged(rights_version=1)))
    await there.wait_for("disconnect")
    assert [name for name, _ in there.heard][-2:] == ["expired", "disconnect"]
    assert elsewhere.sio.connected and owner.sio.connected
    again = await rig.connect(there.principal)
    assert (await again.join("manage:1")) == {"ok": False, "reason": "not allowed"}
    assert (await again.join("floor:1"))["ok"]


class Holder:
    """A context with the bridge in it."""

    def __init__(self, bridge: Any) -> None:
        self.bridge = bridge

    def get(self, kind: type) -> Any:
        return self.bridge


async def test_the_handlers_reach_the_bridge(rig: Rig) -> None:
    client = await rig.connect("guest")
    await client.join("menu:1")
    context: Any = Holder(rig.bridge)
    data = menu.AvailabilityChanged(item_id=ORDER, name="Naan", available=False, reason="staff", remaining=0)
    await ROOM.broadcast_handlers[menu.AvailabilityChanged](context, *heard(data))
    [change] = await client.wait_for("change")
    assert change["data"] == {
        "item_id": str(ORDER),
        "available": False,
        "remaining": 0,
        "choices_changed": False,
    }
    await ROOM.broadcast_handlers[SessionRevoked](
        context, *heard(SessionRevoked(session_id=client.principal.session_id))
    )
    await client.wait_for("revoked")


@pytest.mark.parametrize("cls", [orders.SittingEnded, orders.SittingChanged])
async def test_what_ends_a_visit_ends_its_screens_and_no_others(
    rig: Rig, cls: type[orders.SittingState]
) -> None:
    gone, here = await rig.connect("guest"), await rig.connect("guest")
    data = orders.SittingEnded(
        sitting_id=uuid4(),
        table_id=uuid4(),
        table="Table 4",
        state="ended",
        opened_by="guest",
        opened_at=AT,
        ended_session_ids=[gone.principal.session_id],
    )
    context: Any = Holder(rig.bridge)
    await ROOM.broadcast_handlers[cls](context, *heard(data))
    await gone.wait_for("revoked")
    assert (await here.join("menu:1"))["ok"]


async def test_a_screen_joins_a_bounded_number_of_channels(rig: Rig) -> None:
    client = await rig.connect("owner")
    answers = await asyncio.gather(*(client.join(f"order:{uuid4()}") for _ in range(101)))
    assert sorted(answer["ok"] for answer in answers) == [False] + [True] * 100
    await client.join("floor:1")


async def test_the_kitchen_hears_its_own_station(rig: Rig) -> None:
    client = await rig.connect("kitchen")
    await client.join("kitchen:1:tandoor")
    rig.bridge.publish(*heard(ticket_event("curry")))
    rig.bridge.publish(*heard(ticket_event("tandoor")))
    [change] = await client.wait_for("change")
    assert change["channel"] == "kitchen:1:tandoor"
    assert set(change["data"]) == {"sequence", "hash", "ticket", "action_id"}
    assert change["data"]["ticket"]["station"] == "tandoor"


def heard(data: Contract) -> tuple[Event, Contract]:
    return new_event(data, subject="s", outlet_id=1, version=3), data


def order_event(cls: type[Contract] = orders.OrderPlaced) -> Contract:
    line = orders.LineState(
        id=uuid4(), item_id=uuid4(), variant_id=uuid4(), name="Naan", variant=None, quantity=1, station="STATION",
        modifiers=[orders.ModifierState(id=uuid4(), name="Butter", price_paise=1)], unit_price_paise=1, total_paise=1,
        taxable_paise=1, allergens=[], allergies=["LINE ALLERGY"], note=None, course=1,
    )  # fmt: skip
    void = {
        "line_id": line.id, "voided_quantity": 1, "voided_paise": 1, "void_reason": "x", "begun": True, "voided_by": SECRET_ID,
    }  # fmt: skip
    discount = {
        "discount_id": line.id, "discount_kind": "manual", "off_paise": 1, "discount_reason": "x", "changed_by": SECRET_ID,
    }  # fmt: skip
    more: dict[str, Any] = {orders.OrderLineVoided: void, orders.OrderDiscounted: discount}.get(cls, {})
    return cls(
        order_id=ORDER, bill_id=BILL, session_id=SECRET_ID, number=12, type="dine_in", status="placed", table_id=SECRET_ID,
        business_day=date(2026, 11, 21), placed_at=AT, payment="prepaid", total_paise=1, held_courses=[2], lines=[line],
        allergies=["PARTY ALLERGY"], **more,
    )  # fmt: skip


def ticket_event(station: str = "tandoor", cls: type[Contract] = kitchen.TicketOpened) -> Contract:
    ticket = kitchen.TicketState(
        id=uuid4(), number=1, station=station, order_id=ORDER, order_number=12, type="dine_in", state="queued", placed_at=AT,
        version=1, items=[],
    )  # fmt: skip
    return cls(sequence=3, hash=4, ticket=ticket, action="open", by=SECRET_ID)


def bill_event(cls: type[Contract]) -> Contract:
    return cls(
        bill_id=BILL, type="dine_in", status="open", session_ids=[SECRET_ID], order_ids=[ORDER], total_paise=1, paid_paise=0,
        refunded_paise=0, due_paise=1, payment_status="unpaid", table_id=SECRET_ID,
    )  # fmt: skip


def payment_event(cls: type[Contract]) -> Contract:
    refund = {"refund_id": PAYMENT, "refund_paise": 1, "refund_status": "pending", "reason": "STAFF REASON"}
    return cls(
        payment_id=PAYMENT, bill_id=BILL, order_id=ORDER, amount_paise=1, status="pending", captured_paise=0, refunded_paise=0,
        business_day=date(2026, 11, 21), **(refund if cls is payments.RefundChanged else {}),
    )  # fmt: skip


def notification(audience: str = "staff") -> Contract:
    return notifications.NotificationChanged(
        notification_id=uuid4(), audience=audience, kind="ready", title="t", text="TEXT", order_id=ORDER, bill_id=BILL,
        state="queued", created_at=AT,
    )  # fmt: skip


def stock(cls: type[Contract]) -> Contract:
    return cls(
        stock_id=uuid4(), name="Paneer", kind="counted", unit="piece", on_hand_milli=0, reserved_milli=0, available_milli=0,
        reorder_level_milli=0, low=True,
    )  # fmt: skip


def sample(cls: type[Contract]) -> Contract:
    """An event of that class, with a secret in every staff field."""
    if issubclass(cls, orders.OrderState):
        return order_event(cls)
    if issubclass(cls, orders.BillState):
        return bill_event(cls)
    if issubclass(cls, orders.SittingState):
        return cls(
            sitting_id=uuid4(), table_id=SECRET_ID, table="Table 4", state="open", opened_by="STAFF REASON",
            opened_at=AT, ended_session_ids=[SECRET_ID],
        )  # fmt: skip
    if issubclass(cls, payments.PaymentState):
        return payment_event(cls)
    if issubclass(cls, kitchen.BoardChange):
        return ticket_event(cls=cls)
    if issubclass(cls, inventory.StockState):
        return stock(cls)
    if cls is menu.MenuRepublished:
        return menu.MenuRepublished(menu_version=2)
    if cls is menu.AvailabilityChanged:
        return menu.AvailabilityChanged(item_id=uuid4(), name="Naan", available=False, reason="STAFF REASON")
    return notification()


SECRETS = (
    *(str(SECRET_ID), "STATION", "STAFF REASON", "TEXT", "session", "held_courses", "station", "waiter"),
    *("LINE ALLERGY", "PARTY ALLERGY"),
)


@pytest.mark.parametrize("cls", ROUTES, ids=lambda cls: cls.__name__)
def test_guests_never_receive_a_staff_field(cls: type[Contract]) -> None:
    event, data = heard(sample(cls))
    for where, audience in ROUTES[cls]:
        kinds = {channel.kind for channel in where(event, data)}
        if kinds & GUESTS_JOIN:
            assert not kinds & {"floor", "manage", "kitchen"}
            shown = msgspec.json.encode(audience(event, data)).decode()
            assert [secret for secret in SECRETS if secret in shown] == []


TO_GUESTS = {
    orders.OrderState: {"bill", "order"},
    orders.BillState: {"bill", "order"},
    orders.SittingState: {"sitting"},
    payments.PaymentState: {"bill", "order"},
    payments.ShiftChanged: set(),
    notifications.NotificationChanged: {"bill", "order"},
    menu.AvailabilityChanged: {"menu"},
    menu.MenuRepublished: {"menu"},
    kitchen.BoardChange: set(),
    inventory.StockState: set(),
}
GUESTS_JOIN = {"bill", "order", "sitting", "menu"}


@pytest.mark.parametrize("cls", ROUTES, ids=lambda cls: cls.__name__)
def test_only_what_concerns_guests_goes_where_guests_are(cls: type[Contract]) -> None:
    event, data = heard(sample(cls))
    [expected] = [kinds for base, kinds in TO_GUESTS.items() if issubclass(cls, base)]
    reached = {channel.kind for where, _ in ROUTES[cls] for channel in where(event, data)}
    assert reached & GUESTS_JOIN == expected
    if not expected:
        assert reached <= {"floor", "manage", "kitchen", "pass"}


def test_a_guests_notification_reaches_guests() -> None:
    event, data = heard(notification("guest"))
    shown = [
        audience(event, data)
        for where, audience in ROUTES[type(data)]
        if next(iter(where(event, data))).kind == "bill"
    ]
    assert msgspec.json.encode(shown[0]).count(b"TEXT") == 1


def test_every_event_for_people_has_a_route() -> None:
    silent = {f"rasoi.kitchen.{name}.v1" for name in ("cancel_accepted", "cancel_refused", "handed_over")}
    silent.add("rasoi.bill.document_issued.v1")  # its bill's own event goes out with it
    routed = {cls.event_type for cls in ROUTES}
    rooms = {"orders", "payments", "kitchen", "menu", "inventory", "notifications"}
    assert {name for name, cls in REGISTRY.items() if cls.event_room in rooms} - routed == silent
