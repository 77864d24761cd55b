"""Each room signs in at PostgreSQL under its own role and password, and gets at nothing else from there."""

from __future__ import annotations

from urllib.parse import quote

import asyncpg
import pytest

from rasoi.platform.migrate import MigrationError
from rasoi.platform.passwords import set_passwords, verifier
from rasoi.settings import load
from tests.support import Cluster

PASSWORD = "p/a:s@s w%rd?#é"


def address(cluster: Cluster, database: str, user: str, password: str) -> str:
    """Over TCP, where PostgreSQL asks for the password."""
    assert cluster.embedded.postgres is not None
    url = f"postgresql://{user}@127.0.0.1:{cluster.embedded.postgres.port}/{database}"
    return load({"DATABASE_URL": url, "DATABASE_PASSWORD": password}).database_url


async def test_a_room_signs_in_with_any_password_and_stays_in_its_role(
    cluster: Cluster, database_url: str
) -> None:
    await set_passwords(database_url, [("menu", PASSWORD)])
    database = database_url.split("?")[0].rpartition("/")[2]
    conn = await asyncpg.connect(address(cluster, database, "rasoi_menu", PASSWORD))
    try:
        assert await conn.fetchval("SELECT count(*) FROM menu.item") == 0
        for forbidden in ("SET ROLE rasoi", "SET ROLE postgres", "SET ROLE rasoi_orders", "SELECT pg_read_file('/etc/passwd')",
                          "SELECT count(*) FROM payments.payment", "CREATE ROLE another"):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(forbidden)
    finally:
        await conn.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(address(cluster, database, "rasoi_menu", PASSWORD + "x"))


async def test_a_password_for_no_room_is_refused(database_url: str) -> None:
    with pytest.raises(MigrationError, match="cellar"):
        await set_passwords(database_url, load({"DATABASE_PASSWORD_CELLAR": "x"}).room_passwords)


def test_the_verifier_is_that_of_the_standard() -> None:
    """RFC 7677's example of SCRAM-SHA-256 has this salt and password; the keys follow from them."""
    made = verifier("pencil", b"[m\x99h\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81")
    assert made.startswith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")
    assert made.endswith(
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_a_password_keeps_its_signs_in_the_address() -> None:
    url = load(
        {
            "DATABASE_URL": "postgresql://rasoi_menu@db:5433/rasoi?sslmode=require",
            "DATABASE_PASSWORD": PASSWORD,
        }
    )
    quoted = quote(PASSWORD, safe="")
    assert url.database_url == f"postgresql://rasoi_menu:{quoted}@db:5433/rasoi?sslmode=require"
