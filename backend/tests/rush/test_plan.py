"""A seed decides a whole service."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.rush.basket import allergies, basket
from rasoi.rush.plan import plan


@given(st.integers(1, 300), st.floats(0.5, 100), st.integers(), st.integers(0, 30))
def test_every_order_is_somebodys_once_and_in_time(orders: int, rate: float, seed: int, tables: int) -> None:
    parties = plan(orders, rate, seed, tables)
    numbers = sorted(wish.number for party in parties for wish in party.wishes)
    assert numbers == list(range(1, orders + 1))
    for party in parties:
        times = [wish.at for wish in party.wishes]
        assert times == sorted(times)
        assert party.table is None or 0 <= party.table < tables
        assert party.table is not None or len(party.wishes) == 1
    assert parties == plan(orders, rate, seed, tables)


def test_a_table_has_one_party_at_a_time() -> None:
    seated: dict[int, float] = {}
    for party in plan(500, 20, 1, 14):
        if party.table is not None:
            assert party.wishes[0].at >= seated.get(party.table, 0)
            seated[party.table] = party.wishes[-1].at


def test_the_mix_has_everything() -> None:
    parties = plan(500, 20, 1, 14)
    wishes = [wish for party in parties for wish in party.wishes]
    assert plan(500, 20, 2, 14) != parties
    assert max(len(party.wishes) for party in parties) > 2
    assert {party.means.method for party in parties} == {"cash", "upi", "card", "netbanking", "wallet"}
    assert any(party.means.failures for party in parties)
    assert any(not party.means.verified for party in parties)
    assert any(wish.by_waiter for wish in wishes)
    assert any(wish.in_courses for wish in wishes)
    assert 0 < sum(wish.cancelled for wish in wishes) < 50
    assert wishes[-1].at == pytest.approx(25, rel=0.2)


def group(low: int, high: int, *available: bool) -> dict[str, Any]:
    return {
        "min": low,
        "max": high,
        "modifiers": [{"id": f"m{n}", "available": yes} for n, yes in enumerate(available)],
    }


def item(name: str, *groups: dict[str, Any], available: bool = True) -> dict[str, Any]:
    variants = [{"id": f"{name} half"}, {"id": f"{name} full"}]
    return {
        "name": name,
        "available": available,
        "variants": variants,
        "modifier_groups": list(groups),
        "allergens": [name],
    }


def test_some_parties_must_not_eat_what_the_menu_has() -> None:
    menu = {"categories": [{"items": [item("dal"), item("naan")]}]}
    found = [allergies(menu, Random(seed)) for seed in range(300)]
    assert {code for codes in found for code in codes} == {"dal", "naan"}
    assert 0 < sum(bool(codes) for codes in found) < 100
    assert allergies({"categories": []}, Random(1)) == []


def test_a_basket_keeps_to_the_menus_rules() -> None:
    choices = group(1, 2, True, True, False)
    items = [
        item("dal", choices),
        item("naan"),
        item("off", available=False),
        item("unmakeable", group(1, 1, False)),
    ]
    menu = {"categories": [{"items": items}]}
    for seed in range(200):
        lines = basket(menu, Random(seed), 4)
        assert {line["variant_id"].split()[0] for line in lines} == {"dal", "naan"}
        dal = next(line for line in lines if line["variant_id"].startswith("dal"))
        assert 1 <= len(dal["modifiers"]) <= 2
        assert "m2" not in dal["modifiers"]
        assert len(set(dal["modifiers"])) == len(dal["modifiers"])


def test_the_second_course_is_last_and_never_alone() -> None:
    menu = {"categories": [{"items": [item("dal"), item("naan")]}]}
    assert [line.get("course", 1) for line in basket(menu, Random(1), 2, in_courses=True)] == [1, 2]
    assert "course" not in basket(menu, Random(1), 1, in_courses=True)[0]
    assert basket({"categories": []}, Random(1), 2) == []
