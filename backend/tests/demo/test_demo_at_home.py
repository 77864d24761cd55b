"""What everybody knows of the demo lets nobody in from beyond this machine, and real use begins without it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rasoi import app, cli
from rasoi.demo import first_start, people
from rasoi.platform.database import Database
from rasoi.settings import Settings, SettingsError
from rasoi.staff import commands
from rasoi.staff.first_run import FirstRun
from tests.support import private_directory

BEYOND = [{"host": "0.0.0.0"}, {"public_url": "https://order.example.in"}, {"host": "192.0.2.1"}]


@pytest.mark.parametrize("where", BEYOND, ids=str)
async def test_the_demo_is_for_this_machine(
    database_url: str, settings: Settings, where: dict[str, str]
) -> None:
    beyond = replace(settings, **where)  # type: ignore[arg-type]
    async with app.platform(beyond, database_url, None) as empty:
        assert await first_start.is_empty(empty.ctx), "an empty database became the demo for everybody"
    async with app.platform(settings, database_url, None):
        pass
    with pytest.raises(SettingsError, match="Meera Kapoor still has"):
        async with app.platform(beyond, database_url, None):
            pytest.fail("the demo's PINs worked for everybody")
    async with app.platform(replace(beyond, demo=True), database_url, None) as said:
        assert (await app.demo_lines(said.ctx))[0].startswith("Demo people")


async def test_one_password_of_the_demo_is_enough_to_refuse(
    database_url: str, database: Database, settings: Settings
) -> None:
    """PINs taken away and all people gone but one manager, whose password stayed."""
    async with app.platform(settings, database_url, None):
        pass
    await database.execute("UPDATE staff.person SET pin_hash = NULL WHERE password_hash IS NOT NULL")
    await database.execute("UPDATE staff.person SET active = false WHERE coalesce(username, '') <> 'evening'")
    beyond = replace(settings, host="0.0.0.0")
    with pytest.raises(SettingsError, match="Farah Sheikh still has"):
        async with app.platform(beyond, database_url, None):
            pytest.fail("a password of the demo worked for everybody")
    await commands.reset_password(database, "evening", "nobody knows this")
    async with app.platform(beyond, database_url, None) as fine:
        assert await people.with_public_credentials(fine.ctx) == []
        assert await app.demo_lines(fine.ctx) == [], (
            "no table's code and no PIN is printed of a real restaurant"
        )
        assert people.self_pairing(fine.ctx.settings).pins == ()


async def test_what_is_told_at_home(database_url: str, settings: Settings) -> None:
    async with app.platform(settings, database_url, None) as platform:
        told = "\n".join(await app.demo_lines(platform.ctx))
    assert "manager / rasoi-manager-demo" in told
    assert "PIN 1101" in told
    assert "/order?table=" in told


async def test_without_the_demo_on_this_machine_too(database_url: str, settings: Settings) -> None:
    async with app.platform(replace(settings, demo=False), database_url, None) as platform:
        assert await first_start.is_empty(platform.ctx)


@pytest.mark.parametrize(
    ("where", "link"),
    [
        ({"demo": False}, "http://127.0.0.1:8000/setup#"),
        ({"host": "0.0.0.0", "public_url": "https://order.example.in"}, "http://127.0.0.1:8000/setup#"),
        ({"host": "::"}, "http://[::1]:8000/setup#"),
        ({"host": "192.0.2.1"}, ""),
    ],
    ids=str,
)
async def test_what_the_terminal_of_an_empty_platform_shows(
    database_url: str, settings: Settings, where: dict[str, Any], link: str
) -> None:
    """A link where the machine reaches itself, for as long as there is no restaurant; and the command everywhere."""
    box = SimpleNamespace(redis_url=None)
    asked = replace(settings, port=8000, **where)
    async with app.platform(asked, database_url, None) as platform:
        told = await app.addresses(platform.ctx, box, 1.0)  # type: ignore[arg-type]
        assert "`rasoi init`" in told
        assert told.count("/setup#") == bool(link) and link in told
        token = told.partition("/setup#")[2].split()[0] if link else ""
        assert platform.ctx.get(FirstRun).is_good(token) is bool(link)
        await platform.ctx.db.execute("INSERT INTO staff.outlet (id, name) VALUES (1, 'Kapoor')")
        told = await app.addresses(platform.ctx, box, 1.0)  # type: ignore[arg-type]
        assert "rasoi init" not in told and "/setup" not in told


def test_a_first_owner_from_the_command_line() -> None:
    """All is given, so nothing is asked; and it is done once."""
    with private_directory() as directory:
        environ = {"PATH": os.environ["PATH"], "RASOI_DATA": str(directory / "data")}
        given = [
            "--business",
            "Kapoor Foods",
            "--outlet",
            "Kapoor's",
            "--gst-regime",
            "none",
            "--owner",
            "Meera",
        ]
        init = [
            sys.executable,
            "-m",
            "rasoi.cli",
            "init",
            *given,
            "--username",
            "meera",
            "--password-file",
            "-",
        ]

        def run() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                init, env=environ, input="a long password\n", capture_output=True, text=True, timeout=120,
                cwd=Path(__file__).parents[2],
            )  # fmt: skip

        done = run()
        assert done.returncode == 0, done.stderr
        assert "Kapoor's is set up" in done.stdout
        again = run()
        assert (again.returncode, again.stderr.count("\n")) == (1, 1)
        assert "already" in again.stderr


def test_help_says_what_can_be_given() -> None:
    for command in ("init", "people"):
        with redirect_stdout(io.StringIO()) as out, pytest.raises(SystemExit) as ended:
            cli.parser().parse_args([command, "--help"])
        assert ended.value.code == 0
        assert {"init": "--gst-regime", "people": "reset-password"}[command] in out.getvalue()


@pytest.mark.parametrize(("where", "by_itself"), [({}, True), *((each, False) for each in BEYOND)])
def test_where_the_demo_pairs_screens_by_itself(
    settings: Settings, where: dict[str, str], by_itself: bool
) -> None:
    assert bool(people.self_pairing(replace(settings, **where)).pins) is by_itself  # type: ignore[arg-type]


async def test_how_to_let_others_in_is_told_as_it_works(database_url: str, settings: Settings) -> None:
    box = SimpleNamespace(redis_url=None)
    async with app.platform(settings, database_url, None) as platform:
        assert "  DEMO=1 HOST=0.0.0.0 " in await app.addresses(platform.ctx, box, 1.0)  # type: ignore[arg-type]
        await platform.ctx.db.execute(
            "UPDATE staff.person SET pin_hash = NULL WHERE password_hash IS NOT NULL"
        )
        await platform.ctx.db.execute("UPDATE staff.person SET active = false")
        assert "  HOST=0.0.0.0 " in await app.addresses(platform.ctx, box, 1.0)  # type: ignore[arg-type]
