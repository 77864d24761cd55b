"""`rasoi documents verify`: prove that no document was changed, removed or put in another order."""

from __future__ import annotations

import asyncio
import sys

from rasoi.orders.verifying import Series, between_bills_and_documents, verify
from rasoi.platform.database import Database
from rasoi.settings import Settings


def main(settings: Settings, outlet_id: int | None, series: str | None) -> int:
    """One line for each series. Returns the exit status: 1 when a document does not hold; the first is named."""
    from rasoi.embedded import reachable_database

    with reachable_database(settings) as url:
        return asyncio.run(_verify(url, outlet_id, series))


async def _verify(url: str, outlet_id: int | None, series: str | None) -> int:
    db = await Database.connect(url, role="rasoi_orders", size=2)
    try:
        return await report(db, outlet_id, series)
    finally:
        await db.close()


def _progress(series: Series, count: int) -> None:
    """How far a long series is, where somebody looks on."""
    if sys.stderr.isatty():
        print(f"{series}: {count} …", end="\r", file=sys.stderr, flush=True)


async def report(db: Database, outlet_id: int | None, series: str | None) -> int:
    """Verify and print; what does not hold goes to standard error."""
    count = kinds = 0
    async for result in verify(db, outlet_id, series, _progress):
        if result.fault:
            print(f"rasoi: {result.series}: {result.fault}", file=sys.stderr)
            return 1
        count, kinds = count + result.count, kinds + 1
        print(f"{result.series}: {result.count} hold, head {result.head[:16]}", flush=True)
    if series is not None and not kinds:
        print(f"rasoi: there is no series {series}", file=sys.stderr)
        return 1
    if faults := await between_bills_and_documents(db, outlet_id) if series is None else []:
        print(f"rasoi: {faults[0]}", file=sys.stderr)
        return 1
    print(f"{count} documents in {kinds} series are what was issued.")
    return 0
