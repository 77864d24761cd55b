"""What strikes in `make faults`, in which order, and how its silences are measured."""

from __future__ import annotations

import pytest

from faults.plan import PAUSE_S, UnknownFault, every_fault, longest_gap, schedule
from rasoi.stack.plan import plan

STACK = plan()


def names(kind: str) -> set[str]:
    return {fault.target for fault in every_fault(STACK) if fault.how == kind}


def test_every_process_is_killed() -> None:
    living = [service for service in STACK.services if service.kind != "task"]
    assert names("kill") == {name for service in living for name, _, _ in service.instances()}
    assert {"orders-1", "orders-2", "postgres", "kafka", "redis", "nginx", "simulator"} <= names("kill")


def test_every_room_stands_still_once() -> None:
    assert names("stop") | names("stop-leader") >= {room.name for room in STACK.rooms}
    assert names("stop-in-transaction") == {"kitchen", "payments"}
    still = [fault for fault in every_fault(STACK) if fault.how.startswith("stop")]
    assert all(fault.stopped_s > 6 for fault in still), "a consumer's session lasts 6 s"


def test_servers_and_orders_are_restarted_in_order() -> None:
    assert names("restart") == {"kafka", "postgres", "redis", "nginx", "orders"}


def test_each_strikes_once_in_the_seeds_order() -> None:
    first, again, other = schedule(STACK, 1), schedule(STACK, 1), schedule(STACK, 2)
    assert first == again != other
    names = [scheduled.fault.name for scheduled in first]
    assert sorted(names) == sorted(fault.name for fault in every_fault(STACK))
    assert len(names) == len(set(names))
    assert all(PAUSE_S[0] <= scheduled.after_s <= PAUSE_S[1] for scheduled in first)


def test_some_can_be_chosen_by_name() -> None:
    chosen = schedule(STACK, 1, ["kill-kitchen", "restart-kafka"])
    assert {scheduled.fault.name for scheduled in chosen} == {"kill-kitchen", "restart-kafka"}
    with pytest.raises(UnknownFault, match="kill-nobody") as unknown:
        schedule(STACK, 1, ["kill-nobody"])
    assert "restart-kafka" in str(unknown.value)
    assert "\n" not in str(unknown.value)


@pytest.mark.parametrize(
    ("stamps", "gap"),
    [([], 10.0), ([12.0, 13.0], 7.0), ([19.0, 12.0, 15.0], 4.0), ([5.0, 25.0], 10.0), ([16.0], 6.0)],
)
def test_the_longest_time_without_an_order(stamps: list[float], gap: float) -> None:
    assert longest_gap(10.0, stamps, 20.0) == gap
