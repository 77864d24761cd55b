"""Wire shapes of moves, and what is kept of each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from rasoi.orders.schemas import NamedTable
from rasoi.platform.description import one_of

KINDS = ("move",)


class MoveRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`table_id` is where they go."""

    table_id: UUID


class Detail(msgspec.Struct, kw_only=True):
    """What was moved from where to where."""

    from_table: NamedTable
    to_table: NamedTable


class Rearrangement(Detail, kw_only=True):
    """A move of a party, with who did it; `undone_at` and `undone_by` once it was undone."""

    id: UUID
    kind: Annotated[str, one_of(KINDS)]
    sitting_id: UUID | None
    at: datetime
    by: str | None
    undone_at: datetime | None
    undone_by: str | None


class Rearrangements(msgspec.Struct):
    items: list[Rearrangement]
    next: UUID | None
