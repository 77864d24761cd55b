"""Keys for one purpose each, from the installation's secret: whoever has one of them can't tell the others."""

from __future__ import annotations

import hashlib
import hmac


def hkdf(secret: bytes, info: bytes, salt: bytes = b"") -> bytes:
    """32 bytes by HKDF with SHA-256 (RFC 5869)."""
    extracted = hmac.digest(salt or bytes(hashlib.sha256().digest_size), secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def derive(secret: str, purpose: str, salt: bytes = b"") -> str:
    """The key of `purpose`, as 64 hexadecimal digits."""
    return hkdf(secret.encode(), f"rasoi {purpose}".encode(), salt).hex()
