"""Wire shapes of setting up tables."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

LINE = r"^(?! )[^\x00-\x1f\x7f]+$(?!\n)"  # one line that is not blank, without control signs
TableName = Annotated[str, Meta(min_length=1, max_length=40, pattern=LINE)]
Area = Annotated[str, Meta(max_length=40, pattern=r"^(?! )[^\x00-\x1f\x7f]*$(?!\n)")]
Seats = Annotated[int, Meta(ge=1, le=200)]


class NewTable(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: TableName
    area: Area = ""
    seats: Seats = 4


class TablePatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change."""

    name: TableName | UnsetType = UNSET
    area: Area | UnsetType = UNSET
    seats: Seats | UnsetType = UNSET


class TableSetUp(msgspec.Struct):
    """A table as it was set up."""

    id: UUID
    name: str
    area: str
    seats: int
