"""Which channel a screen asks for, and who may listen to it: every name and every role."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from rasoi.platform.rights import Rights
from rasoi.realtime.channels import Channel
from tests.realtime.conftest import principal

ID = "0192f0c5-7a00-7000-8000-000000000001"
FLOOR, STAFF = {"waiter", "manager", "owner"}, {"waiter", "kitchen", "manager", "owner"}


@pytest.mark.parametrize(
    ("name", "kind", "rest"),
    [
        ("kitchen:1:tandoor", "kitchen", "1:tandoor"),
        ("kitchen:1:" + "t" * 90, "kitchen", "1:" + "t" * 90),
        ("pass:1", "pass", "1"),
        ("floor:1", "floor", "1"),
        ("manage:1", "manage", "1"),
        ("menu:1", "menu", "1"),
        (f"bill:{ID}", "bill", ID),
        (f"order:{ID.upper()}", "order", ID),
        (f"sitting:{ID}", "sitting", ID),
    ],
)
def test_a_screen_asks_for_a_channel_by_its_name(name: str, kind: str, rest: str) -> None:
    found = Channel.parse(name, principal("waiter"))
    assert found == Channel(1, kind, rest)
    assert (found.name, found.room) == (f"{kind}:{rest}", f"1/{kind}:{rest}")


@pytest.mark.parametrize(
    "name",
    [
        None,
        5,
        ["floor:1"],
        "",
        "floor",
        "kitchen:1",
        "kitchen:1:",
        "kitchen:2:tandoor",
        "bar:1:tandoor",
        "kitchen:1:" + "t" * 91,
        "floor:2",
        "pass:2",
        "pass:1:tandoor",
        "floor:1:tandoor",
        "bar:1",
        f"bar:{ID}",
        "bill:1",
        "order:",
    ],
)
def test_what_names_no_channel_of_the_outlet_is_none(name: object) -> None:
    assert Channel.parse(name, principal("owner")) is None


async def nothing(*_: object) -> bool:
    return False


@pytest.mark.parametrize(
    ("channel", "roles"),
    [
        (Channel.kitchen(1, "tandoor"), STAFF),
        (Channel.of_outlet("pass", 1), STAFF),
        (Channel.of_outlet("floor", 1), FLOOR),
        (Channel.of_outlet("manage", 1), {"manager", "owner"}),
        (Channel.of_outlet("menu", 1), {*STAFF, "guest"}),
        (Channel.of("bill", 1, UUID(ID)), FLOOR),
        (Channel.of("order", 1, UUID(ID)), FLOOR),
        (Channel.of("sitting", 1, UUID(ID)), FLOOR),
        (Channel.kitchen(2, "tandoor"), set()),
        (Channel.of_outlet("menu", 2), set()),
        (Channel.of("bill", 2, UUID(ID)), set()),
    ],
    ids=lambda given: given.room if isinstance(given, Channel) else "",
)
async def test_who_may_listen(channel: Channel, roles: set[str]) -> None:
    asked = [*STAFF, "guest", "stranger"]
    assert {role for role in asked if await channel.may_join(principal(role), nothing, Rights())} == roles


@pytest.mark.parametrize("kind", ["bill", "order", "sitting"])
async def test_a_guest_hears_of_what_the_session_may_see(kind: str) -> None:
    guest, seen = principal("guest"), uuid4()

    async def may_see(outlet_id: int, session_id: UUID, asked: str, id: UUID) -> bool:
        return (outlet_id, session_id, asked, id) == (1, guest.session_id, kind, seen)

    assert await Channel.of(kind, 1, seen).may_join(guest, may_see, Rights())
    assert not await Channel.of(kind, 1, uuid4()).may_join(guest, may_see, Rights())
    assert not await Channel.of(kind, 1, seen).may_join(principal("guest"), may_see, Rights())


async def test_the_managers_channel_goes_by_who_may_see_money() -> None:
    rights, channel = Rights(), Channel.of_outlet("manage", 1)
    switched = {"manager": {"see_money": {"allowed": False}}, "waiter": {"see_money": {"allowed": True}}}
    rights.take(1, 1, switched)
    allowed = {role for role in STAFF if await channel.may_join(principal(role), nothing, rights)}
    assert allowed == {"owner", "waiter"}
