"""An import makes the menu what the file says, changes what differs and nothing else, or nothing at all."""

from pathlib import Path

from rasoi.menu import api
from rasoi.menu.importer import import_menu
from rasoi.platform.database import Database
from rasoi.platform.sectioned_csv import Report, read_text
from tests.menu.conftest import log
from tests.menu.test_menu_file import GOOD


async def rows(db: Database) -> list[str]:
    """Every row of every table of the menu, as text."""
    found = []
    for table in "station category modifier_group modifier item variant item_modifier_group tax_class outlet_menu".split():
        found += [
            f"{table}{tuple(row.values())}"
            for row in await db.fetch(f"SELECT * FROM menu.{table} ORDER BY 1, 2, 3")
        ]
    return found


async def test_second_import_changes_nothing(menu: Database) -> None:
    before = await rows(menu)
    report = await import_menu(menu, 1, GOOD)
    assert not report.differs
    assert report.unchanged == 12
    assert await rows(menu) == before
    assert [kind for kind, _, _ in await log(menu)] == ["republished"]


async def test_only_what_differs_is_changed(menu: Database) -> None:
    before = await api.snapshot(menu, 1)
    text = GOOD.replace("Garlic 75.05", "Garlic 80; Cheese 99").replace("spice,mild,Mild,0\n", "")
    report = await import_menu(menu, 1, text)
    assert report.added == ["variant naan/cheese"]
    assert report.changed == ["variant naan/garlic"]
    assert report.removed == ["modifier spice/mild"]
    after = await api.snapshot(menu, 1)
    assert after.version == before.version + 1
    assert set(before.variants) < set(after.variants)
    assert sorted(v.price_paise for v in after.variants.values()) == [2500, 5500, 8000, 9900]
    assert [(kind, version) for kind, version, _ in await log(menu)] == [
        ("republished", 1),
        ("republished", 2),
    ]


async def test_what_is_gone_becomes_inactive_and_comes_back_as_it_was(menu: Database) -> None:
    before = await api.snapshot(menu, 1)
    without = "\n".join(line for line in GOOD.splitlines() if not line.startswith("roti"))
    assert (await import_menu(menu, 1, without)).removed == ["item roti", "variant roti/regular"]
    assert {v.name for v in (await api.snapshot(menu, 1)).variants.values()} == {"Naan"}
    assert (await import_menu(menu, 1, GOOD)).added == ["item roti", "variant roti/regular"]
    assert (await api.snapshot(menu, 1)).variants == before.variants


async def test_a_fault_changes_nothing(menu: Database) -> None:
    before = await rows(menu)
    report = await import_menu(
        menu, 1, GOOD.replace("Plain 55", "Plain 56").replace(",veg,tandoor,mrp", ",fruit,tandoor,mrp")
    )
    assert [line for line, _ in report.faults] == [26]
    assert "nothing was changed" in report.lines("menu.csv")[-1]
    assert report.lines("menu.csv")[0].startswith("menu.csv:26: diet must be one of")
    assert await rows(menu) == before


async def test_another_tax_is_another_version(menu: Database) -> None:
    await import_menu(menu, 1, GOOD.replace("CGST 2.5 + SGST 2.5", "CGST 9 + SGST 9"))
    naan = next(v for v in (await api.snapshot(menu, 1)).variants.values() if v.name == "Naan")
    assert (naan.tax.version, [rate.rate_bp for rate in naan.tax.components]) == (2, [900, 900])
    assert (
        await menu.fetchval(
            "SELECT components->0->>'rate_bp' FROM menu.tax_class WHERE code = 'food' AND version = 1"
        )
        == "250"
    )


async def test_groups_and_order_of_items(menu: Database) -> None:
    lines = GOOD.splitlines()
    lines[-2:] = [lines[-1] + "spice", lines[-2]]
    report = await import_menu(menu, 1, "\n".join(lines))
    assert report.changed == ["item roti"]
    document = await menu.fetchval("SELECT menu.read_snapshot(1)")
    assert [item["name"] for item in document["items"]] == ["Roti", "Naan"]
    assert all(item["groups"] for item in document["items"])


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    path, report = tmp_path / "menu.csv", Report()
    path.write_bytes(b"[taxes]\nfood,Cr\xe8me\n")
    read_text(path, report)
    assert report.faults[0][0] == 2
