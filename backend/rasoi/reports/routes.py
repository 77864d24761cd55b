"""HTTP of the reports room."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from rasoi.platform.auth import Principal
from rasoi.platform.context import Context
from rasoi.platform.roles import permit
from rasoi.reports import service
from rasoi.reports.schemas import SalesReport, TimesReport

TAGS = ["reports"]
From = Annotated[date | None, QueryParameter(name="from", description="A business day; `to` when left out.")]
To = Annotated[date | None, QueryParameter(name="to", description="A business day; today when left out.")]


@get("/api/reports/sales", guards=[permit("see_money").and_scope("reports:read")], tags=TAGS)
async def sales_report(
    ctx: Context, principal: Principal, first: From = None, last: To = None
) -> SalesReport:
    """What was sold on these business days: by day, hour of the outlet's clock, type and item."""
    return await service.sales(ctx, principal, first, last)


@get("/api/reports/times", guards=[permit("see_money").and_scope("reports:read")], tags=TAGS)
async def times_report(
    ctx: Context, principal: Principal, first: From = None, last: To = None
) -> TimesReport:
    """How long the kitchen took for the orders of these business days, by station and hour."""
    return await service.times(ctx, principal, first, last)


ROUTES = (sales_report, times_report)
