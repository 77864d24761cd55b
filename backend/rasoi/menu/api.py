"""What other rooms may ask of the menu: one immutable snapshot, from which carts are priced."""

from __future__ import annotations

from uuid import UUID

import msgspec

from rasoi.menu import domain, repository
from rasoi.platform.database import Database, Tx

ALLERGENS = domain.ALLERGENS


class TaxRate(msgspec.Struct, frozen=True):
    """One component, such as CGST; `rate_bp` in basis points."""

    name: str
    rate_bp: int


class TaxClass(msgspec.Struct, frozen=True):
    """One version of a tax class. `inclusive`: prices contain the tax."""

    code: str
    version: int
    inclusive: bool
    components: list[TaxRate]


class GroupRule(msgspec.Struct, frozen=True):
    """How many of a group's modifiers a line takes."""

    id: UUID
    name: str
    min: int
    max: int
    modifier_ids: frozenset[UUID]


class SnapModifier(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    price_paise: int
    group_id: UUID


class SnapVariant(msgspec.Struct, frozen=True):
    """What can be ordered. `variant` is None where the item has only one."""

    id: UUID
    item_id: UUID
    category_id: UUID
    name: str
    variant: str | None
    price_paise: int
    station: str
    allergens: list[str]
    tax: TaxClass
    groups: list[GroupRule]


class MenuSnapshot(msgspec.Struct, frozen=True):
    """The outlet's menu at `version`; availability is not part of it."""

    version: int
    variants: dict[UUID, SnapVariant]
    modifiers: dict[UUID, SnapModifier]


async def sources(conn: Database | Tx, outlet_id: int) -> dict[str, tuple[UUID, UUID | None]]:
    """What is sold and can have a recipe, by code: (variant or modifier, its item; none for a modifier)."""
    return await repository.sources(conn, outlet_id)


async def snapshot(conn: Database | Tx, outlet_id: int) -> MenuSnapshot:
    """The outlet's menu as it is now."""
    document = await repository.document(conn, outlet_id)
    taxes = {code: msgspec.convert(tax, TaxClass) for code, tax in document.tax_classes.items()}
    groups: dict[UUID, GroupRule] = {}
    modifiers: dict[UUID, SnapModifier] = {}
    for group in document.groups:
        ids = frozenset(modifier.id for modifier in group.modifiers)
        groups[group.id] = GroupRule(group.id, group.name, group.min, group.max, ids)
        modifiers |= {m.id: SnapModifier(m.id, m.name, m.price_paise, group.id) for m in group.modifiers}
    variants = {}
    for item in document.items:
        rules = [groups[group] for group in item.groups]
        for one in item.variants:
            name = one.name if len(item.variants) > 1 else None
            variants[one.id] = SnapVariant(
                id=one.id,
                item_id=item.id,
                category_id=item.category_id,
                name=item.name,
                variant=name,
                price_paise=one.price_paise,
                station=item.station,
                allergens=item.allergens,
                tax=taxes[item.tax_code],
                groups=rules,
            )
    return MenuSnapshot(document.version, variants, modifiers)
