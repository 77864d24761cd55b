"""A device that makes passkeys and signs with them, as a browser would give what it says to a page."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def text(given: bytes) -> str:
    return urlsafe_b64encode(given).decode().rstrip("=")


def raw(given: str) -> bytes:
    return urlsafe_b64decode(given + "=" * (-len(given) % 4))


@dataclass
class Authenticator:
    """One passkey; every part of what it says may be something else than it should."""

    origin: str = "https://rasoi.test"
    rp_id: str = "rasoi.test"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    step: int = 1
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def make(self, options: dict[str, Any], name: str = "Laptop") -> dict[str, str]:
        """What `navigator.credentials.create` gives."""
        self.handle = raw(options["user_id"])
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        data = self._data(self.flags | HAS_KEY) + bytes(16)
        data += len(self.credential_id).to_bytes(2, "big") + self.credential_id + public
        return {
            "name": name,
            "credential_id": text(self.credential_id),
            "client_data": text(self._client_data("webauthn.create", options["challenge"])),
            "attestation": text(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
        }

    def sign(self, options: dict[str, Any]) -> dict[str, str]:
        """What `navigator.credentials.get` gives."""
        self.count += self.step
        client_data, data = self._client_data("webauthn.get", options["challenge"]), self._data(self.flags)
        signed = data + hashlib.sha256(client_data).digest()
        return {
            "credential_id": text(self.credential_id),
            "client_data": text(client_data),
            "authenticator_data": text(data),
            "signature": text(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "user_handle": text(self.handle),
        }
