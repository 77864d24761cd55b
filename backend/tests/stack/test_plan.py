"""The plan: every room is in it, in an order that works, on ports of its own; what can't be is refused in one line."""

from __future__ import annotations

import pytest

from rasoi.room_list import LIST, NAMES
from rasoi.stack.plan import MOST_REPLICAS, PlanError, controller_port, parse_replicas, plan


def test_every_room_is_a_service() -> None:
    assert [room.command for room in plan().rooms] == [("serve", name) for name in NAMES]


def test_no_two_listen_on_the_same_port() -> None:
    made = plan(dict.fromkeys(NAMES, MOST_REPLICAS), first_port=20_000)
    ports = [port for service in made.services for _, _, port in service.instances() if port]
    ports += [room.spare_port for room in made.rooms] + [controller_port(made)]
    assert len(set(ports)) == len(ports)
    assert min(ports) >= 20_000


def test_no_room_ever_moves_to_another_port() -> None:
    ports = {room.name: room.port for room in LIST}
    assert ports == ports | {
        "staff": 10,
        "menu": 20,
        "inventory": 30,
        "orders": 40,
        "payments": 50,
        "kitchen": 60,
        "notifications": 70,
        "realtime": 80,
        "reports": 90,
    }


def test_each_starts_after_those_it_needs() -> None:
    made = plan()
    names = [service.name for service in made.services]
    for service in made.services:
        assert all(names.index(other) < names.index(service.name) for other in service.after)
    assert set(made["nginx"].after) == set(NAMES)
    assert set(made["orders"].after) == {"redis", "kafka", "migrate"}


def test_replicas_are_told_apart() -> None:
    made = plan({"orders": 3})
    assert made.upstreams("h")["orders"] == ["h:8140", "h:8141", "h:8142"]
    assert [name for name, _, _ in made["orders"].instances()] == ["orders-1", "orders-2", "orders-3"]
    assert [name for name, _, _ in made["kitchen"].instances()] == ["kitchen"]
    assert made.spares("h")["orders"] == "h:8149"


def test_postgresql_has_room_for_every_pool() -> None:
    pools = (len(NAMES) - 1 + 5 + 1) * 8  # five of orders, and a spare
    assert plan({"orders": 5}).connections(8) > pools


def test_without_keys_a_simulator_belongs_to_it() -> None:
    assert "simulator" in plan()
    assert "simulator" not in plan(simulated=False)


@pytest.mark.parametrize(
    ("replicas", "said"),
    [
        ("nowhere=2", "nowhere"),
        ("orders=0", "1 to 9"),
        ("orders=10", "1 to 9"),
        ("orders", "orders=2,payments=2"),
    ],
)
def test_replicas_that_cannot_be_are_refused(replicas: str, said: str) -> None:
    with pytest.raises(PlanError, match=said) as refused:
        plan(parse_replicas(replicas))
    assert "\n" not in str(refused.value)


def test_what_is_left_out_must_be_in_it() -> None:
    assert "nginx" not in plan().without(("nginx",))
    with pytest.raises(PlanError, match="oven"):
        plan().without(("oven",))
