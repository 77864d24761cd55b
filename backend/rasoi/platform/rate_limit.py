"""Fixed-window rate limits in Redis, shared by all processes; without Redis nobody is held back."""

from __future__ import annotations

import time

import structlog

from rasoi.platform.context import Context
from rasoi.platform.problems import TooManyRequests

log = structlog.get_logger(__name__)


async def limit(ctx: Context, what: str, who: str, most: int, seconds: int) -> None:
    """Count one use of `what` by `who`; raises TooManyRequests beyond `most` in a window of `seconds`."""
    if ctx.redis is None:
        return
    from redis.exceptions import RedisError  # only where there is Redis: it is large

    window = int(time.time()) // seconds
    name = f"rasoi:limit:{what}:{who}:{window}"
    try:
        async with ctx.redis.pipeline(transaction=False) as pipe:
            count, _ = await pipe.incr(name).expire(name, 2 * seconds).execute()
    except (RedisError, OSError) as error:
        log.warning("rate limit skipped, Redis is away", reason=str(error))
        return
    if count > most:
        wait = seconds - int(time.time()) % seconds
        raise TooManyRequests(
            "That was a lot at once; please wait a moment.", headers={"Retry-After": str(wait)}
        )
