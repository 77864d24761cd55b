"""What a guest chooses from the menu, within the rules of its modifier groups. Pure."""

from __future__ import annotations

from random import Random
from typing import Any

NOTES = ("less spicy", "no onion", "extra crisp", "sauce on the side", "for the children, mild")

ALLERGIC = 0.1

Json = dict[str, Any]


def basket(menu: Json, chance: Random, lines: int, *, in_courses: bool = False) -> list[Json]:
    """Lines of an order; empty when nothing can be had. The last line is the second course when `in_courses`."""
    sellable = [item for category in menu["categories"] for item in category["items"] if _can_be_had(item)]
    chosen = chance.sample(sellable, min(lines, len(sellable)))
    found = [_line(item, chance) for item in chosen]
    if in_courses and len(found) > 1:
        found[-1]["course"] = 2
    return found


def allergies(menu: Json, chance: Random) -> list[str]:
    """What a party must not eat: mostly nothing, else one thing that is in a dish of the menu."""
    marked = {
        code for category in menu["categories"] for item in category["items"] for code in item["allergens"]
    }
    return [chance.choice(sorted(marked))] if marked and chance.random() < ALLERGIC else []


def _can_be_had(item: Json) -> bool:
    return item["available"] and all(
        sum(modifier["available"] for modifier in group["modifiers"]) >= group["min"]
        for group in item["modifier_groups"]
    )


def _line(item: Json, chance: Random) -> Json:
    line: Json = {
        "variant_id": chance.choice(item["variants"])["id"],
        "quantity": chance.choice((1, 1, 1, 2, 2, 3)),
    }
    modifiers = [modifier for group in item["modifier_groups"] for modifier in _choices(group, chance)]
    if modifiers:
        line["modifiers"] = modifiers
    if chance.random() < 0.15:
        line["note"] = chance.choice(NOTES)
    return line


def _choices(group: Json, chance: Random) -> list[str]:
    available = [modifier["id"] for modifier in group["modifiers"] if modifier["available"]]
    most = min(group["max"], len(available), group["min"] + 1)
    return chance.sample(available, chance.randint(group["min"], most))
