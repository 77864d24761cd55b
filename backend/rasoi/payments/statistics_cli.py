"""`rasoi payments stats repair`: hold the days' roll-ups against the ledger, and mend them."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

from rasoi.payments import statistics_repository as db
from rasoi.platform.database import Database


async def report(conn: Database, day: date | None, check: bool) -> int:
    """Compare every day, print what differs, and mend it unless only to check. The exit status: 1 when a check found any."""
    wrong = 0
    every = await db.days(conn, day)
    for outlet_id, each in every:
        found = await db.wrong_totals(conn, outlet_id, each)
        for row in found:
            print(_line(row), flush=True)
        wrong += len(found)
        if found and not check:
            async with conn.transaction("payments") as tx:
                await db.repair_day(tx, outlet_id, each)
        _progress(outlet_id, each)
    verb = "differ" if check else "repaired"
    print(f"{len(every)} days compared with the ledger, {wrong} totals {verb}.")
    return 1 if wrong and check else 0


def _progress(outlet_id: int, day: date) -> None:
    if sys.stderr.isatty():
        print(f"outlet {outlet_id}, {day} …", end="\r", file=sys.stderr, flush=True)


def _line(row: Any) -> str:
    names = ("captured", "paise", "refunded", "paise", "failed")
    hour = "" if row["hour"] is None else f" {row['hour']:02d}:00"

    def said(figures: list[int]) -> str:
        return " ".join(f"{name} {figure}" for name, figure in zip(names, figures, strict=True))

    return (
        f"outlet {row['outlet_id']}, {row['business_day']}{hour}, {row['method']}: "
        f"{said(row['kept'])}; the ledger says {said(row['recomputed'])}"
    )
