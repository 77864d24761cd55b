"""What is kept of passwords, PINs, refresh tokens and recovery codes, none of which can be read back; and the sealing of
what must be read again."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# the least that OWASP advises; two at a time, so that a rush of sign-ins does not starve the kitchen
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


@cache
def _hash_of_nobody() -> str:
    return HASHER.hash(secrets.token_urlsafe())


def _verify(hashed: str | None, password: str) -> bool:
    try:
        return HASHER.verify(hashed or _hash_of_nobody(), password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


async def hash_password(password: str) -> str:
    """An argon2id hash, made in a worker thread."""
    return await asyncio.get_running_loop().run_in_executor(THREADS, HASHER.hash, password)


async def verify_password(hashed: str | None, password: str) -> bool:
    """Whether the password fits. No hash (an unknown person) costs the same time."""
    return await asyncio.get_running_loop().run_in_executor(THREADS, _verify, hashed, password)


def _mac(secret: str, text: str) -> bytes:
    return hmac.digest(secret.encode(), text.encode(), "sha256")


def pin_hash(secret: str, outlet_id: int, pin: str) -> bytes:
    """What a given PIN is compared by. Useless without the secret."""
    return _mac(secret, f"pin:{outlet_id}:{pin}")


REMEMBERED_REFRESHES = 300  # of a shift that renews every 3 minutes; 1 ms to look through


def refresh_token(outlet_id: int, session_id: UUID) -> str:
    """A session's first refresh token."""
    return f"{outlet_id}.{session_id}.{secrets.token_urlsafe(32)}"


def next_refresh_token(secret: str, token: str) -> str:
    """What follows `token`; the same again when the answer got lost on the way."""
    place = token.rpartition(".")[0]
    return f"{place}.{urlsafe_b64encode(_mac(secret, f'refresh:{token}')).decode().rstrip('=')}"


def came_before(secret: str, token: str, newest: bytes) -> bool:
    """Whether the session's newest token (its hash) follows from this one."""
    for _ in range(REMEMBERED_REFRESHES):
        token = next_refresh_token(secret, token)
        if hmac.compare_digest(digest(token), newest):
            return True
    return False


def parse_refresh_token(token: str) -> tuple[int, UUID] | None:
    """The outlet and session that a refresh token names."""
    outlet, _, rest = token.partition(".")
    session, _, _ = rest.partition(".")
    try:
        outlet_id, session_id = int(outlet), UUID(session)
    except ValueError:
        return None
    return (outlet_id, session_id) if 0 < outlet_id < 2**31 else None


def digest(text: str) -> bytes:
    """SHA-256, for what is random already, and for names that are only compared."""
    return hashlib.sha256(text.encode()).digest()


def recovery_hash(key: str, person_id: UUID, code: str) -> bytes:
    """What a recovery code is compared by. Useless without the key."""
    return _mac(key, f"{person_id}:{code}")


NONCE = 12


def seal(key: str, text: bytes, owner: str) -> bytes:
    """`text` encrypted for `owner` (AES-256-GCM); `key` is 64 hexadecimal digits."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # large, and seldom needed

    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(bytes.fromhex(key)).encrypt(nonce, text, owner.encode())


def unseal(key: str, sealed: bytes, owner: str) -> bytes | None:
    """The text again; none where the key is another one, or it was sealed for somebody else."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(bytes.fromhex(key)).decrypt(sealed[:NONCE], sealed[NONCE:], owner.encode())
    except InvalidTag:
        return None
