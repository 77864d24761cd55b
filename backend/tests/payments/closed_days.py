"""A closed day's report, as a row without its day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from rasoi.payments import day_repository
from rasoi.payments.day_schemas import DayReport
from rasoi.platform.database import Database


async def keep_report(db: Database, number: int, day: date) -> UUID:
    """The report of an empty day of the first outlet. Returns its id."""
    report = DayReport(
        id=uuid7(),
        number=number,
        outlet_id=1,
        outlet_name="Rasoi",
        legal_name=None,
        gstin=None,
        address=None,
        timezone="Asia/Kolkata",
        business_day=day,
        closed_at=datetime.now(UTC),
        closed_by_name="Meera",
        documents=[],
        taxes=[],
        sales_paise=0,
        orders=0,
        orders_paise=0,
        cancelled=0,
        covers=0,
        discount_paise=0,
        voids=0,
        voided_paise=0,
        tenders=[],
        captured_paise=0,
        refunded_paise=0,
        shifts=[],
        difference_paise=0,
        cash_without_shift_paise=0,
        left_over=[],
    )
    async with db.transaction("payments") as tx:
        await day_repository.add(tx, report, uuid7())
    return report.id
