"""Attacks on the sockets, with clients made by hand."""

from __future__ import annotations

import asyncio
import json
import time
from uuid import uuid4

import pytest
import structlog
from prometheus_client import REGISTRY

from rasoi.platform import sparing_log
from rasoi.realtime import connection, fast
from rasoi.realtime.channels import Channel
from tests.realtime.conftest import Rig, Serve, principal
from tests.realtime.conftest import serve as serve
from tests.realtime.raw import ended, frame, introduced, raw, say

FLOOR = Channel.of_outlet("floor", 1).room
JOIN = '421["join",{"channel":"floor:1"}]'
FOREIGN: list[str | bytes] = [
    *("", "x", "9", "4", "2", "5", "6", "42", "42[", "42[]", '42["join"]', '42["join",1,2,3]', "40{}", "40["),
    *('42["connect",{}]', '42["disconnect"]', '42["disconnect","transport close"]', '421["disconnect"]', '42["hello",{}]'),
    *('42["connect",{"HTTP_HOST":"x"},{"token":"t"}]', "43[]", "431[]", "44{}", '42/admin,["x"]', "40/admin,{}", "41/admin,"),
    *('451-["join",{"_placeholder":true,"num":0}]', "461-[1]", "4999999999999[", '42["' + "x" * 20_000 + '"]'),
    *(b"\x00\x01", b"", b"42[]", "42" + "[" * 7000),
]  # fmt: skip


@pytest.fixture
async def rig(serve: Serve) -> Rig:
    return await serve()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test with an allowance of log lines of its own, and no long goodbyes."""
    monkeypatch.setattr(connection, "log", sparing_log.SparingLog(connection.__name__))
    monkeypatch.setattr(fast, "HANG_UP_S", 0.2)


def open_screens() -> float:
    return REGISTRY.get_sample_value("rasoi_connected_screens", {"kind": "waiter"}) or 0


async def members(rig: Rig, count: int) -> None:
    async with asyncio.timeout(5):
        while len(rig.bridge.sio.manager.rooms.get("/", {}).get(FLOOR, ())) != count:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("packet", FOREIGN, ids=lambda packet: repr(packet)[:40])
async def test_what_no_screen_sends_ends_the_connection_and_its_memberships(
    rig: Rig, packet: str | bytes
) -> None:
    before = open_screens()
    with structlog.testing.capture_logs() as captured:
        reader, writer = await introduced(rig)
        await say(writer, JOIN)
        await members(rig, 1)
        assert open_screens() == before + 1
        writer.write(frame(packet) + frame(JOIN) * 5)
        await ended(reader)
        await members(rig, 0)
        assert (rig.bridge.screens, open_screens()) == ({}, before)
    assert [line["event"] for line in captured] == ["screen sent away for what it sent"]
    writer.close()


@pytest.mark.parametrize("name", ["disconnect", "connect"])
async def test_a_reserved_event_does_not_save_a_screen_from_being_sent_away(rig: Rig, name: str) -> None:
    """Seen before: `disconnect` took a screen out of the list that revocation walks, and left it in its rooms."""
    who = principal("waiter")
    reader, writer = await introduced(rig, who)
    await say(writer, JOIN)
    await members(rig, 1)
    other = {"token": rig.tokens.issue(principal("owner"), 60)}
    await say(writer, f'42["{name}",{{}},{json.dumps(other)}]')
    await rig.bridge.end_session(who.session_id)
    await ended(reader)
    await members(rig, 0)
    assert rig.bridge.sio.broadcast(FLOOR, "change", b"1") == 0
    writer.close()


async def test_a_second_introduction_swaps_no_identity(rig: Rig) -> None:
    reader, writer = await introduced(rig)
    await say(writer, "40" + json.dumps({"token": rig.tokens.issue(principal("owner"), 60)}))
    await ended(reader)
    assert rig.bridge.screens == {}
    writer.close()


async def test_who_was_refused_does_not_try_again_on_the_same_socket(rig: Rig) -> None:
    reader, writer = await raw(rig)
    await say(writer, '40{"token":"x"}')
    await say(writer, "40" + json.dumps({"token": rig.tokens.issue(principal("owner"), 60)}))
    said = await ended(reader)
    assert b"44" in said
    assert b'40{"sid"' not in said
    writer.close()


async def test_nothing_is_joined_before_the_introduction(rig: Rig) -> None:
    reader, writer = await raw(rig)
    await say(writer, JOIN)
    assert b"43" not in await ended(reader)
    writer.close()


async def test_200_sockets_that_misbehave_leave_the_gauge_as_it_was(rig: Rig) -> None:
    before = open_screens()
    for _ in range(200):
        reader, writer = await introduced(rig)
        await say(writer, '42["disconnect"]')
        await ended(reader)
        writer.close()
    assert (open_screens(), rig.bridge.screens, len(rig.bridge.sio.eio.sockets)) == (before, {}, 0)


async def test_an_expired_screen_ends_whatever_it_said_before(rig: Rig) -> None:
    who = principal("waiter")
    reader, writer = await raw(rig)
    await say(writer, "40" + json.dumps({"token": rig.tokens.issue(who, 2)}))
    for _ in range(3):
        await say(writer, JOIN)
        await say(writer, '42["leave",{"channel":"floor:1"}]')
    await say(writer, JOIN)
    await members(rig, 1)
    assert b"expired" in await ended(reader, 6)
    await members(rig, 0)
    writer.close()


async def slowest(rig: Rig, until: asyncio.Task[None]) -> float:
    """The longest that another screen waited for the answer to `join`, in seconds."""
    good, worst = await rig.connect("waiter"), 0.0
    while not until.done():
        begun = time.perf_counter()
        await good.join("menu:1")
        worst = max(worst, time.perf_counter() - begun)
        await asyncio.sleep(0.02)
    return worst


FLOODS = {
    "malformed": frame("4x") * 500,
    "empty": frame("") * 680,
    "reserved": frame('42["connect"]') * 200,
    "pings": frame(b"", opcode=0x9) * 700,
    "pongs": frame("3") * 500,
    "joins": frame('42["join",{"channel":"floor:1"}]') * 100,
    "fragments": (b"\x01" + frame("")[1:] + (b"\x00" + frame("")[1:]) * 700),
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_flood_stops_nobody_and_costs_one_line(rig: Rig, kind: str) -> None:
    """4 KB at once held everybody up for a second, a stream of it for 20 s with 60 MB of log."""
    with structlog.testing.capture_logs() as captured:
        reader, writer = await (raw(rig) if kind in ("malformed", "empty") else introduced(rig))

        async def flood() -> None:
            try:
                for _ in range(250):
                    writer.write(FLOODS[kind])
                    await writer.drain()
                    await asyncio.sleep(0)
            except ConnectionError:
                return
            await ended(reader)

        attack = asyncio.create_task(flood())
        assert await slowest(rig, attack) < 0.5
        await attack
    assert [line["event"] for line in captured] == ["screen sent away for what it sent"]
    writer.close()


async def test_many_offenders_cost_a_few_lines(rig: Rig) -> None:
    with structlog.testing.capture_logs() as captured:
        for _ in range(40):
            reader, writer = await raw(rig)
            await say(writer, "x")
            await ended(reader)
            writer.close()
    assert 0 < len(captured) <= sparing_log.AT_ONCE


@pytest.mark.parametrize(
    "origin", ["", "null", "https://evil.example", "http://127.0.0.1.evil.example", "127.0.0.1"]
)
async def test_a_missing_or_foreign_origin_is_refused(rig: Rig, origin: str) -> None:
    reader, writer = await raw(rig, Origin=origin)
    assert await ended(reader) == b""
    assert rig.bridge.sio.eio.sockets == {}
    writer.close()


async def test_a_screen_that_behaves_stays_within_its_budget(rig: Rig) -> None:
    """A hundred channels joined at once, left, and joined again."""
    client = await rig.connect("owner")
    names = [f"order:{uuid4()}" for _ in range(100)]
    answers = await asyncio.gather(*(client.join(name) for name in names))
    assert all(answer["ok"] for answer in answers)
    await asyncio.gather(*(client.sio.call("leave", {"channel": name}) for name in names[:50]))
    assert (await client.join("floor:1"))["ok"]
