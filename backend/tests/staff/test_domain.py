"""The rules of people and sign-ins."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from rasoi.platform.problems import Forbidden
from rasoi.staff import credentials
from rasoi.staff.domain import (
    ACCESS_S,
    GSTIN_CHARACTERS,
    SESSION,
    Failures,
    LockedOut,
    NoSignIn,
    SessionRow,
    WrongSetting,
    after_failure,
    check_outlet,
    is_gstin,
    is_timezone,
    refresh_step,
    refuse_locked,
    refuse_without_sign_in,
    require_seniority,
)
from rasoi.staff.schemas import GuestLimits, Outlet

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def failed(times: int, apart: timedelta = timedelta()) -> tuple[Failures, datetime]:
    found, now = None, NOON
    for _ in range(times):
        now += apart
        found = after_failure(found, now)
    assert found is not None
    return found, now


def test_four_wrong_tries_are_free() -> None:
    found, now = failed(4)
    refuse_locked(found, now)
    assert found.locked_until is None


@pytest.mark.parametrize(("tries", "seconds"), [(5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (50, 900)])
def test_lock_out_doubles_to_a_quarter_of_an_hour(tries: int, seconds: int) -> None:
    found, now = failed(tries)
    assert found.locked_until == now + timedelta(seconds=seconds)
    with pytest.raises(LockedOut) as refused:
        refuse_locked(found, now + timedelta(seconds=seconds - 1))
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 2
    refuse_locked(found, now + timedelta(seconds=seconds))


def test_quiet_is_forgiven() -> None:
    found, now = failed(4)
    assert after_failure(found, now + timedelta(minutes=40)).failures == 1
    assert after_failure(found, now + timedelta(minutes=10)).locked_until is None
    for minutes, seconds, left in ((0, 0, 5), (9, 59, 5), (10, 0, 4), (29, 59, 3), (30, 0, 2), (90, 0, 1)):
        quiet = timedelta(minutes=minutes, seconds=seconds)
        assert after_failure(found, now + quiet).failures == left, quiet


def test_an_access_token_lasts_ten_minutes_and_a_sign_in_a_long_day() -> None:
    assert timedelta(seconds=ACCESS_S) == timedelta(minutes=10)
    assert timedelta(hours=16) == SESSION


def test_slow_guessing_never_gets_locked_but_stays_slow() -> None:
    found, _ = failed(100, apart=timedelta(minutes=10))
    assert found.failures == 1


@given(st.lists(st.integers(0, 7200), min_size=1, max_size=60))
def test_an_attacker_gets_few_tries_an_hour(pauses: list[int]) -> None:
    """Whatever the rhythm: at most ten in an hour after the first burst."""
    found, now, tries = None, NOON, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        if found is None or found.locked_until is None or found.locked_until <= now:
            found = after_failure(found, now)
            tries.append(now)
    for at in tries:
        assert sum(1 for each in tries if at <= each < at + timedelta(hours=1)) <= 16


def session(current: bytes, previous: bytes | None) -> SessionRow:
    return SessionRow(
        outlet_id=1,
        id=uuid7(),
        person_id=uuid7(),
        refresh_hash=current,
        previous_hash=previous,
        expires_at=NOON + timedelta(hours=1),
        revoked_at=None,
        version=0,
    )


def test_refresh_steps() -> None:
    row = session(b"new" * 10, b"old" * 10)
    assert refresh_step(row, b"new" * 10, lambda: True) == "next"
    assert refresh_step(row, b"old" * 10, lambda: True) == "again"
    assert refresh_step(row, b"any" * 10, lambda: True) == "reused"
    assert refresh_step(row, b"any" * 10, lambda: False) == "wrong"
    assert refresh_step(session(b"new", None), b"old", lambda: True) == "reused"


def test_which_tokens_came_before() -> None:
    chain = [credentials.refresh_token(3, uuid7())]
    for _ in range(credentials.REMEMBERED_REFRESHES):
        chain.append(credentials.next_refresh_token("secret", chain[-1]))
    newest = credentials.digest(chain[-1])
    assert all(credentials.came_before("secret", each, newest) for each in (chain[0], chain[5], chain[-2]))
    assert not credentials.came_before("secret", chain[-1], newest)
    assert not credentials.came_before("other", chain[5], newest)
    assert not credentials.came_before("secret", chain[5] + "x", newest)


def test_the_next_refresh_token_is_the_same_however_often_it_is_made() -> None:
    token = credentials.refresh_token(3, uuid7())
    following = credentials.next_refresh_token("secret", token)
    assert following == credentials.next_refresh_token("secret", token) != token
    assert credentials.next_refresh_token("other", token) != following
    assert credentials.parse_refresh_token(following) == credentials.parse_refresh_token(token)


@pytest.mark.parametrize(
    "token", ["", "1", "1.x.y", "x.y.z", "-1.00000000-0000-0000-0000-000000000000.a", "9" * 200]
)
def test_a_refresh_token_that_names_no_session(token: str) -> None:
    assert credentials.parse_refresh_token(token) is None


@pytest.mark.parametrize("roles", [("owner",), ("manager",), ("waiter", "manager"), ("owner", "kitchen")])
def test_a_manager_does_not_touch_seniors(roles: tuple[str, ...]) -> None:
    with pytest.raises(Forbidden):
        require_seniority("manager", *roles)
    require_seniority("owner", *roles)


def test_a_manager_may_change_juniors() -> None:
    require_seniority("manager", "waiter", "kitchen")


@pytest.mark.parametrize(
    ("username", "password", "pin", "fine"),
    [
        (None, False, True, True),
        ("asha", True, False, True),
        ("asha", True, True, True),
        ("asha", False, True, True),
        (None, False, False, False),
        (None, True, True, False),
        ("asha", False, False, False),
    ],
)
def test_ways_to_sign_in(username: str | None, password: bool, pin: bool, fine: bool) -> None:
    if fine:
        refuse_without_sign_in(username, password, pin)
    else:
        with pytest.raises(NoSignIn):
            refuse_without_sign_in(username, password, pin)


def test_a_missing_username_is_named() -> None:
    with pytest.raises(NoSignIn) as refused:
        refuse_without_sign_in(None, True, False)
    assert refused.value.extensions == {"errors": [{"path": "username", "reason": "missing"}]}


@pytest.mark.parametrize("gstin", ["27AAPFU0939F1ZV", "29AAGCB7383J1Z4"])
def test_real_gstins(gstin: str) -> None:
    assert is_gstin(gstin)


@given(st.integers(0, 13), st.sampled_from(GSTIN_CHARACTERS))
def test_one_wrong_sign_is_found(place: int, sign: str) -> None:
    right = "27AAPFU0939F1ZV"
    wrong = right[:place] + sign + right[place + 1 :]
    assert is_gstin(wrong) == (wrong == right)


@pytest.mark.parametrize("text", ["", "27AAPFU0939F1Z", "27aapfu0939f1zv", "27AAPFU0939F1ZVX"])
def test_no_gstins(text: str) -> None:
    assert not is_gstin(text)


@pytest.mark.parametrize("name", ["", "..", "/etc/passwd", "Mars/Base", "Asia"])
def test_no_time_zones(name: str) -> None:
    assert not is_timezone(name)


OUTLET = Outlet(
    id=1,
    name="Rasoi",
    legal_name=None,
    gstin="27AAPFU0939F1ZV",
    gst_regime="regular",
    fssai=None,
    state_code="27",
    address=None,
    phone=None,
    timezone="Asia/Kolkata",
    day_cutoff_minutes=240,
    currency="INR",
    dine_in_payment="pay_later",
    takeaway_payment="prepaid",
    approve_first_order=False,
    payment_timeout_s=600,
    late_grace_s=900,
    counter_timeout_s=1800,
    explicit_start=False,
    admit_joiners=True,
    sitting_timeout_s=3600,
    amber_s=480,
    red_s=900,
    guest_limits=GuestLimits(),
    void_reasons=["Ordered by mistake"],
    cash_drawers=["Main drawer"],
    cash_reasons=["Change"],
    cash_needs_shift=False,
    shift_difference_paise=10000,
    discount_reasons=["Goodwill"],
    tenders=[],
    upi_address=None,
    version=1,
)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"timezone": "Asia/Atlantis"}, "timezone"),
        ({"gstin": "27AAPFU0939F1ZX"}, "gstin"),
        ({"gstin": None}, "gstin"),
        ({"state_code": "29"}, "state_code"),
        ({"amber_s": 900}, "red_s"),
    ],
)
def test_settings_that_do_not_fit(change: dict[str, Any], path: str) -> None:
    check_outlet(OUTLET)
    with pytest.raises(WrongSetting) as refused:
        check_outlet(msgspec.structs.replace(OUTLET, **change))
    [error] = refused.value.extensions["errors"]
    assert error["path"] == path and error["reason"] in str(refused.value)


def test_wrong_tries_are_counted_to_a_thousand() -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert [after_failure(Failures(kept, now), now).failures for kept in (998, 999, 1000)] == [
        999,
        1000,
        1000,
    ]


def test_an_outlet_without_gst_needs_no_number() -> None:
    check_outlet(msgspec.structs.replace(OUTLET, gstin=None, gst_regime="none"))


async def test_passwords() -> None:
    hashed = await credentials.hash_password("naan stop")
    assert hashed.startswith("$argon2id$")
    assert await credentials.verify_password(hashed, "naan stop")
    assert not await credentials.verify_password(hashed, "naan go")
    assert not await credentials.verify_password(None, "naan stop")
    assert not await credentials.verify_password("no hash", "naan stop")


def test_a_pin_differs_by_outlet_and_secret() -> None:
    assert len({credentials.pin_hash(s, o, "1234") for s in ("a", "b") for o in (1, 2)}) == 4
