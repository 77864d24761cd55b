"""Fixed-window rate limits: shared by all processes in Redis, by each process for itself where there is none."""

from __future__ import annotations

import time
from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from weakref import WeakKeyDictionary

import structlog

from rasoi.platform.context import Context
from rasoi.platform.problems import TooManyRequests

log = structlog.get_logger(__name__)
REMEMBERED = 20_000  # callers that one process counts at a time, some 4 MB


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """Whom an address stands for: an IPv6 address its /64, which one household has whole; all else itself."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> 64 << 64)}/64"


class Windows:
    """Counts of this process. Beyond REMEMBERED callers it forgets who came the longest ago."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def count(self, name: str, window: int) -> int:
        """One more within this window; how many that makes."""
        found, count = self._counts.pop(name, (window, 0))
        count = count + 1 if found == window else 1
        self._counts[name] = (window, count)
        if len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        return count


_windows: WeakKeyDictionary[Context, Windows] = WeakKeyDictionary()


async def limit(
    ctx: Context,
    what: str,
    who: str,
    most: int,
    seconds: int,
    said: str = "That was a lot at once; please wait a moment.",
) -> None:
    """Count one use of `what` by `who`, an address or a name; raises TooManyRequests, with what is `said`, beyond `most` in a
    window of `seconds`."""
    name, now = f"{what}:{network(who)}", int(time.time())
    count = await _shared(ctx, name, now // seconds, seconds)
    if count is None:
        count = _windows.setdefault(ctx, Windows()).count(name, now // seconds)
    if count > most:
        raise TooManyRequests(
            said,
            headers={"Retry-After": str(seconds - now % seconds)},
        )


async def _shared(ctx: Context, name: str, window: int, seconds: int) -> int | None:
    """The count of all processes; None without Redis."""
    if ctx.redis is None:
        return None
    from redis.exceptions import RedisError  # only where there is Redis: it is large

    key = f"rasoi:limit:{name}:{window}"
    try:
        async with ctx.redis.pipeline(transaction=False) as pipe:
            count, _ = await pipe.incr(key).expire(key, 2 * seconds).execute()
    except (RedisError, OSError) as error:
        log.warning("Redis is away, this process counts by itself", reason=str(error))
        return None
    return int(count)
