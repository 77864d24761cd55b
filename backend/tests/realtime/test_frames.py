"""Four frames a second for the channels of the whole outlet: nothing dropped, nothing late."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from rasoi.realtime.channels import Channel
from rasoi.realtime.frames import FRAME_S, Frames

Sent = list[tuple[float, Channel, list[int]]]
FLOOR, MANAGE = Channel.of_outlet("floor", 1), Channel.of_outlet("manage", 1)


@pytest.fixture
def sent() -> Sent:
    return []


@pytest.fixture
def frames(sent: Sent) -> Frames:
    def send(channel: Channel, event: str, payload: bytes) -> None:
        data = json.loads(payload)
        assert (event == "changes") == isinstance(data, list)
        sent.append((time.monotonic(), channel, data if isinstance(data, list) else [data]))

    return Frames(send)


async def test_the_first_change_goes_out_at_once_and_those_after_it_together(
    frames: Frames, sent: Sent
) -> None:
    for number in range(5):
        frames.add(FLOOR, str(number).encode())
    assert [changes for _, _, changes in sent] == [[0]]
    await asyncio.sleep(FRAME_S * 1.5)
    assert [changes for _, _, changes in sent] == [[0], [1, 2, 3, 4]]
    await asyncio.sleep(FRAME_S * 2)
    frames.add(FLOOR, b"5")
    assert [changes for _, _, changes in sent] == [[0], [1, 2, 3, 4], [5]]


async def test_forty_a_second_are_four_frames_a_second_and_none_is_late(frames: Frames, sent: Sent) -> None:
    made: dict[int, float] = {}
    for number in range(60):
        made[number] = time.monotonic()
        frames.add(FLOOR, str(number).encode())
        await asyncio.sleep(0.025)
    took = time.monotonic() - made[0]
    await asyncio.sleep(FRAME_S * 1.5)
    assert [number for _, _, changes in sent for number in changes] == list(range(60))
    assert len(sent) <= took / FRAME_S + 2
    late = max(at - made[number] for at, _, changes in sent for number in changes)
    assert late < FRAME_S + 0.15


async def test_each_channel_has_its_own_and_a_closed_one_sends_nothing_more(
    frames: Frames, sent: Sent
) -> None:
    frames.add(FLOOR, b"1")
    frames.add(MANAGE, b"2")
    frames.add(FLOOR, b"3")
    assert [channel for _, channel, _ in sent] == [FLOOR, MANAGE]
    frames.close()
    await asyncio.sleep(FRAME_S * 1.5)
    assert len(sent) == 2
