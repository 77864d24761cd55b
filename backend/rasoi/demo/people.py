"""The demo's people, whose PINs and passwords everybody knows: who of them still has theirs, and where that may be."""

from __future__ import annotations

import csv

from rasoi.demo import DATA, OUTLET
from rasoi.platform.context import Context
from rasoi.settings import Settings, SettingsError
from rasoi.staff.devices import SelfPairing
from rasoi.staff.service import public_credentials


def rows(name: str) -> list[dict[str, str]]:
    """The lines of one of the demo's files."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def self_pairing(settings: Settings) -> SelfPairing:
    """The demo's own screens need no manager, where nothing but its machine can reach it."""
    if not settings.at_home:
        return SelfPairing()
    return SelfPairing(OUTLET, tuple((row["name"], row["pin"]) for row in rows("people.csv")))


async def with_public_credentials(ctx: Context) -> list[str]:
    """The names of those who can be signed in as by what everybody knows."""
    known = [(row["name"], row["pin"], row["username"], row["password"]) for row in rows("people.csv")]
    return await public_credentials(ctx, OUTLET, known)


async def refuse_beyond_home(ctx: Context) -> None:
    """Raises SettingsError where others could sign in by the demo's PINs and passwords, and nobody has said DEMO=1."""
    if ctx.settings.at_home or ctx.settings.demo:
        return
    if names := await with_public_credentials(ctx):
        raise SettingsError(
            f"{names[0]} still has a PIN or password of the demo, which everybody knows; give people others, or set"
            " DEMO=1, before HOST or PUBLIC_URL lets others in"
        )


async def lines(ctx: Context) -> list[str]:
    """The demo's people, with what they can be signed in as by."""
    names = await with_public_credentials(ctx)
    told = [
        f"  {row['name']:<16}{row['role']:<10}"
        + (f"{row['username']} / {row['password']}" if row["password"] else f"PIN {row['pin']}")
        for row in rows("people.csv")
        if row["name"] in names
    ]
    return ["Demo people (change these before real use):", *told] if told else []
