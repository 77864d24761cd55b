"""Pages of lists: a route takes `cursor` and `limit`, and answers with `items` and `next`, the cursor of the next page.

One row more than asked for is read, so that the last page says that it is the last.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from litestar.params import Parameter

MOST = 200
Limit = Annotated[int, Parameter(ge=1, le=MOST)]
Row = TypeVar("Row")


def _id(row: Any) -> UUID:
    found: UUID = row["id"] if hasattr(row, "keys") else row.id
    return found


async def read_page(
    limit: int, read: Callable[[int], Awaitable[list[Row]]], cursor_of: Callable[[Row], UUID] = _id
) -> tuple[list[Row], UUID | None]:
    """Up to `limit` rows, and the cursor of what follows. `read` gets how many rows to read at most; the rows behind a
    cursor do not include its own."""
    rows = await read(limit + 1)
    return rows[:limit], cursor_of(rows[limit - 1]) if len(rows) > limit else None
