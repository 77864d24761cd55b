"""The guests' menu, encoded once per outlet, version and availability, and cached until one of them changes."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from uuid import UUID

import msgspec

from rasoi.menu import repository, schemas
from rasoi.menu.domain import tax_note
from rasoi.menu.repository import Document, GroupRow, ItemRow
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
    groups = {group.id: _group(group) for group in document.groups}
    items: dict[UUID, list[schemas.ItemView]] = {}
    for item in document.items:
        items.setdefault(item.category_id, []).append(_item(item, document, groups))
    used = {item.tax_code for item in document.items}
    return schemas.MenuView(
        outlet=schemas.OutletName(outlet_id, name),
        version=document.version,
        stations=[schemas.StationView(one.code, one.name) for one in document.stations],
        tax_note=tax_note((document.tax_classes[code]["inclusive"] for code in used), regime),
        categories=[
            schemas.CategoryView(one.id, one.code, one.name, one.name_hi, items[one.id])
            for one in document.categories
            if one.id in items
        ],
    )


def _group(group: GroupRow) -> schemas.GroupView:
    modifiers = [schemas.ModifierView(m.id, m.name, m.price_paise, m.available) for m in group.modifiers]
    return schemas.GroupView(group.id, group.name, group.min, group.max, modifiers)


def _item(item: ItemRow, document: Document, groups: dict[UUID, schemas.GroupView]) -> schemas.ItemView:
    tax = document.tax_classes[item.tax_code]
    return schemas.ItemView(
        id=item.id,
        code=item.code,
        name=item.name,
        name_hi=item.name_hi,
        description=item.description,
        diet=item.diet,
        allergens=item.allergens,
        station=item.station,
        available=item.available,
        remaining=0 if item.stock_out else None,
        photo_url=None,
        prices_include_tax=tax["inclusive"],
        tax_code=item.tax_code,
        tax_rate_bp=sum(component["rate_bp"] for component in tax["components"]),
        variants=[schemas.VariantView(one.id, one.name, one.price_paise) for one in item.variants],
        modifier_groups=[groups[group] for group in item.groups],
    )
