"""What `make faults` holds against a run, on supervisors that tell tales."""

from __future__ import annotations

from typing import Any

from faults.inject import Injection
from faults.plan import Fault
from faults.run import Outcome, describe, healthy, unasked_ends

KILLED = [Fault("kill", "menu"), Fault("restart", "kafka")]


class Told:
    """A view with this status."""

    def __init__(self, *services: dict[str, Any], ready: bool = True) -> None:
        self.services, self.ready = services, ready

    async def status(self) -> dict[str, Any]:
        return {"ready": self.ready, "services": self.services}


def service(name: str, restarts: int = 0, health: str = "ok", pid: int = 2) -> dict[str, Any]:
    return {"instance": name, "restarts": restarts, "health": health, "pid": pid}


async def ends(*services: dict[str, Any]) -> list[str]:
    view: Any = Told(*services)
    return await unasked_ends(view, KILLED)


async def test_who_was_killed_began_again_as_often() -> None:
    assert await ends(service("menu", 1), service("kafka")) == []
    assert await ends(service("menu", 2)) == ["menu ended 2 times and was killed 1 times"]
    assert await ends(service("menu", 0)) == ["menu ended 0 times and was killed 1 times"]


async def test_who_was_not_killed_did_not_end() -> None:
    assert await ends(service("staff", 1)) == ["staff ended 1 times and was killed 0 times"]
    assert await ends(service("kafka", health="ended")) == ["kafka is not healthy: ended"]


async def test_a_killed_process_is_not_well_again_before_another_has_its_place() -> None:
    fault, injection = Fault("kill", "menu"), Injection(0.0, by=7)
    for view, well in (
        (Told(service("menu", pid=7)), False),
        (Told(service("menu", pid=8)), True),
        (Told(service("menu", pid=8), ready=False), False),
    ):
        seen: Any = view
        assert await healthy(seen, fault, injection) is well


def test_an_outcome_in_words() -> None:
    found = Outcome("stop-leader-orders", 0.4, 8.2, 8.3, 1.9, "another led after 3.1 s")
    assert describe(found).endswith("no order for  1.9 s, another led after 3.1 s")
