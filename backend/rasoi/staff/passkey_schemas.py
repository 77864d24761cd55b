"""Wire shapes of passkeys. What is bytes in the browser is base64url here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from rasoi.staff.schemas import END, LINE

Bytes = Annotated[str, Meta(min_length=1, max_length=8192, pattern=r"^[A-Za-z0-9_-]+" + END)]


class PasskeyChallenge(msgspec.Struct):
    """For `navigator.credentials.get`: good once, for five minutes."""

    challenge: str
    rp_id: str


class NewPasskeyChallenge(msgspec.Struct):
    """For `navigator.credentials.create`: good once, for five minutes, in this sign-in."""

    challenge: str
    rp_id: str
    rp_name: str
    user_id: str
    user_name: str
    known: list[str]
    """Passkeys that are there already."""


class PasskeyLogin(msgspec.Struct, forbid_unknown_fields=True):
    """What `navigator.credentials.get` gave."""

    credential_id: Bytes
    client_data: Bytes
    authenticator_data: Bytes
    signature: Bytes
    user_handle: Bytes


class NewPasskey(msgspec.Struct, forbid_unknown_fields=True):
    """What `navigator.credentials.create` gave, and what it shall be called."""

    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=LINE)]
    credential_id: Bytes
    client_data: Bytes
    attestation: Bytes


class Passkey(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


class Passkeys(msgspec.Struct):
    """The newest first, ten at most."""

    items: list[Passkey]
