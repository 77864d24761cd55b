"""How each kind of fault is injected. Each returns when that was, and what was seen while it lasted."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from faults.plan import HELD, Fault
from faults.stack_view import FaultNotSurvived, Json, StackView, until

TAKEN_S = 8.0  # another replica leads by then
LOCKS_S = 7.0  # a stopped transaction's locks are gone by then: transaction_timeout is 5 s
ATTEMPTS, HOLD_S = 40, 1.0
# in a transaction that began before the statement that waits: a statement by itself ends, and leaves nothing open
WAITING = """SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND xact_start < query_start
AND $2 = ANY (pg_blocking_pids(pid)) LIMIT 1"""
HELD_S = 2.0  # less than the time-out of an idle transaction
STATE = "SELECT state FROM pg_stat_activity WHERE pid = $1"
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'"


@dataclass
class Injection:
    """`by` is the process that was killed, if one was."""

    at: float
    by: int | None = None
    note: str = ""


async def kill(view: StackView, fault: Fault) -> Injection:
    """SIGKILL."""
    pid = (await view.instance(fault.target))["pid"]
    if not pid:
        raise FaultNotSurvived(f"{fault.target} has no process")
    os.kill(pid, signal.SIGKILL)
    return Injection(time.time(), pid)


async def restart(view: StackView, fault: Fault) -> Injection:
    """As `rasoi stack restart` does it: in order, and a room's replicas one by one."""
    injection = Injection(time.time())
    await view.restart(fault.target)
    injection.note = f"took {time.time() - injection.at:.1f} s"
    return injection


async def stop(view: StackView, fault: Fault) -> Injection:
    """SIGSTOP: it takes connections, and does not answer."""
    async with _stopped((await view.instance(fault.target))["pid"], fault.stopped_s) as injection:
        return injection


async def stop_leader(view: StackView, fault: Fault) -> Injection:
    """SIGSTOP for longer than its lease: another replica leads meanwhile, and only one does afterwards."""
    room = fault.target
    replicas = await view.instances(room)
    leaders: list[Json] = []

    async def one_leads() -> bool:
        leaders[:] = await _leaders(view, replicas, room)
        return len(leaders) == 1

    if not await until(one_leads, TAKEN_S):  # a fault before may have taken the former one
        raise FaultNotSurvived(f"{room} had not one leader before")
    (leader,) = leaders
    others = [each for each in replicas if each is not leader]
    async with _stopped(leader["pid"], fault.stopped_s) as injection:
        if not await until(lambda: _leaders(view, others, room), TAKEN_S):
            raise FaultNotSurvived(f"nobody led {room} {TAKEN_S:.0f} s after its leader stood still")
        injection.note = f"another led after {time.time() - injection.at:.1f} s"

    if not await until(one_leads, TAKEN_S):
        raise FaultNotSurvived(f"{room} had not one leader after the former one went on")
    return injection


async def _leaders(view: StackView, replicas: list[Json], room: str) -> list[Json]:
    return [each for each in replicas if await view.leads(each, room)]


async def stop_in_transaction(view: StackView, fault: Fault) -> Injection:
    """SIGSTOP of a service that holds locks: these go within the database's time-outs, while it still stands."""
    name = f"rasoi {fault.target}"
    (service,) = await view.instances(fault.target)
    session = await _caught(view, fault.target, name, service["pid"])
    async with _stopped(service["pid"], fault.stopped_s) as injection:

        async def held() -> bool:  # once the statement that waited for us has ended
            return await view.db.fetchval(STATE, session) == "idle in transaction"  # type: ignore[no-any-return]

        if not await until(held, HELD_S, 0.05):
            raise FaultNotSurvived(f"{fault.target} was stopped, and not in a transaction")

        async def free() -> bool:
            return not await view.db.fetchval(AT_WORK, name)

        if not await until(free, LOCKS_S, 0.05):
            raise FaultNotSurvived(f"what {fault.target} had locked was not free after {LOCKS_S:.0f} s")
        injection.note = f"its locks went after {time.time() - injection.at:.1f} s"
    return injection


async def _caught(view: StackView, room: str, name: str, pid: int) -> int:
    """Stop the process while it waits for our lock, and let it have the lock: its transaction then stands open."""
    async with view.db.pool.acquire() as ours:
        for _ in range(ATTEMPTS):
            async with ours.transaction():
                await ours.execute(HELD[room])

                async def waiting() -> int | None:
                    found: int | None = await view.db.fetchval(WAITING, name, ours.get_server_pid())
                    return found

                session = await until(waiting, HOLD_S, 0.01)
                if session:
                    os.kill(pid, signal.SIGSTOP)
            if session:
                await asyncio.sleep(0.2)
                return int(session)
            await asyncio.sleep(0.3)
    raise FaultNotSurvived(f"{room} never waited for what we held")


@asynccontextmanager
async def _stopped(pid: int, seconds: float) -> AsyncIterator[Injection]:
    """It stands still for so long, whatever goes wrong meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    injection = Injection(time.time())
    try:
        yield injection
        await asyncio.sleep(max(0.0, injection.at + seconds - time.time()))
    finally:
        os.kill(pid, signal.SIGCONT)


INJECTORS: dict[str, Callable[[StackView, Fault], Awaitable[Injection]]] = {
    "kill": kill,
    "restart": restart,
    "stop": stop,
    "stop-leader": stop_leader,
    "stop-in-transaction": stop_in_transaction,
}
