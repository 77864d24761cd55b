"""The guests' menu, encoded once per outlet, version and availability, and cached until one of them changes."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from uuid import UUID

import msgspec

from rasoi.menu import repository, schemas
from rasoi.menu.domain import tax_note
from rasoi.menu.repository import Document, ItemRow
from rasoi.platform.context import Context
from rasoi.staff import api as staff


@dataclass(frozen=True)
class EncodedMenu:
    """The menu as bytes, and the versions that it shows. `etag` is weak: both encodings say the same."""

    state: tuple[int, int, int]
    etag: str
    plain: bytes
    gzipped: bytes


class MenuCache:
    """The encoded menu of each outlet, as it was last asked for."""

    def __init__(self) -> None:
        self._encoded: dict[int, EncodedMenu] = {}

    async def read(self, ctx: Context, outlet_id: int) -> EncodedMenu:
        """The menu as it is now: one probe of its version where nothing changed."""
        outlet = await staff.outlet(ctx.db, outlet_id)
        cached = self._encoded.get(outlet_id)
        if cached is not None and cached.state == (
            *await repository.state(ctx.db, outlet_id),
            outlet.version,
        ):
            return cached
        document = await repository.document(ctx.db, outlet_id)
        shown = view(document, outlet_id, outlet.name, outlet.gst_regime)
        cached = encode(shown, (document.version, document.revision, outlet.version))
        self._encoded[outlet_id] = cached
        return cached


def encode(menu: schemas.MenuView, state: tuple[int, int, int]) -> EncodedMenu:
    plain = msgspec.json.encode(menu)
    etag = f'W/"{hashlib.blake2s(plain, digest_size=12).hexdigest()}"'
    return EncodedMenu(state, etag, plain, gzip.compress(plain, 6, mtime=0))


def view(document: Document, outlet_id: int, name: str, regime: str) -> schemas.MenuView:
    """The document as guests see it; a category without items is left out."""
    groups = {group.id: group for group in document.groups}
    items: dict[UUID, list[schemas.ItemView]] = {}
    for item in document.items:
        items.setdefault(item.category_id, []).append(_item(item, document, groups))
    used = {item.tax_code for item in document.items}
    return schemas.MenuView(
        outlet=schemas.OutletName(outlet_id, name),
        version=document.version,
        stations=document.stations,
        tax_note=tax_note((document.tax_classes[code]["inclusive"] for code in used), regime),
        categories=[
            schemas.CategoryView(**msgspec.structs.asdict(one), items=items[one.id])
            for one in document.categories
            if one.id in items
        ],
    )


def _item(item: ItemRow, document: Document, groups: dict[UUID, schemas.GroupView]) -> schemas.ItemView:
    tax = document.tax_classes[item.tax_code]
    facts = {name: getattr(item, name) for name in schemas.ItemFacts.__struct_fields__}
    return schemas.ItemView(
        **facts,
        remaining=0 if item.stock_out else None,
        photo_url=None,
        prices_include_tax=tax["inclusive"],
        tax_rate_bp=sum(component["rate_bp"] for component in tax["components"]),
        modifier_groups=[groups[group] for group in item.groups],
    )
