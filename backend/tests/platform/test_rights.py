"""What a role may do: the defaults, an owner's table over them, and limits."""

from __future__ import annotations

import msgspec
import pytest

from rasoi.platform.rights import (
    NO,
    PERMISSIONS,
    ROLES,
    YES,
    AboveLimit,
    NotPermitted,
    Right,
    Rights,
    completed,
    defaults,
)
from rasoi.platform.roles import permit


def test_without_an_owners_table_everything_is_as_it_was_given() -> None:
    rights = Rights()
    for name, permission in PERMISSIONS.items():
        assert permission.given <= permission.open_to <= set(ROLES), name
        had = {role for role in (*ROLES, "owner", "guest", "service") if rights.of(1, role, name).allowed}
        assert had == permission.given | {"owner"}, name


def test_an_owner_has_every_right_whatever_the_table_says() -> None:
    rights = Rights()
    rights.take(1, 1, {"owner": {"refund": {"allowed": False}}})
    rights.require(1, "owner", "refund", 10**12)


def test_a_table_holds_for_its_outlet_and_over_the_defaults_only() -> None:
    rights = Rights()
    rights.take(1, 1, {"waiter": {"refund": {"allowed": True, "limit_paise": 500}}})
    assert rights.of(1, "waiter", "refund") == Right(True, 500)
    assert rights.of(1, "waiter", "take_cash") == YES
    assert rights.of(2, "waiter", "refund") == NO
    assert dict(rights.all_of(1, "waiter"))["refund"].limit_paise == 500
    assert "edit_menu" not in dict(rights.all_of(1, "waiter"))


def test_an_older_table_than_the_known_one_changes_nothing() -> None:
    rights = Rights()
    rights.take(1, 2, {"waiter": {"refund": {"allowed": True}}})
    for version in (1, 2):
        rights.take(1, version, {})
    assert rights.of(1, "waiter", "refund") == YES
    assert rights.versions == {1: 2}


def test_what_is_no_permission_any_more_or_not_for_the_role_is_left_out() -> None:
    stored = {"waiter": {"fly": {"allowed": True}}, "kitchen": {"refund": {"allowed": True}}}
    assert completed(stored) == defaults()


def test_a_new_permission_is_given_by_its_default_where_an_older_table_does_not_name_it() -> None:
    stored = {role: {"take_cash": msgspec.to_builtins(NO)} for role in ROLES}
    table = completed(stored)
    assert table["manager"]["take_cash"] == NO and table["manager"]["refund"] == YES


def test_a_refusal_names_the_permission_and_the_limit() -> None:
    rights = Rights()
    with pytest.raises(NotPermitted, match="Your role may not give money back.") as missing:
        rights.require(1, "waiter", "refund", 1)
    assert missing.value.extensions == {"permission": "refund"}
    rights.take(1, 1, {"waiter": {"refund": {"allowed": True, "limit_paise": 500_00}}})
    rights.require(1, "waiter", "refund", 500_00)
    with pytest.raises(AboveLimit, match="up to ₹500.00") as above:
        rights.require(1, "waiter", "refund", 500_01)
    expected = {"permission": "refund", "limit_paise": 500_00, "amount_paise": 500_01}
    assert above.value.extensions == expected


def test_a_guard_can_not_be_made_for_what_is_no_permission() -> None:
    with pytest.raises(KeyError):
        permit("fly")
