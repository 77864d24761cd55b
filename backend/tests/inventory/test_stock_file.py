"""A stock file is read exactly, and every fault in it is named with its line."""

from hypothesis import given
from hypothesis import strategies as st

from rasoi.inventory.stock_file import StockFile, parse
from rasoi.platform.sectioned_csv import Report

GOOD = """\
[stock]
code,name,kind,unit,reorder_level,opening
flour,Flour,estimated,kg,5,50.5
butter,Butter,estimated,kg,1,10
raan,Leg of lamb,counted,portion,2,5

[recipes]
for,uses
naan,flour 0.09
naan/garlic,flour 0.09; butter 0.01
roti,raan 1; flour 0.05
+spice/hot,butter 0.005
"""


def read(text: str) -> tuple[StockFile, list[tuple[int, str]]]:
    report = Report()
    return parse(text, report), sorted(report.faults)


def test_good_file() -> None:
    file, faults = read(GOOD)
    assert faults == []
    assert file.stock["flour"].opening_milli == 50_500
    assert file.recipes["naan/garlic"].parts == {"flour": 90, "butter": 10}


def test_every_fault_is_reported_with_its_line() -> None:
    text = GOOD.replace("estimated,kg,5,50.5", "guessed,stone,5,50.5555").replace(
        "flour 0.05", "flower 0.05; raan 2"
    )
    text = text.replace("naan,flour", "naan,butter 0; flour").replace(
        "+spice/hot,butter 0.005", "spice/hot/x,"
    )
    _, faults = read(text)
    assert [(line, text.split(" ")[0]) for line, text in faults] == [
        (3, "kind"),
        (3, "opening"),
        (3, "unit"),
        (9, "uses"),
        (11, "uses"),
        (11, "uses"),
        (12, "for"),
        (12, "uses"),
    ]


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    read(text)
    read("[stock]\ncode,name,kind,unit,reorder_level,opening\n" + text)
    read(GOOD + text)
