"""The menu on the wire."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rasoi.menu.domain import DIETS, HIGHEST_PRICE_PAISE, Allergen, Diet
from rasoi.platform.description import one_of

Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S")]
HindiName = Annotated[str, Meta(max_length=80)]
Code = Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, Meta(max_length=300)]
Price = Annotated[int, Meta(ge=0, le=HIGHEST_PRICE_PAISE)]
Allergens = Annotated[list[Allergen], Meta(max_length=14)]


class Availability(msgspec.Struct, forbid_unknown_fields=True):
    """86 or back."""

    available: bool
    reason: Annotated[str, Meta(max_length=200)] | None = None


class ItemChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | UnsetType = UNSET
    name_hi: HindiName | UnsetType | None = UNSET
    description: Text | UnsetType = UNSET
    diet: Diet | UnsetType = UNSET
    allergens: Allergens | UnsetType = UNSET
    category_id: UUID | UnsetType = UNSET
    station: Code | UnsetType = UNSET
    tax_code: Code | UnsetType = UNSET


class PriceChange(msgspec.Struct, forbid_unknown_fields=True):
    price_paise: Price


class NewVariant(msgspec.Struct, forbid_unknown_fields=True):
    price_paise: Price
    name: Name = "Regular"


class NewItem(msgspec.Struct, forbid_unknown_fields=True):
    """`code` is made from the name where none is given; the first variant is the default."""

    category_id: UUID
    name: Name
    diet: Diet
    station: Code
    tax_code: Code
    variants: Annotated[list[NewVariant], Meta(min_length=1, max_length=12)]
    code: Code | None = None
    name_hi: HindiName | None = None
    description: Text = ""
    allergens: Allergens = []
    group_ids: Annotated[list[UUID], Meta(max_length=20)] = []


class NewCategory(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    code: Code | None = None
    name_hi: HindiName | None = None


class Created(msgspec.Struct):
    id: UUID


class OutletName(msgspec.Struct):
    id: int
    name: str


class StationView(msgspec.Struct, frozen=True):
    code: str
    name: str


class VariantView(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    price_paise: int


class ModifierView(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    price_paise: int
    available: bool


class GroupView(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    min: int
    max: int
    modifiers: list[ModifierView]


class ItemFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an item's row and its answer have in common."""

    id: UUID
    code: str
    name: str
    name_hi: str | None
    description: str
    diet: Annotated[str, one_of(DIETS)]
    allergens: list[str]
    station: str
    available: bool
    tax_code: str
    variants: list[VariantView]


class ItemView(ItemFacts, frozen=True, kw_only=True):
    """`remaining` is 0 when stock ran out, otherwise unknown."""

    remaining: int | None
    photo_url: str | None
    prices_include_tax: bool
    tax_rate_bp: int
    modifier_groups: list[GroupView]


class CategoryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a category's row and its answer have in common."""

    id: UUID
    code: str
    name: str
    name_hi: str | None


class CategoryView(CategoryFacts, frozen=True, kw_only=True):
    items: list[ItemView]


class MenuView(msgspec.Struct):
    """What guests and staff see of an outlet's menu."""

    outlet: OutletName
    version: int
    stations: list[StationView]
    tax_note: str
    categories: list[CategoryView]
