"""Wire shapes of authenticator apps."""

from __future__ import annotations

from datetime import datetime

import msgspec

from rasoi.staff.schemas import GivenCode, GivenPassword


class AuthenticatorState(msgspec.Struct):
    """`since` is when the caller's app came into use; null without one."""

    since: datetime | None
    recovery_codes_left: int


class OwnPassword(msgspec.Struct, forbid_unknown_fields=True):
    password: GivenPassword


class NewAuthenticator(msgspec.Struct):
    """The only answer that holds the secret. `uri` is for a QR code; within 15 minutes a code must prove the app."""

    secret: str
    uri: str


class FirstCode(msgspec.Struct, forbid_unknown_fields=True):
    code: GivenCode


class Proof(msgspec.Struct, forbid_unknown_fields=True):
    """One of both: the password, or a code of the app (or a recovery code)."""

    password: GivenPassword | None = None
    code: GivenCode | None = None


class RecoveryCodes(msgspec.Struct):
    """The only answer that holds them; those of before are good no more."""

    recovery_codes: list[str]
