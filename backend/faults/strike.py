"""How each kind of fault strikes. Each returns when it struck, and what was seen while it lasted."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from faults.plan import HELD, Fault
from faults.scene import Failed, Json, Scene, until

TAKEN_S = 8.0  # another replica leads by then
LOCKS_S = 7.0  # a stopped transaction's locks are gone by then: transaction_timeout is 5 s
ATTEMPTS, HOLD_S = 40, 1.0
WAITING = """SELECT pid FROM pg_stat_activity
WHERE application_name = $1 AND $2 = ANY (pg_blocking_pids(pid)) LIMIT 1"""
HELD_S = 2.0  # less than the time-out of an idle transaction
STATE = "SELECT state FROM pg_stat_activity WHERE pid = $1"
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'"


@dataclass
class Struck:
    """`by` is the process that was killed, if one was."""

    at: float
    by: int | None = None
    note: str = ""


async def kill(scene: Scene, fault: Fault) -> Struck:
    """SIGKILL."""
    pid = (await scene.instance(fault.target))["pid"]
    if not pid:
        raise Failed(f"{fault.target} has no process")
    os.kill(pid, signal.SIGKILL)
    return Struck(time.time(), pid)


async def restart(scene: Scene, fault: Fault) -> Struck:
    """As `rasoi stack restart` does it: in order, and a room's replicas one by one."""
    struck = Struck(time.time())
    await scene.restart(fault.target)
    struck.note = f"took {time.time() - struck.at:.1f} s"
    return struck


async def stop(scene: Scene, fault: Fault) -> Struck:
    """SIGSTOP: it takes connections, and does not answer."""
    async with _stopped((await scene.instance(fault.target))["pid"], fault.stopped_s) as struck:
        return struck


async def stop_leader(scene: Scene, fault: Fault) -> Struck:
    """SIGSTOP for longer than its lease: another replica leads meanwhile, and only one does afterwards."""
    room = fault.target
    replicas = await scene.instances(room)
    (leader,) = await _leaders(scene, replicas, room)
    others = [each for each in replicas if each is not leader]
    async with _stopped(leader["pid"], fault.stopped_s) as struck:
        if not await until(lambda: _leaders(scene, others, room), TAKEN_S):
            raise Failed(f"nobody led {room} {TAKEN_S:.0f} s after its leader stood still")
        struck.note = f"another led after {time.time() - struck.at:.1f} s"

    async def one() -> bool:
        return len(await _leaders(scene, replicas, room)) == 1

    if not await until(one, TAKEN_S):
        raise Failed(f"{room} had not one leader after the former one went on")
    return struck


async def _leaders(scene: Scene, replicas: list[Json], room: str) -> list[Json]:
    return [each for each in replicas if await scene.leads(each, room)]


async def stop_in_transaction(scene: Scene, fault: Fault) -> Struck:
    """SIGSTOP of a service that holds locks: these go within the database's time-outs, while it still stands."""
    name = f"rasoi {fault.target}"
    (service,) = await scene.instances(fault.target)
    session = await _caught(scene, fault.target, name, service["pid"])
    async with _stopped(service["pid"], fault.stopped_s) as struck:

        async def held() -> bool:  # once the statement that waited for us has ended
            return await scene.db.fetchval(STATE, session) == "idle in transaction"  # type: ignore[no-any-return]

        if not await until(held, HELD_S, 0.05):
            raise Failed(f"{fault.target} was stopped, and not in a transaction")

        async def free() -> bool:
            return not await scene.db.fetchval(AT_WORK, name)

        if not await until(free, LOCKS_S, 0.05):
            raise Failed(f"what {fault.target} had locked was not free after {LOCKS_S:.0f} s")
        struck.note = f"its locks went after {time.time() - struck.at:.1f} s"
    return struck


async def _caught(scene: Scene, room: str, name: str, pid: int) -> int:
    """Stop the process while it waits for our lock, and let it have the lock: its transaction then stands open."""
    async with scene.db.pool.acquire() as ours:
        for _ in range(ATTEMPTS):
            async with ours.transaction():
                await ours.execute(HELD[room])

                async def waiting() -> int | None:
                    found: int | None = await scene.db.fetchval(WAITING, name, ours.get_server_pid())
                    return found

                session = await until(waiting, HOLD_S, 0.01)
                if session:
                    os.kill(pid, signal.SIGSTOP)
            if session:
                await asyncio.sleep(0.2)
                return int(session)
            await asyncio.sleep(0.3)
    raise Failed(f"{room} never waited for what we held")


@asynccontextmanager
async def _stopped(pid: int, seconds: float) -> AsyncIterator[Struck]:
    """It stands still for so long, whatever goes wrong meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    struck = Struck(time.time())
    try:
        yield struck
        await asyncio.sleep(max(0.0, struck.at + seconds - time.time()))
    finally:
        os.kill(pid, signal.SIGCONT)


STRIKES: dict[str, Callable[[Scene, Fault], Awaitable[Struck]]] = {
    "kill": kill,
    "restart": restart,
    "stop": stop,
    "stop-leader": stop_leader,
    "stop-in-transaction": stop_in_transaction,
}
