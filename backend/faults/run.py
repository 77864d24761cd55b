"""One run: the stack comes up, a rush begins, each fault is injected in its turn, and in the end every promise is checked."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from faults.inject import INJECTORS, Injection
from faults.plan import Fault, ScheduledFault, longest_gap
from faults.rush import Rush
from faults.stack_view import FaultNotSurvived, StackView, until
from tests import oracles
from tests.stack.running import Stack
from tests.support import children_of

WARM_UP_S, RECOVERED_S, REST_S = 5.0, 90.0, 60.0
WITHOUT_FAULT = ("lost", "duplicated", "unfinished")
Report = Callable[[str], None]


@dataclass
class Outcome:
    """Seconds from the fault to the next order, to all services healthy, and to no event left behind; and the longest
    time without an order until all of that was so."""

    fault: str
    order_s: float = 0.0
    healthy_s: float = 0.0
    caught_up_s: float = 0.0
    gap_s: float = 0.0
    note: str = ""


@dataclass
class Run:
    """What came of it. `wrong` is empty where everything was survived."""

    seed: int
    outcomes: list[Outcome] = field(default_factory=list)
    rush: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def figures(self) -> dict[str, Any]:
        return asdict(self)


async def run_faults(
    stack: Stack, schedule: Sequence[ScheduledFault], seed: int, rate: float, report: Report
) -> Run:
    """The stack is up; it is left up. Nothing is raised for what the faults broke: it stands in `wrong`."""
    run, began = Run(seed), time.monotonic()
    view = await StackView.open(stack)
    rush = await Rush.begin(stack.url, rate, seed, stack.data / "rush.log")
    try:
        await asyncio.sleep(WARM_UP_S)
        for number, scheduled in enumerate(schedule, 1):
            await asyncio.sleep(scheduled.after_s)
            report(f"{number:>3}/{len(schedule)}  {scheduled.fault.name:<30}")
            run.outcomes.append(await inject_and_measure(view, scheduled.fault, rush))
            report(describe(run.outcomes[-1]) + "\n")
        report("no new guests; what was begun is being completed\n")
        run.rush = await rush.finish()
        run.wrong += [f"the rush's {name}: {run.rush[name]}" for name in WITHOUT_FAULT if run.rush[name]]
        run.wrong += rush.findings() if run.wrong else []
        run.wrong += await promises_broken(view)
        run.wrong += await unasked_ends(view, [scheduled.fault for scheduled in schedule])
    except FaultNotSurvived as reason:
        run.wrong.append(str(reason))
    finally:
        await rush.kill()
        await view.db.close()
        run.seconds = round(time.monotonic() - began, 1)
    return run


async def inject_and_measure(view: StackView, fault: Fault, rush: Rush) -> Outcome:
    """Inject it, and wait until everything is as before. Raises FaultNotSurvived."""
    injection = await INJECTORS[fault.how](view, fault)
    found = Outcome(fault.name, note=injection.note)

    async def well() -> bool:
        rush.check()
        since = time.time() - injection.at
        if not found.healthy_s and await healthy(view, fault, injection):
            found.healthy_s = since
        if not found.order_s and (placed := await view.placed_since(injection.at)):
            found.order_s = min(placed) - injection.at
        if found.healthy_s and found.order_s and await view.caught_up():
            found.caught_up_s = since
        return bool(found.caught_up_s)

    if not await until(well, RECOVERED_S):
        missing = (
            "is not healthy"
            if not found.healthy_s
            else "takes no order"
            if not found.order_s
            else "has events left"
        )
        raise FaultNotSurvived(f"{fault.name}: {RECOVERED_S:.0f} s later the platform {missing}")
    found.gap_s = longest_gap(injection.at, await view.placed_since(injection.at), time.time())
    return found


async def healthy(view: StackView, fault: Fault, injection: Injection) -> bool:
    """All services, and another process in the place of a killed one."""
    status = await view.status()
    return bool(status["ready"]) and not any(
        each["instance"] == fault.target and each["pid"] == injection.by for each in status["services"]
    )


async def promises_broken(view: StackView) -> list[str]:
    """Every oracle on the stack's database, and the ledger against the simulator's books, once all is at rest."""
    books = await view.books()
    left = await oracles.at_rest(view.db, seconds=REST_S)
    return left + [
        f"ledger_equals_books: {each}" for each in await oracles.ledger_equals_books(view.db, books)
    ]


async def unasked_ends(view: StackView, faults: Sequence[Fault]) -> list[str]:
    """Services that are not healthy, or that ended without having been killed."""
    killed = Counter(fault.target for fault in faults if fault.how == "kill")
    wrong = []
    for each in (await view.status())["services"]:
        if each["health"] != "ok":
            wrong.append(f"{each['instance']} is not healthy: {each['health']}")
        if each["restarts"] != killed[each["instance"]]:
            wrong.append(
                f"{each['instance']} ended {each['restarts']} times and was killed {killed[each['instance']]} times"
            )
    return wrong


def left_behind(stack: Stack) -> list[str]:
    """After `rasoi stack down`: processes, and ends that were not clean."""
    said = (stack.data / "stack" / "log" / "stack.log").read_text(errors="replace").splitlines()
    unclean = [line.strip() for line in said if "ended with status" in line]
    return [f"process {pid} was left behind" for pid in children_of(stack.data)] + unclean


def describe(found: Outcome) -> str:
    """One outcome in words."""
    parts = [
        f"next order {found.order_s:4.1f} s",
        f"healthy {found.healthy_s:4.1f} s",
        f"caught up {found.caught_up_s:4.1f} s",
        f"no order for {found.gap_s:4.1f} s",
    ]
    return ", ".join(parts + ([found.note] if found.note else []))
