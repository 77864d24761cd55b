"""Pages of lists: a route takes `cursor` and `limit`, and answers with `items` and `next`, the cursor of the next page.

One row more than asked for is read, so that the last page says that it is the last. Where a row stands for much, a page ends
also when it is heavy enough: no answer grows with what is in its rows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import accumulate
from typing import Annotated, Any, TypeVar
from uuid import UUID

from litestar.params import Parameter

MOST = 200
HEAVIEST = 1_000  # lines of orders in one answer, each of some 700 bytes
Limit = Annotated[int, Parameter(ge=1, le=MOST)]
Row = TypeVar("Row")


def _id(row: Any) -> UUID:
    found: UUID = row["id"] if hasattr(row, "keys") else row.id
    return found


async def read_page(
    limit: int,
    read: Callable[[int], Awaitable[list[Row]]],
    cursor_of: Callable[[Row], UUID] = _id,
    weight_of: Callable[[Row], int] | None = None,
) -> tuple[list[Row], UUID | None]:
    """Up to `limit` rows, and the cursor of what follows. `read` gets how many rows to read at most; the rows behind a
    cursor do not include its own. With `weight_of` the page ends before HEAVIEST is passed, but never without a row."""
    rows = await read(limit + 1)
    most = min(limit, _light(rows, weight_of)) if weight_of else limit
    return rows[:most], cursor_of(rows[most - 1]) if len(rows) > most else None


def _light(rows: list[Row], weight_of: Callable[[Row], int]) -> int:
    """How many rows from the first on are no more than HEAVIEST together, and at least one."""
    sums = accumulate(map(weight_of, rows))
    return max(1, sum(1 for weight in sums if weight <= HEAVIEST))
