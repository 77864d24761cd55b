"""Codes by which a device is paired, in the manner of RFC 8628. No I/O, and no state: the platform knows its own codes by
their signature, so that whoever asks for one leaves no row behind."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode

from rasoi.platform.problems import NotFound

LIFETIME_S = 600
INTERVAL_S = 2
# no vowels, so that no code spells a word, and no signs that look like others
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
RANDOM_LETTERS = 7
CHECK_LETTERS = 2


class UnknownCode(NotFound):
    slug, title = "unknown-pairing-code", "No device shows this code"


def _mac(key: str, text: str) -> bytes:
    return hmac.digest(key.encode(), text.encode(), "sha256")


def _check(key: str, letters: str) -> str:
    return "".join(LETTERS[byte % len(LETTERS)] for byte in _mac(key, f"code:{letters}")[:CHECK_LETTERS])


def new_code(key: str) -> str:
    """What a device shows: letters, the last of which betray a typing error."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(RANDOM_LETTERS))
    return letters + _check(key, letters)


def read_code(key: str, typed: str) -> str:
    """The code that somebody typed, with or without its gaps. Raises UnknownCode for one that was never given."""
    code = "".join(each for each in typed.upper() if each.isalnum())
    letters = code[:RANDOM_LETTERS]
    if not code.isascii() or not hmac.compare_digest(code, letters + _check(key, letters)):
        raise UnknownCode("Please look at the device again: it shows another code.")
    return code


def device_code(key: str, code: str, now: int) -> str:
    """The device's own secret behind the code that it shows."""
    text = f"{code}.{now + LIFETIME_S}.{secrets.token_urlsafe(16)}"
    return f"{text}.{_signature(key, text)}"


def _signature(key: str, text: str) -> str:
    return urlsafe_b64encode(_mac(key, f"device code:{text}")).decode().rstrip("=")


def read_device_code(key: str, given: str, now: int) -> str | None:
    """The shown code that a device's secret belongs to; None when it is forged or over."""
    text, _, signature = given.rpartition(".")
    if not given.isascii() or not hmac.compare_digest(signature, _signature(key, text)):
        return None
    code, expires, _ = text.split(".")
    return code if int(expires) > now else None


def device_token(key: str, given: str) -> str:
    """The token of the device that has this secret: the same again when the answer got lost."""
    return "rasoi-device-" + urlsafe_b64encode(_mac(key, f"token:{given}")).decode().rstrip("=")
