"""Codes of authenticator apps (TOTP, RFC 6238, as every app knows it) and recovery codes. No I/O."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, urlencode

import msgspec

STEP_S = 30
DIGITS = 6
DRIFT = 1  # steps that a clock may be wrong by
SECRET_BYTES = 20
RECOVERY_CODES = 10
# signs that nobody takes for others, and that spell no word
SIGNS = "23456789BCDFGHJKMNPQRSTVWXZ"
GROUPS, GROUP = 3, 4


class Authenticator(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of somebody's app: the sealed secret, the step of the last code that was used, and what recovery codes
    that are left are compared by. Not in use before `proven_at`."""

    secret: bytes
    created_at: datetime
    proven_at: datetime | None
    last_step: int
    recovery_hashes: tuple[bytes, ...]


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """As it is typed into an app that reads no QR code."""
    return b32encode(secret).decode()


def uri(secret: bytes, issuer: str, account: str) -> str:
    """What the QR code says."""
    given = {"secret": secret_text(secret), "issuer": issuer, "algorithm": "SHA1"}
    query = urlencode(given | {"digits": DIGITS, "period": STEP_S}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='')}?{query}"


def code_at(secret: bytes, step: int) -> str:
    """The code of a step of 30 s since 1970."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def accepted_step(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """The step that the code is of: of now, or one beside it, and later than that of the code used before."""
    here = int(now.timestamp()) // STEP_S
    fitting = [step for step in range(here - DRIFT, here + DRIFT + 1) if _is_of(secret, step, code)]
    return max((step for step in fitting if step > last_step), default=None)


def _is_of(secret: bytes, step: int, code: str) -> bool:
    return hmac.compare_digest(code_at(secret, step), code)


def new_recovery_codes() -> list[str]:
    """Ten, of 57 random bits each."""
    return [
        "-".join("".join(secrets.choice(SIGNS) for _ in range(GROUP)) for _ in range(GROUPS))
        for _ in range(RECOVERY_CODES)
    ]


def plain(typed: str) -> str:
    """A code without the gaps that people see in it."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())


def spend(
    kept: Authenticator, secret: bytes, typed: str, now: datetime, hash_of: Callable[[str], bytes]
) -> Authenticator | None:
    """What is kept once this code was used; none for one that is wrong, or was used already."""
    code = plain(typed)
    if len(code) == DIGITS:
        if not (code.isascii() and code.isdecimal()):
            return None
        step = accepted_step(secret, code, now, kept.last_step)
        return None if step is None else msgspec.structs.replace(kept, last_step=step)
    given = hash_of(code)
    left = tuple(each for each in kept.recovery_hashes if not hmac.compare_digest(each, given))
    return (
        None
        if len(left) == len(kept.recovery_hashes)
        else msgspec.structs.replace(kept, recovery_hashes=left)
    )
