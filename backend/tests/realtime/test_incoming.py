"""What a screen may send, and how much of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasoi.realtime.incoming import Asked, BadPacket, Budget, Goodbye, Introduction, Pong, read

GOOD = [
    ("3", Pong()),
    ("1", Goodbye()),
    ("41", Goodbye()),
    ("40", Introduction()),
    ('40{"token":"t","build":"b"}', Introduction("t")),
    ('42["join",{"channel":"floor:1"}]', Asked("join", "", "floor:1")),
    ('4217["leave",{"channel":"menu:1"}]', Asked("leave", "17", "menu:1")),
    ('420["join",{"channel":null}]', Asked("join", "0", None)),
    ('420["join",{}]', Asked("join", "0", None)),
]
BAD: list[str | None] = [
    *(None, "", "x", "2", "2probe", "3probe", "5", "6", "9", "4", "40[", "40[]", "40null", '40"t"', '40{"token":1}'),
    *("42", "42[", "42[]", "42{}", '42["join"]', '42["join",1,2,3]', '42["join",1]', '42["join",null]', '42[["join"]]'),
    *('42["join",{"channel":"floor:1"},1]', '42["join",{"channel":"a","more":1}]', '42["join",{"channel":"a"}]x'),
    *('42["connect",{}]', '42["disconnect",{}]', '42["disconnect"]', '42["connect_error"]', '42["*",{}]', '42["hello",{}]'),
    *('42["revoked"]', '42["__disconnect_final"]', '42/admin,["join",{}]', "40/admin,{}", "41/,", "43[]", "431[]", "44{}"),
    *('451-["join",{"_placeholder":true,"num":0}]', "461-[]", "4999999999999[", '4212345678901["join",{}]'),
    *('42٣["join",{}]', '42 ["join",{}]', '42-1["join",{}]', '42["JOIN",{}]', '42["join",{"channel":"a"}', "40{}40{}"),
    *("42" + "[" * 5000, '42["' + "x" * 9000 + '"]', '42["join",{"channel":"\\ud800"}]'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "packet"), GOOD)
def test_what_screens_say_is_read(text: str, packet: object) -> None:
    assert read(text) == packet


@pytest.mark.parametrize("text", BAD, ids=repr)
def test_nothing_else_is(text: str | None) -> None:
    with pytest.raises(BadPacket) as bad:
        read(text)
    assert str(bad.value) in {"binary", "too long", "malformed", "of no known kind"}


@given(st.text() | st.from_regex(r"4[0-6][0-9]?.*") | st.from_regex(r'42\["(join|leave|connect)".*\]'))
def test_whatever_comes_is_either_read_or_bad(text: str) -> None:
    try:
        packet = read(text)
    except BadPacket:
        return
    assert isinstance(packet, Pong | Goodbye | Introduction | Asked)


def test_a_budget_is_used_up_and_comes_back() -> None:
    now = [0.0]
    budget = Budget(10, 2, lambda: now[0])
    assert [budget.take(4), budget.take(6), budget.take(1)] == [True, True, False]
    now[0] = 1
    assert [budget.take(2), budget.take(1)] == [True, False]
    now[0] = 1000
    assert [budget.take(10), budget.take(1)] == [True, False]
