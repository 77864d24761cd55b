"""One run: the stack comes up, a rush begins, each fault strikes in its turn, and in the end every promise is checked."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from faults.plan import Fault, Turn, longest_gap
from faults.rush import Rush
from faults.scene import Failed, Scene, until
from faults.strike import STRIKES, Struck
from tests import oracles
from tests.stack.running import Stack
from tests.support import children_of

WARM_UP_S, RECOVERED_S, REST_S = 5.0, 90.0, 60.0
WITHOUT_FAULT = ("lost", "duplicated", "unfinished")
Say = Callable[[str], None]


@dataclass
class Outcome:
    """Seconds from the blow to the next order, to all services healthy, and to no event left behind; and the longest
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


async def play(stack: Stack, turns: Sequence[Turn], seed: int, rate: float, say: Say) -> Run:
    """The stack is up; it is left up. Nothing is raised for what the faults broke: it stands in `wrong`."""
    run, began = Run(seed), time.monotonic()
    scene = await Scene.open(stack)
    rush = await Rush.begin(stack.url, rate, seed, stack.data / "rush.log")
    try:
        await asyncio.sleep(WARM_UP_S)
        for number, turn in enumerate(turns, 1):
            await asyncio.sleep(turn.after_s)
            say(f"{number:>3}/{len(turns)}  {turn.fault.name:<30}")
            run.outcomes.append(await suffer(scene, turn.fault, rush))
            say(told(run.outcomes[-1]) + "\n")
        say("the doors are closed; what was begun is being settled\n")
        run.rush = await rush.close()
        run.wrong += [f"the rush's {name}: {run.rush[name]}" for name in WITHOUT_FAULT if run.rush[name]]
        run.wrong += rush.findings() if run.wrong else []
        run.wrong += await promises_broken(scene)
        run.wrong += await unasked_ends(scene, [turn.fault for turn in turns])
    except Failed as reason:
        run.wrong.append(str(reason))
    finally:
        await rush.kill()
        await scene.db.close()
        run.seconds = round(time.monotonic() - began, 1)
    return run


async def suffer(scene: Scene, fault: Fault, rush: Rush) -> Outcome:
    """Strike, and wait until everything is as before. Raises Failed."""
    struck = await STRIKES[fault.how](scene, fault)
    found = Outcome(fault.name, note=struck.note)

    async def well() -> bool:
        rush.check()
        since = time.time() - struck.at
        if not found.healthy_s and await healthy(scene, fault, struck):
            found.healthy_s = since
        if not found.order_s and (placed := await scene.placed_since(struck.at)):
            found.order_s = min(placed) - struck.at
        if found.healthy_s and found.order_s and await scene.caught_up():
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
        raise Failed(f"{fault.name}: {RECOVERED_S:.0f} s later the platform {missing}")
    found.gap_s = longest_gap(struck.at, await scene.placed_since(struck.at), time.time())
    return found


async def healthy(scene: Scene, fault: Fault, struck: Struck) -> bool:
    """All services, and another process in the place of a killed one."""
    told = await scene.status()
    return bool(told["ready"]) and not any(
        each["instance"] == fault.target and each["pid"] == struck.by for each in told["services"]
    )


async def promises_broken(scene: Scene) -> list[str]:
    """Every oracle on the stack's database, and the ledger against the simulator's books, once all is at rest."""
    books = await scene.books()
    left = await oracles.at_rest(scene.db, seconds=REST_S)
    return left + [
        f"ledger_equals_books: {each}" for each in await oracles.ledger_equals_books(scene.db, books)
    ]


async def unasked_ends(scene: Scene, faults: Sequence[Fault]) -> list[str]:
    """Services that are not healthy, or that ended without having been killed."""
    killed = Counter(fault.target for fault in faults if fault.how == "kill")
    wrong = []
    for each in (await scene.status())["services"]:
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


def told(found: Outcome) -> str:
    """One outcome in words."""
    parts = [
        f"next order {found.order_s:4.1f} s",
        f"healthy {found.healthy_s:4.1f} s",
        f"caught up {found.caught_up_s:4.1f} s",
        f"no order for {found.gap_s:4.1f} s",
    ]
    return ", ".join(parts + ([found.note] if found.note else []))
