"""A menu file is read exactly, and every fault in it is named with its line."""

from hypothesis import given
from hypothesis import strategies as st

from rasoi.menu.menu_file import MenuFile, parse
from rasoi.platform.sectioned_csv import Report, hundredths

GOOD = """\
[taxes]
code,name,prices,rates
food,Food,exclusive,CGST 2.5 + SGST 2.5
mrp,At MRP,inclusive,none

[stations]
code,name
tandoor,Tandoor

[categories]
code,name,name_hi
breads,Breads,रोटियाँ

[groups]
code,name,min,max
spice,Spice,1,1

[modifiers]
group,code,name,price
spice,mild,Mild,0
spice,hot,Hot,10.50

[items]
code,category,name,diet,station,tax,price,allergens,groups
naan,breads,Naan,veg,tandoor,food,Plain 55; Garlic 75.05,milk; gluten,spice
roti,breads,Roti,veg,tandoor,mrp,25,,
"""


def read(text: str) -> tuple[MenuFile, list[tuple[int, str]]]:
    report = Report()
    return parse(text, report), sorted(report.faults)


def test_good_file() -> None:
    menu, faults = read(GOOD)
    assert faults == []
    assert menu.taxes["food"]["components"] == [
        {"name": "CGST", "rate_bp": 250},
        {"name": "SGST", "rate_bp": 250},
    ]
    assert menu.taxes["mrp"] == {
        "name": "At MRP",
        "inclusive": True,
        "components": [],
        "hsn": "996331",
    }
    assert menu.categories["breads"]["name_hi"] == "रोटियाँ"
    assert menu.variants[("naan", "garlic")] == {"name": "Garlic", "price_paise": 7505}
    assert menu.variants[("roti", "regular")] == {"name": "Regular", "price_paise": 2500}
    assert menu.items["naan"]["allergens"] == ["gluten", "milk"]
    assert menu.modifiers[("spice", "hot")]["price_paise"] == 1050


def test_what_a_spreadsheet_writes_is_read_alike() -> None:
    excel = "".join(f"{line},,,,\r\n" for line in GOOD.splitlines())
    assert read(excel) == read(GOOD)


def test_every_fault_is_reported_with_its_line() -> None:
    text = GOOD.replace("CGST 2.5 + SGST 2.5", "GST five").replace(
        "spice,hot,Hot,10.50", "spyce,hot,Hot,1.234"
    )
    text = text.replace("roti,breads,Roti,veg,tandoor,mrp,25", "Roti,bread,,vegan,bar,vat,-5").replace(
        "Plain 55", "55"
    )
    _, faults = read(text)
    found = [(line, text.split(" ")[0]) for line, text in faults]
    assert found == [
        (3, "rates"),
        (21, "group"),
        (21, "price"),
        (25, "each"),
        (26, "category"),
        (26, "code"),
        (26, "diet"),
        (26, "name"),
        (26, "price"),
        (26, "station"),
        (26, "tax"),
    ]


def test_each_tax_class_may_have_its_own_code() -> None:
    text = GOOD.replace("code,name,prices,rates\n", "code,name,prices,rates,hsn\n")
    text = text.replace("CGST 2.5 + SGST 2.5\n", "CGST 2.5 + SGST 2.5,22021010\n").replace(
        "e,none\n", "e,none,\n"
    )
    menu, faults = read(text)
    assert (faults, menu.taxes["food"]["hsn"], menu.taxes["mrp"]["hsn"]) == ([], "22021010", "996331")
    for wrong in ("123", "123456789", "99633A"):
        assert any("hsn" in fault for _, fault in read(text.replace("22021010", wrong))[1]), wrong


def test_structure_is_checked() -> None:
    faults = [
        text
        for _, text in read(
            "code,name\n[stations]\ncode,nome\nx,y\n[bar]\na\n[stations]\ncode,name\na,b,c\n"
        )[1]
    ]
    for part in (
        "must come first",
        "column name is missing",
        "no column 'nome'",
        "no section [bar]",
        "twice",
        "3 cells",
    ):
        assert any(part in fault for fault in faults), part
    assert sum("is missing" in fault and "section" in fault for fault in faults) == 3


def test_doubles_and_impossible_groups() -> None:
    text = GOOD.replace("spice,Spice,1,1", "spice,Spice,3,2\nlonely,Lonely,0,1").replace(
        "roti,breads,Roti,veg", "naan,breads,Roti,veg"
    )
    faults = [text for _, text in read(text)[1]]
    assert "min 3 is more than max 2" in faults
    assert "min is 3, but the group has only 2 modifiers" in faults
    assert "the group has no modifiers" in faults
    assert "naan is there twice" in faults


def test_an_unclosed_quote_is_a_fault() -> None:
    assert read(GOOD + '"never closed\n')[1]


@given(st.integers(0, 10**11 - 1))
def test_prices_are_exact(paise: int) -> None:
    assert hundredths(f"{paise // 100}.{paise % 100:02}") == paise


@given(st.text(max_size=12))
def test_no_text_makes_a_price_by_accident(text: str) -> None:
    value = hundredths(text)
    assert value is None or (text.isascii() and text.replace(".", "").isdigit())


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    read(text)
    read("[items]\ncode,category,name,diet,station,tax,price\n" + text)
