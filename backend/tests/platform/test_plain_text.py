"""Which signs are no text."""

from __future__ import annotations

import json
import sys
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import ClientException, ValidationException

from rasoi.platform.plain_text import LINE_SIGNS, REASON, REFUSED, refused_at
from rasoi.platform.strict_json import decoder_of


class Note(msgspec.Struct):
    text: str
    more: list[dict[str, str]] = []


TEXTS = ["no onions", "first\nsecond\r\nthird\tend", "क्\u200dष 👩\u200d🍳 ₹ नान", "\\u202e", "C:\\b", "Zoë"]
NO_TEXTS = [
    "a\x00b",
    "a\x1b[2J",
    "\x7f",
    "\x9b",
    "\x08",
    "\u202enaan",
    "\u2066x",
    "\u200f",
    "\u061c",
    "\u2028",
    "\ufeff",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_text_is_kept_as_it_is(text: str, ascii_only: bool) -> None:
    body = json.dumps({"text": text, "more": [{text: text}]}, ensure_ascii=ascii_only).encode()
    note = decoder_of(Note)(body)
    assert (note.text, note.more) == (text, [{text: text}])


@pytest.mark.parametrize("text", NO_TEXTS, ids=repr)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_is_none_is_refused_with_its_place(text: str, ascii_only: bool) -> None:
    for path, value in (
        ("text", {"text": text}),
        ("more[0].x", {"text": "", "more": [{"x": text}]}),
        ("more[0]", {"text": "", "more": [{text: "x"}]}),
    ):
        with pytest.raises(ValidationException) as refused:
            decoder_of(Note)(json.dumps(value, ensure_ascii=ascii_only).encode())
        assert refused.value.extra == [{"key": path, "message": REASON}]


def test_every_control_and_direction_sign_is_found() -> None:
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for number in range(sys.maxunicode + 1):
        sign = chr(number)
        control = unicodedata.category(sign) in ("Cc", "Zl", "Zp") and sign not in LINE_SIGNS
        if control or unicodedata.bidirectional(sign) in turning:
            bodies = [json.dumps({"text": sign}, ensure_ascii=False)] if number > 31 else []
            for body in (*bodies, json.dumps({"text": sign}), f'{{"text":"\\u{number:04X}"}}'):
                assert refused_at(body.encode()) == "text", hex(number)


@given(st.text())
def test_exactly_what_the_rule_names_is_refused(text: str) -> None:
    for ascii_only in (True, False):
        body = json.dumps({"text": text}, ensure_ascii=ascii_only).encode("utf-8", "replace")
        assert (refused_at(body) is not None) == bool(REFUSED.search(text))


@given(st.binary())
def test_of_what_is_no_json_others_say_so(body: bytes) -> None:
    with pytest.raises((ClientException, ValidationException)):
        decoder_of(Note)(b"[" + body)
