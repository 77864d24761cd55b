"""What is an amount, and that only the kitchen's answers lose theirs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from uuid_utils.compat import uuid7

from rasoi.platform.auth import Principal
from rasoi.platform.unpriced import WithoutAmounts, without_amounts

PRICED = {
    "id": 1,
    "total_paise": 5,
    "lines": [{"name": "Naan", "unit_price_paise": 5, "taxes": [{"name": "CGST", "paise": 1}]}],
}
PLAIN = {"id": 1, "lines": [{"name": "Naan", "taxes": [{"name": "CGST"}]}]}


def test_amounts_go_at_any_depth_and_nothing_else() -> None:
    assert without_amounts(PRICED) == PLAIN
    assert without_amounts([PRICED, "10 paise", None]) == [PLAIN, "10 paise", None]


@pytest.mark.parametrize(("role", "read"), [("kitchen", PLAIN), ("waiter", PRICED), (None, PRICED)])
async def test_who_reads_what(role: str | None, read: Any) -> None:
    whole = msgspec.json.encode(PRICED)
    sent: list[Any] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(whole)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": whole[:30], "more_body": True})
        await send({"type": "http.response.body", "body": whole[30:]})

    async def send(message: Any) -> None:
        sent.append(message)

    who = role and Principal(kind="staff", id=uuid7(), outlet_id=1, role=role, session_id=uuid7())
    scope: Any = {"type": "http", "user": who, "headers": []}
    await WithoutAmounts().handle(scope, None, send, behind)  # type: ignore[arg-type]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    assert msgspec.json.decode(body) == read
    assert dict(sent[0]["headers"])[b"content-length"] == str(len(body)).encode()
