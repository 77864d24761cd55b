"""The page of a document: what it says, and that nothing on it can be made to run."""

from __future__ import annotations

import base64
import hashlib
import re

import msgspec
import pytest

from rasoi.orders import document_page
from rasoi.orders.document_page import HEADERS, page, rupees
from rasoi.orders.schemas import Buyer
from tests.orders.papers import GST, issue, line, settled

FOOD = GST[0]


@pytest.mark.parametrize(
    ("paise", "text"),
    [(0, "0.00"), (5, "0.05"), (99_999, "999.99"), (100_000, "1,000.00"), (1_23_456_78, "1,23,456.78"),
     (12_34_56_789_00, "12,34,56,789.00"), (-50, "−0.50")],
)  # fmt: skip
def test_rupees_in_indian_groups(paise: int, text: str) -> None:
    assert rupees(paise) == text


def test_it_says_all_that_a_document_must() -> None:
    row, orders = settled(
        [line(4500, 2, FOOD, name="Naan")],
        table_name="Table 4",
        buyer=Buyer("Infosys", "29AAACI4741P1ZX", "Hosur Road"),
    )
    (paper,) = issue(row, orders, "tax_invoice")
    text = re.sub(r"<[^>]+>", " ", page(paper, [("C26-1/000001", "tok")]).split("</style>")[1])
    for said in ("Tax invoice", "I26-1/000001", "29 Nov 2026, 20:00", "Rasoi Foods LLP", "12, Church Street", "Table 4",
                 "GSTIN 29AAAFR1234K1Z8", "FSSAI 11226999000123", "996331", "2 NOS", "45.00", "90.00", "CGST 2.5% on 90.00",
                 "₹95.00", "Rupees Ninety-Five Only", "Round-off", "Infosys", "29AAACI4741P1ZX", "Hosur Road",
                 "Original for recipient", "reverse charge: no", "State code 29", "C26-1/000001"):  # fmt: skip
        assert said in text, said
    assert "Duplicate" not in text
    assert "Duplicate" in page(paper, [], duplicate=True) and "Original" not in page(
        paper, [], duplicate=True
    )


def test_a_bill_of_supply_begins_with_its_words_and_shows_no_tax() -> None:
    row, orders = settled([line(4500, 2, FOOD)])
    (paper,) = issue(row, orders, "bill_of_supply", gst_regime="composition")
    text = page(paper, [])
    main = text[text.index("<main") :]
    assert main.index("Composition taxable person") < main.index("Bill of supply")
    assert "GST 2.5" not in main and "reverse charge" not in main


def test_names_can_carry_no_markup_and_only_its_own_script_may_run() -> None:
    row, orders = settled(
        [line(4500, 1, FOOD, name="<img src=x onerror=alert(1)>", variant='"><script>x()</script>')]
    )
    (paper,) = issue(row, orders, "tax_invoice", name="A & <b>B</b>", address="'<svg/onload=1>")
    paper = msgspec.structs.replace(paper, table="<i>", cashier="<script>", buyer=Buyer("<a>", "<b>", "<c>"))
    text = page(paper, [("<u>", "t")])
    assert not re.search(r"<(img|svg|b|i|a>|u|c)\b", text.split("<main")[1].replace("<body", ""))
    scripts = re.findall(r"<script>(.*?)</script>", text)
    assert scripts == [document_page.PRINT]
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in HEADERS["content-security-policy"]
    assert "default-src 'none'" in HEADERS["content-security-policy"]
