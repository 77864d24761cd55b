"""The SQL functions that other rooms call, under those rooms' roles."""

import math
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from rasoi.platform.database import Database
from rasoi.room_list import NAMES
from rasoi.staff import api, repository
from tests.conftest import AsRoom

ROOMS = [name for name in NAMES if name not in ("staff", "realtime")]


@pytest.fixture
async def db(database: Database) -> Database:
    await database.execute(
        "INSERT INTO staff.outlet (id, name, timezone, day_cutoff_minutes) VALUES (2, 'Other', 'Pacific/Honolulu', 0)"
    )
    await database.execute("INSERT INTO staff.outlet (id, name) VALUES (1, 'Rasoi')")
    return database


async def day_at(db: Database, zone: str, cutoff: int, wall: str, fold: int = 0) -> date:
    await db.execute(
        "UPDATE staff.outlet SET timezone = $1, day_cutoff_minutes = $2 WHERE id = 1", zone, cutoff
    )
    at = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return await db.fetchval("SELECT staff.business_day_at(1, $1)", at)  # type: ignore[no-any-return]


DAYS = [
    ("Asia/Kolkata", 240, "2026-11-21T23:59:59", "2026-11-21"),
    ("Asia/Kolkata", 240, "2026-11-22T00:00:00", "2026-11-21"),
    ("Asia/Kolkata", 240, "2026-11-22T03:59:59.999999", "2026-11-21"),
    ("Asia/Kolkata", 240, "2026-11-22T04:00:00", "2026-11-22"),
    ("Asia/Kolkata", 0, "2026-11-21T23:59:59", "2026-11-21"),
    ("Asia/Kolkata", 0, "2026-11-22T00:00:00", "2026-11-22"),
    ("Asia/Kolkata", 720, "2027-01-01T11:59:00", "2026-12-31"),
    ("America/New_York", 240, "2026-03-01T03:59:00", "2026-02-28"),
    ("Pacific/Kiritimati", 240, "2026-11-21T05:00:00", "2026-11-21"),
]


async def test_business_day(db: Database) -> None:
    for zone, cutoff, wall, day in DAYS:
        assert await day_at(db, zone, cutoff, wall) == date.fromisoformat(day), (zone, cutoff, wall)


async def test_business_day_when_the_clocks_change(db: Database) -> None:
    """Cut-off at 02:30 in Berlin: in March that time does not exist, in October it comes twice."""
    zone, cutoff = "Europe/Berlin", 150
    assert await day_at(db, zone, cutoff, "2026-03-29T01:59:59") == date(2026, 3, 28)
    assert await day_at(db, zone, cutoff, "2026-03-29T03:30:00") == date(2026, 3, 29)
    assert await day_at(db, zone, cutoff, "2026-10-25T02:15:00") == date(2026, 10, 24)
    assert await day_at(db, zone, cutoff, "2026-10-25T02:30:00", fold=1) == date(2026, 10, 25)


def clock_changes(zone: str, year: int) -> list[datetime]:
    """The hours of the year after which the zone's clocks show another offset."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(366 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata"]
)
async def test_the_business_day_never_goes_back(db: Database, zone: str) -> None:
    """Every half hour around each change of the clocks and through three days without, for cut-offs near those hours."""
    begins = [*clock_changes(zone, 2018), datetime(2018, 6, 6, tzinfo=UTC)]
    for cutoff in (0, 120, 150, 180, 240):
        await db.execute(
            "UPDATE staff.outlet SET timezone = $1, day_cutoff_minutes = $2 WHERE id = 1", zone, cutoff
        )
        for at in begins:
            back, most = await db.fetchrow(
                """SELECT count(*) FILTER (WHERE day < before), max(day - before) FROM (
                  SELECT day, lag(day) OVER (ORDER BY at) AS before FROM (
                    SELECT at, staff.business_day_at(1, at) AS day
                    FROM generate_series($1::timestamptz - interval '40 h', $1 + interval '40 h', '30 min') at) a) b""",
                at,
            )
            assert (back, most) == (0, 1), at


@pytest.mark.parametrize("cutoff", [0, 240, 720])
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "Pacific/Kiritimati"])
async def test_when_the_present_day_began(db: Database, zone: str, cutoff: int) -> None:
    await db.execute(
        "UPDATE staff.outlet SET timezone = $1, day_cutoff_minutes = $2 WHERE id = 1", zone, cutoff
    )
    began = await api.day_began(db, 1)
    _, today = await api.now_and_business_day(db, 1)
    days = "SELECT staff.business_day_at(1, $1), staff.business_day_at(1, $1 - interval '1 us')"
    assert tuple(await db.fetchrow(days, began)) == (today, today - timedelta(days=1))


async def test_what_the_platform_did_by_itself_stands_in_the_log(db: Database, as_room: AsRoom) -> None:
    theirs = await as_room("kitchen")
    async with theirs.transaction("kitchen") as tx:
        await api.audit_job(tx, 1, "tested", "room", {"orders": 2})
    row = await db.fetchrow("SELECT actor_id, actor_name, action, subject, detail FROM staff.audit")
    assert tuple(row) == (None, None, "tested", "room", {"orders": 2})


async def test_an_unknown_outlet_has_no_business_day(db: Database) -> None:
    assert await db.fetchval("SELECT staff.business_day(99)") is None


async def test_other_rooms_may_call_these_and_nothing_else(db: Database, as_room: AsRoom) -> None:
    for room in ROOMS:
        theirs = await as_room(room)
        assert isinstance(await theirs.fetchval("SELECT staff.business_day(1)"), date)
        assert (await api.outlet(theirs, 1)).name == "Rasoi"
        async with theirs.transaction(room) as tx:
            await repository.record_audit(tx, 1, None, None, "tested", "room", {"room": room})
        assert await repository.revoked_sessions(theirs, 60) == []
        for forbidden in (
            "SELECT * FROM staff.person",
            "SELECT * FROM staff.outlet",
            "SELECT staff.business_day_at(1, now())",
            "INSERT INTO staff.audit (outlet_id, action, subject) VALUES (1, 'a', 'b')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await theirs.execute(forbidden)


@pytest.mark.parametrize(
    "sql", ["UPDATE staff.audit SET action = 'x'", "DELETE FROM staff.audit", "TRUNCATE staff.audit"]
)
async def test_the_audit_log_is_append_only(db: Database, sql: str) -> None:
    await repository.record_audit(db, 1, None, "Asha", "tested", "x", {})
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await db.execute(sql)


async def test_settings_come_from_memory_until_they_change(db: Database) -> None:
    assert (await api.outlet(db, 1)).name == "Rasoi"
    await db.execute("UPDATE staff.outlet SET name = 'Rasoi 2', version = 2 WHERE id = 1")
    assert (await api.outlet(db, 1)).name == "Rasoi"
    async with db.transaction("staff") as tx:
        assert (await api.outlet(tx, 1)).name == "Rasoi 2"
    api.invalidate_outlet(db, 1, 2)
    assert (await api.outlet(db, 1)).name == "Rasoi 2"


async def test_a_stale_read_is_not_kept(db: Database) -> None:
    api.invalidate_outlet(db, 1, 2)  # told of version 2 before the reader sees it
    assert (await api.outlet(db, 1)).version == 1
    await db.execute("UPDATE staff.outlet SET name = 'Rasoi 2', version = 2 WHERE id = 1")
    assert (await api.outlet(db, 1)).name == "Rasoi 2"


async def test_settings_in_memory_do_not_last(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "CACHE_S", -1.0)
    await api.outlet(db, 1)
    await db.execute("UPDATE staff.outlet SET name = 'Rasoi 2', version = 2 WHERE id = 1")
    assert (await api.outlet(db, 1)).name == "Rasoi 2"


async def test_revoked_sessions_are_known_by_the_poll(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from uuid_utils.compat import uuid7

    monkeypatch.setattr(api, "POLL_S", 0.02)
    person, ended, old = uuid7(), uuid7(), uuid7()
    sql = "INSERT INTO staff.person (outlet_id, id, name, role, pin_hash) VALUES (1, $1, 'Asha', 'owner', sha256('x'))"
    await db.execute(sql, person)
    revocations = api.Revocations()
    await revocations.start(db)
    assert not revocations.is_revoked(ended)
    for session, minutes in ((ended, 0), (old, 20)):
        await db.execute(
            """INSERT INTO staff.session (outlet_id, id, person_id, refresh_hash, expires_at, revoked_at, revoked_for)
            VALUES (1, $1, $2, sha256('x'), now() + interval '1 hour', now() - $3::interval, 'logout')""",
            session,
            person,
            timedelta(minutes=minutes),
        )
    await asyncio.sleep(0.3)
    assert revocations.is_revoked(ended)
    assert not revocations.is_revoked(old), "its tokens have expired long ago"
    await revocations.stop()


async def test_only_keys_that_still_sign_or_verify_are_known(db: Database) -> None:
    """The oldest first, which is not the order in which they stand."""
    await db.execute(
        """INSERT INTO staff.signing_key (kid, salt, begins_at, ends_at) VALUES
        ('c', sha256('c'), now() + interval '1 minute', NULL),
        ('b', sha256('b'), now() - interval '1 day', now() + interval '1 hour'),
        ('a', sha256('a'), now() - interval '2 days', now())"""
    )
    first, second, third = await repository.signing_keys(db)
    assert [first.kid, second.kid, third.kid] == ["1", "b", "c"]
    assert (first.begins, first.ends, third.ends) == (0, math.inf, math.inf)
    assert 3500 < second.ends - time.time() < 3700


async def test_only_services_that_are_neither_revoked_nor_over_are_known(db: Database) -> None:
    await db.execute(
        """INSERT INTO staff.service_token (outlet_id, name, token_hash, scopes, created_by, expires_at, revoked_at) VALUES
        (2, 'good', sha256('good'), '{menu:read}', uuidv7(), now() + interval '1 day', NULL),
        (1, 'revoked', sha256('revoked'), '{menu:read}', uuidv7(), now() + interval '1 day', now()),
        (1, 'over', sha256('over'), '{menu:read}', uuidv7(), now() - interval '1 s', NULL)"""
    )
    known = await repository.service_principals(db)
    assert [(each.name, each.outlet_id, each.scopes) for each in known.values()] == [
        ("good", 2, ("menu:read",))
    ]
