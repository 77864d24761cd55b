"""The rules of people, sign-ins and settings. No I/O."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from rasoi.platform.problems import (
    Conflict,
    Forbidden,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unprocessable,
)
from rasoi.staff.schemas import Outlet

SENIOR = frozenset({"owner", "manager"})
ACCESS_S = 600
SESSION = timedelta(hours=16)
FREE_TRIES = 5
FIRST_LOCK_S = 30
LONGEST_LOCK_S = 900
FORGIVEN_EVERY_S = 600
GSTIN_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class SignInFailed(Unauthenticated):
    slug, title = "sign-in-failed", "That sign-in is not right"


class CodeNeeded(SignInFailed):
    slug, title = "code-needed", "The code of an authenticator app is needed"


class WrongProof(Forbidden):
    slug, title = "wrong-proof", "That does not prove who you are"


class AuthenticatorInUse(Conflict):
    slug, title = "authenticator-in-use", "An authenticator app is set up already"


class NoAuthenticator(Conflict):
    slug, title = "no-authenticator", "There is no authenticator app"


class UnknownDevice(Unauthenticated):
    slug, title = "unknown-device", "This device is not paired"


class LockedOut(TooManyRequests):
    slug, title = "locked-out", "Too many wrong sign-ins"


class SessionEnded(Unauthenticated):
    slug, title = "session-ended", "Please sign in again"


class NotYours(Forbidden):
    slug, title = "owner-only", "Only an owner may do this"


class LastOwner(Conflict):
    slug, title = "last-owner", "An outlet needs an owner"


class UnknownOutlet(NotFound):
    slug, title = "unknown-outlet", "There is no such outlet"


class OutletClosed(Conflict):
    slug, title = "outlet-closed", "This restaurant has closed"


class OutletInUse(Conflict):
    slug, title = "outlet-in-use", "This outlet has work that is not over"


class TooManyOutlets(Conflict):
    slug, title = "too-many-outlets", "There are too many outlets"


class AlreadyInUse(Conflict):
    slug, title = "taken", "Already in use"


class ChangedMeanwhile(Conflict):
    slug, title = "stale", "Somebody else has changed this meanwhile"


class NoSignIn(Unprocessable):
    slug, title = "no-sign-in", "A person needs a way to sign in"


class AtDevice(Conflict):
    slug, title = "at-device", "A paired device stays at its outlet"


class SignInElsewhere(Conflict):
    slug, title = "sign-in-elsewhere", "The user name and the password are kept at another outlet"


class WrongSetting(Unprocessable):
    slug, title = "wrong-setting", "These settings do not fit together"


class PersonRow(msgspec.Struct, kw_only=True):
    """A row of staff.person."""

    outlet_id: int
    id: UUID
    name: str
    username: str | None
    password_hash: str | None
    pin_hash: bytes | None
    role: str
    active: bool
    version: int
    created_at: datetime
    has_authenticator: bool = False
    passkeys: int = 0


class SessionRow(msgspec.Struct, kw_only=True):
    """A row of staff.session."""

    outlet_id: int
    id: UUID
    person_id: UUID
    refresh_hash: bytes
    previous_hash: bytes | None
    expires_at: datetime
    revoked_at: datetime | None
    version: int
    device_id: UUID | None = None


class Failures(msgspec.Struct, frozen=True):
    """Wrong sign-ins that still count, as of `last_at`."""

    failures: int
    last_at: datetime
    locked_until: datetime | None = None


def after_failure(before: Failures | None, now: datetime, free: int = FREE_TRIES) -> Failures:
    """One more wrong try: that of number `free` locks out for 30 s, each later one twice as long, 15 minutes at most.
    One is forgiven per ten minutes of quiet; a right PIN forgives none, or an insider could guess on."""
    kept = 0
    if before is not None:
        kept = max(0, before.failures - int((now - before.last_at).total_seconds()) // FORGIVEN_EVERY_S)
    count = min(kept + 1, 1000)
    if count < free:
        return Failures(count, now)
    seconds = min(FIRST_LOCK_S * 2 ** min(count - free, 10), LONGEST_LOCK_S)
    return Failures(count, now, now + timedelta(seconds=seconds))


def refuse_locked(found: Failures | None, now: datetime) -> None:
    """Raises LockedOut, with the seconds to wait, while a lock-out lasts."""
    if found is None or found.locked_until is None or found.locked_until <= now:
        return
    wait = int((found.locked_until - now).total_seconds()) + 1
    raise LockedOut(
        f"Please wait {wait} seconds before trying again.",
        headers={"Retry-After": str(wait)},
        retry_after=wait,
    )


def refresh_step(
    row: SessionRow, presented: bytes, came_before: Callable[[], bool]
) -> Literal["next", "again", "reused", "wrong"]:
    """What a refresh token (its hash) means. The one before the newest is a retry for as long as the newest was not
    used: a tablet whose answer was lost may come back after an hour without network. An older one of the session's own
    (`came_before`) was stolen; one that never was the session's says nothing about it."""
    if hmac.compare_digest(row.refresh_hash, presented):
        return "next"
    if row.previous_hash is not None and hmac.compare_digest(row.previous_hash, presented):
        return "again"
    return "reused" if came_before() else "wrong"


def require_seniority(actor_role: str, *roles: str) -> None:
    """Only an owner touches owners and managers, or makes somebody one."""
    if actor_role != "owner" and not SENIOR.isdisjoint(roles):
        raise NotYours("Only an owner may add or change owners and managers.")


def require_may_remove_authenticator(actor_role: str, role: str) -> None:
    """An owner's goes by the owner's own proof, or by a command on the machine; everybody else's by their seniors."""
    require_seniority(actor_role, role)
    if role == "owner":
        raise NotYours("Only the owner whose it is may remove it, or `rasoi people remove-authenticator`.")


def require_owner_elsewhere(actor: list[PersonRow], person: list[PersonRow], outlet_id: int) -> None:
    """The user name, the password and the app open all outlets where somebody works: whoever changes another's there owns
    each of those besides `outlet_id`. Both are given by their rows at all outlets. Raises NotYours."""
    owned = {row.outlet_id for row in actor if row.active and row.role == "owner"}
    works = {row.outlet_id for row in person if row.active} - {outlet_id}
    if works - owned and {row.id for row in actor} != {row.id for row in person}:
        raise NotYours("They work at another outlet, too. Only an owner of both may change how they sign in.")


def refuse_without_sign_in(username: str | None, has_password: bool, has_pin: bool) -> None:
    """A person needs a PIN, or a username with a password."""
    if has_password and username is None:
        raise NoSignIn("A password needs a username.", errors=[{"path": "username", "reason": "missing"}])
    if not has_password and not has_pin:
        raise NoSignIn("Give the person a PIN, or a username and a password.")


def require_open(outlet: Outlet) -> None:
    """Raises OutletClosed for an outlet that takes no guests and no orders any more."""
    if outlet.closed_at is not None:
        raise OutletClosed(f"{outlet.name} has closed, and takes no orders.")


def unfinished_in_words(found: Mapping[str, int]) -> str:
    """What keeps an outlet from being closed, such as "2 open bills, 1 order under way"; empty for nothing."""
    named = (
        ("sittings", "table with guests", "tables with guests"),
        ("bills", "open bill", "open bills"),
        ("orders", "order under way", "orders under way"),
    )
    return ", ".join(f"{n} {one if n == 1 else many}" for name, one, many in named if (n := found[name]))


def is_gstin(text: str) -> bool:
    """Whether the last sign is the check digit of the fourteen before (weights 1 and 2, base 36)."""
    if len(text) != 15 or any(sign not in GSTIN_CHARACTERS for sign in text):
        return False
    total = 0
    for place, sign in enumerate(text[:14]):
        product = GSTIN_CHARACTERS.index(sign) * (1 + place % 2)
        total += product // 36 + product % 36
    return GSTIN_CHARACTERS[-total % 36] == text[14]


def is_timezone(name: str) -> bool:
    """Whether the zone is in the tz database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def check_outlet(outlet: Outlet) -> None:
    """Raises WrongSetting naming the field, where settings contradict each other."""
    faults = []
    if not is_timezone(outlet.timezone):
        faults.append(("timezone", f"{outlet.timezone} is not a time zone; an example is Asia/Kolkata"))
    if outlet.gstin is not None and not is_gstin(outlet.gstin):
        faults.append(("gstin", f"{outlet.gstin} is not a GSTIN; its check digit does not fit"))
    if outlet.gstin is not None and outlet.gstin[:2] != outlet.state_code:
        faults.append(("state_code", "must be the first two digits of the GSTIN"))
    if outlet.gstin is None and outlet.gst_regime != "none":
        faults.append(("gstin", f"the {outlet.gst_regime} regime needs a GSTIN"))
    if len(set(outlet.tenders)) < len(outlet.tenders):
        faults.append(("tenders", "names one twice"))
    if "house_upi" in outlet.tenders and outlet.upi_address is None:
        faults.append(
            ("upi_address", "UPI to the house needs the house's own UPI address, such as rasoi@okbank")
        )
    if outlet.amber_s >= outlet.red_s:
        faults.append(("red_s", "must be more than amber_s"))
    if faults:
        errors = [{"path": path, "reason": reason} for path, reason in faults]
        raise WrongSetting("; ".join(f"{path}: {reason}" for path, reason in faults), errors=errors)
