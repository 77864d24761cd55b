"""Events of the staff room. Subjects: `outlet:<n>`, `rights:<n>`, the person's id, the session's id."""

from __future__ import annotations

from uuid import UUID

from rasoi.platform.events import Contract, contract


@contract("rasoi.staff.outlet_changed.v1", "staff")
class OutletChanged(Contract, frozen=True, kw_only=True):
    """Settings changed: caches older than `outlet_version` are stale."""

    outlet_version: int


@contract("rasoi.staff.person_changed.v1", "staff")
class PersonChanged(Contract, frozen=True, kw_only=True):
    person_id: UUID
    role: str
    active: bool


@contract("rasoi.staff.rights_changed.v1", "staff")
class RightsChanged(Contract, frozen=True, kw_only=True):
    """What the outlet's roles may do has changed."""

    rights_version: int


@contract("rasoi.staff.session_revoked.v1", "staff")
class SessionRevoked(Contract, frozen=True, kw_only=True):
    session_id: UUID
