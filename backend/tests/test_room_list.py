"""The one list of rooms says what the rooms themselves say."""

from __future__ import annotations

from itertools import pairwise

from litestar import Router

from rasoi import hosting
from rasoi.realtime import bridge
from rasoi.room_list import LIST, NAMES, PORTS_OF_A_ROOM


def room_of(path: str) -> list[str]:
    """The rooms that the gateway would send this path to."""
    return [
        room.name
        for room in LIST
        for prefix in room.paths
        if (path.startswith(prefix) if prefix.endswith("/") else f"{path}/".startswith(f"{prefix}/"))
    ]


def test_each_route_is_among_the_paths_of_its_room_only() -> None:
    for room in hosting.every_room():
        for route in Router("/", route_handlers=room.routes).routes:
            assert room_of(route.path) == [room.name], route.path
    assert room_of(f"{bridge.PATH}/") == ["realtime"]


def test_names_and_ports_are_distinct() -> None:
    assert len(set(NAMES)) == len(NAMES)
    ports = sorted(room.port for room in LIST)
    assert all(after - before >= PORTS_OF_A_ROOM for before, after in pairwise(ports))
