from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.menu.api import GroupRule, MenuSnapshot, SnapModifier, SnapVariant, TaxClass, TaxRate
from rasoi.orders.pricing import BadLine, price, rounded, split_tax
from rasoi.orders.rows import DiscountRow
from rasoi.orders.schemas import LineRequest
from rasoi.platform.money import spread
from tests.orders.papers import discounted

FOOD = TaxClass(
    code="food", version=1, inclusive=False, components=[TaxRate("CGST", 250), TaxRate("SGST", 250)]
)
COLA = TaxClass(
    code="cola",
    version=1,
    inclusive=True,
    components=[TaxRate("CESS", 1200), TaxRate("CGST", 1400), TaxRate("SGST", 1400)],
)
SPICE, CHEESE, MILD, HOT = uuid4(), uuid4(), uuid4(), uuid4()
NAAN, DRINK = uuid4(), uuid4()


def variant(id: UUID, name: str, paise: int, tax: TaxClass, groups: Any = ()) -> SnapVariant:
    return SnapVariant(
        id=id,
        item_id=uuid4(),
        category_id=uuid4(),
        name=name,
        variant=None,
        price_paise=paise,
        station="tandoor",
        allergens=[],
        tax=tax,
        groups=list(groups),
    )


def menu(naan: int = 4500, drink: int = 6000) -> MenuSnapshot:
    spice = GroupRule(id=SPICE, name="Spice", min=1, max=1, modifier_ids=frozenset({MILD, HOT}))
    extra = GroupRule(id=uuid4(), name="Extras", min=0, max=1, modifier_ids=frozenset({CHEESE}))
    return MenuSnapshot(
        version=7,
        variants={
            NAAN: variant(NAAN, "Naan", naan, FOOD, [spice, extra]),
            DRINK: variant(DRINK, "Cola", drink, COLA),
        },
        modifiers={
            m: SnapModifier(id=m, name=name, price_paise=paise, group_id=SPICE)
            for m, name, paise in ((MILD, "Mild", 0), (HOT, "Hot", 0), (CHEESE, "Cheese", 3050))
        },
    )


def off(*paise: int) -> list[list[DiscountRow]]:
    """A discount for each line."""
    return [[discounted(each, 1)] for each in paise]


def test_tax_on_top_is_rounded_per_component_and_line() -> None:
    order = price([LineRequest(variant_id=NAAN, quantity=3, modifiers=[HOT, CHEESE])], menu())
    line = order.lines[0]
    assert (line.unit_price_paise, line.taxable_paise) == (7550, 22650)
    assert [(t.name, t.rate_bp, t.paise) for t in line.taxes] == [("CGST", 250, 566), ("SGST", 250, 566)]
    assert order.total_paise == 22650 + 566 + 566


def test_tax_inside_the_price_leaves_the_price_alone() -> None:
    order = price([LineRequest(variant_id=DRINK, quantity=1)], menu())
    assert order.total_paise == 6000
    assert order.taxable_paise + sum(t.paise for t in order.taxes) == 6000
    assert {t.name: t.paise for t in order.taxes} == {"CESS": 514, "CGST": 600, "SGST": 600}


def test_an_outlet_without_gst_charges_the_menu_price() -> None:
    order = price(
        [
            LineRequest(variant_id=NAAN, quantity=1, modifiers=[MILD]),
            LineRequest(variant_id=DRINK, quantity=1),
        ],
        menu(),
        taxed=False,
    )
    assert order.total_paise == 4500 + 6000 and order.taxes == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (LineRequest(variant_id=uuid4(), quantity=1), "not on the menu"),
        (LineRequest(variant_id=NAAN, quantity=1), "exactly 1 of “Spice”, not 0"),
        (LineRequest(variant_id=NAAN, quantity=1, modifiers=[MILD, HOT]), "exactly 1 of “Spice”, not 2"),
        (LineRequest(variant_id=NAAN, quantity=1, modifiers=[MILD, MILD]), "twice"),
        (LineRequest(variant_id=DRINK, quantity=1, modifiers=[MILD]), "can't be had with that"),
        (LineRequest(variant_id=NAAN, quantity=1, modifiers=[MILD, uuid4()]), "can't be had with that"),
    ],
)
def test_what_the_menu_does_not_allow_is_refused_with_the_reason(line: LineRequest, reason: str) -> None:
    with pytest.raises(BadLine, match=reason):
        price([line], menu())


def test_an_empty_or_absurd_order_is_refused() -> None:
    with pytest.raises(BadLine, match="at least one"):
        price([], menu())
    with pytest.raises(BadLine, match="can't come to more"):
        price([LineRequest(variant_id=DRINK, quantity=99)] * 60, menu(drink=1_000_000))
    with pytest.raises(BadLine, match="discount"):
        price([LineRequest(variant_id=DRINK, quantity=1)], menu(), discounts=off(6001))


def test_the_largest_order_and_the_largest_discount_are_still_possible() -> None:
    cart = [LineRequest(variant_id=DRINK, quantity=100)] * 10
    assert price(cart, menu(drink=1_000_000)).total_paise == 10_000_000_00, "one crore rupees"
    with pytest.raises(BadLine, match="can't come to more"):
        price(cart, menu(drink=1_000_001), discounts=off(999, *[0] * 9))
    assert price(cart, menu(drink=1_000_001), discounts=off(1000, *[0] * 9)).total_paise == 10_000_000_00
    free = price([LineRequest(variant_id=DRINK, quantity=1)], menu(), discounts=off(6000))
    assert (free.total_paise, free.discount_paise, free.subtotal_paise) == (0, 6000, 6000)
    with pytest.raises(BadLine, match="discount"):
        price([LineRequest(variant_id=DRINK, quantity=1)], menu(), discounts=off(-1))


def test_a_refusal_names_the_line_as_a_person_counts() -> None:
    good, bad = LineRequest(variant_id=DRINK, quantity=1), LineRequest(variant_id=NAAN, quantity=1)
    with pytest.raises(BadLine, match="Line 2: Naan needs") as refusal:
        price([good, bad], menu())
    assert refusal.value.extensions["line"] == 2


def test_a_choice_of_a_group_that_the_menu_has_no_more_is_refused() -> None:
    known = menu()
    modifiers = {id: each for id, each in known.modifiers.items() if id != CHEESE}
    line = LineRequest(variant_id=NAAN, quantity=1, modifiers=[MILD, CHEESE])
    with pytest.raises(BadLine, match="can't be had with that choice"):
        price([line], msgspec.structs.replace(known, modifiers=modifiers))


def test_a_group_that_lets_one_choose_says_how_many() -> None:
    loose = GroupRule(id=uuid4(), name="Dips", min=1, max=2, modifier_ids=frozenset({MILD, HOT, CHEESE}))
    dips = msgspec.structs.replace(menu(), variants={NAAN: variant(NAAN, "Naan", 4500, FOOD, [loose])})
    for chosen in ([MILD], [MILD, CHEESE]):
        assert (
            price([LineRequest(variant_id=NAAN, quantity=1, modifiers=chosen)], dips).lines[0].quantity == 1
        )
    for chosen in ([], [MILD, HOT, CHEESE]):
        with pytest.raises(BadLine, match=f"needs 1 to 2 of “Dips”, not {len(chosen)}"):
            price([LineRequest(variant_id=NAAN, quantity=1, modifiers=chosen)], dips)


def test_a_line_is_what_was_ordered_at_its_place_under_the_ids_given() -> None:
    ids = [uuid4(), uuid4()]
    cart = [
        LineRequest(variant_id=DRINK, quantity=2, note="no ice", course=2),
        LineRequest(variant_id=NAAN, quantity=1, modifiers=[CHEESE, HOT], note=""),
    ]
    order = price(cart, menu(), discounts=off(1200, 755), ids=ids)
    assert [(line.id, line.position, line.quantity, line.note, line.course) for line in order.lines] == [
        (ids[0], 0, 2, "no ice", 2),
        (ids[1], 1, 1, None, 1),
    ]
    assert [line.discount_paise for line in order.lines] == [1200, 755] and order.discount_paise == 1955
    assert [[m.name for m in line.modifiers] for line in order.lines] == [[], ["Cheese", "Hot"]]
    assert (order.lines[1].tax_class, order.lines[1].tax_version) == ("food", 1)
    assert order.subtotal_paise == 12000 + 7550


def test_taxes_are_summed_by_name_and_rate() -> None:
    cart = [LineRequest(variant_id=NAAN, quantity=1, modifiers=[MILD])] * 2 + [
        LineRequest(variant_id=DRINK, quantity=1)
    ]
    assert [(t.name, t.rate_bp, t.paise) for t in price(cart, menu()).taxes] == [
        ("CESS", 1200, 514),
        ("CGST", 250, 226),
        ("CGST", 1400, 600),
        ("SGST", 250, 226),
        ("SGST", 1400, 600),
    ]


lines = st.lists(st.tuples(st.sampled_from([NAAN, DRINK]), st.integers(1, 99)), min_size=1, max_size=12)


@given(lines, st.integers(0, 500_000), st.integers(0, 500_000), st.integers(0, 100), st.booleans())
def test_everything_adds_up(chosen: Any, naan: int, drink: int, percent: int, taxed: bool) -> None:
    cart = [LineRequest(variant_id=v, quantity=q, modifiers=[MILD] if v == NAAN else []) for v, q in chosen]
    gross = sum(q * (naan if v == NAAN else drink) for v, q in chosen)
    shares = spread(gross * percent // 100, [q * (naan if v == NAAN else drink) for v, q in chosen])
    order = price(cart, menu(naan, drink), taxed=taxed, discounts=off(*shares))
    assert order.subtotal_paise == gross
    assert sum(line.discount_paise for line in order.lines) == order.discount_paise
    assert order.taxable_paise + sum(t.paise for t in order.taxes) == order.total_paise
    assert order.total_paise == sum(line.total_paise for line in order.lines)
    assert all(line.taxable_paise >= 0 and line.total_paise >= line.taxable_paise for line in order.lines)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 5000), max_size=4))
def test_inclusive_tax_never_changes_the_price(amount: int, rates: list[int]) -> None:
    tax = TaxClass(
        code="x", version=1, inclusive=True, components=[TaxRate(str(i), r) for i, r in enumerate(rates)]
    )
    taxable, taxes = split_tax(amount, tax, True)
    assert taxable + sum(t.paise for t in taxes) == amount


@given(st.integers(0, 10**12))
def test_a_bill_is_a_whole_rupee_within_half_a_rupee(net: int) -> None:
    assert rounded(net) % 100 == 0 and -50 < rounded(net) - net <= 50
