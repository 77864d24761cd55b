"""What discounts leave of a line, however many portions of it are left."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rasoi.orders.discounts import COMPLIMENTARY, having, shares
from rasoi.orders.pricing import split_by_rates
from rasoi.orders.rows import DiscountRow
from tests.orders.papers import discounted, line

GST = (("CGST", 250), ("SGST", 250))


def on_the_house(portions: int) -> DiscountRow:
    return discounted(0, portions, COMPLIMENTARY, "On the house")


def paise(unit: int, left: int, *discounts: DiscountRow) -> list[int]:
    return [each.paise for each in shares(unit, left, discounts)]


def test_what_is_on_the_house_is_the_last_to_be_taken_back() -> None:
    free = on_the_house(1)
    assert [paise(100_00, left, free) for left in (3, 2, 1)] == [[100_00]] * 3
    assert paise(100_00, 1, on_the_house(3)) == [100_00], "no more than is left"
    assert paise(100_00, 3, free, on_the_house(1)) == [100_00, 100_00]
    assert paise(100_00, 1, free, on_the_house(1)) == [100_00, 0]


def test_another_discount_concerns_what_is_paid_for() -> None:
    tenth = discounted(30_00, 3)
    assert paise(100_00, 3, tenth, on_the_house(1)) == [20_00, 100_00]
    assert paise(100_00, 2, tenth, on_the_house(1)) == [10_00, 100_00]
    assert paise(100_00, 1, tenth, on_the_house(1)) == [0, 100_00]
    assert paise(100_00, 3, discounted(20_00, 2)) == [20_00], "never more than was given"


def test_shares_that_are_rounded_up_never_take_off_more_than_there_is() -> None:
    assert paise(1, 1, discounted(1, 2), discounted(1, 2)) == [1, 0]


def test_a_price_that_contains_its_tax_still_does_after_all_of_it_was_free() -> None:
    sold = line(100_00, 1, GST, inclusive=True)
    free = having(sold, 1, [on_the_house(1)])
    assert (free.discount_paise, free.taxable_paise, free.total_paise, free.status) == (
        100_00,
        0,
        0,
        "active",
    )
    assert having(free, 1, []) == sold


@given(
    st.integers(0, 250_000),
    st.integers(1, 99),
    st.booleans(),
    st.lists(st.tuples(st.booleans(), st.integers(0, 100), st.integers(1, 99)), max_size=5),
    st.data(),
)
def test_every_component_follows_from_what_is_left(
    unit: int, quantity: int, inclusive: bool, given: list[tuple[bool, int, int]], data: st.DataObject
) -> None:
    discounts = [
        on_the_house(many)
        if free
        else discounted(unit * min(many, quantity) * part // 100, min(many, quantity))
        for free, part, many in given
    ]
    sold = line(unit, quantity, GST, inclusive=inclusive)
    left = data.draw(st.integers(1, quantity))
    after = having(sold, left, discounts)
    assert after == having(having(sold, quantity, discounts), left, discounts)
    assert after.discount_paise == sum(each.paise for each in after.discounts)
    assert all(each.paise >= 0 for each in after.discounts)
    amount = unit * left - after.discount_paise
    assert amount >= 0 and (after.taxable_paise, after.taxes) == split_by_rates(amount, sold.taxes, inclusive)
    assert after.total_paise == after.taxable_paise + sum(tax.paise for tax in after.taxes)
