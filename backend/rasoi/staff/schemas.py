"""Wire shapes of the staff room."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rasoi.platform.description import one_of
from rasoi.platform.rights import PERMISSIONS

Role = Literal["owner", "manager", "waiter", "kitchen"]
END = r"$(?!\n)"  # in Python `$` alone lets a line break follow
# one line that is not blank, without control signs
LINE = r"^(?! )[^\x00-\x1f\x7f]+" + END
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=LINE)]
Username = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._@-]{1,63}" + END)]
Password = Annotated[str, Meta(min_length=8, max_length=128)]
GivenPassword = Annotated[str, Meta(min_length=1, max_length=128)]
GivenCode = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z -]+" + END)]
Pin = Annotated[str, Meta(pattern=r"^[0-9]{4}" + END)]
TenderName = Literal["card_machine", "house_upi", "voucher"]
UPI_ADDRESS = (
    r"^[A-Za-z0-9][A-Za-z0-9._-]{1,63}@[A-Za-z][A-Za-z0-9.-]{1,30}" + END
)  # as NPCI has it: name@handle
Phone = Annotated[str, Meta(pattern=r"^\+?[0-9 ()-]{6,20}" + END)]
Gstin = Annotated[str, Meta(pattern=r"^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]Z[0-9A-Z]" + END)]
Address = Annotated[str, Meta(min_length=1, max_length=400, pattern=r"^[^\x00]+$")]
OutletName = Annotated[str, Meta(min_length=1, max_length=120, pattern=LINE)]
Payment = Literal["pay_later", "prepaid"]
Regime = Literal["regular", "composition", "none"]
# texts of answers
RoleName = Annotated[str, one_of(get_args(Role))]
PaymentTiming = Annotated[str, one_of(get_args(Payment))]


class PasswordLogin(msgspec.Struct, forbid_unknown_fields=True):
    """`code` is of an authenticator app, or a recovery code; who has no app leaves it out."""

    username: Annotated[str, Meta(min_length=1, max_length=64, pattern=LINE)]
    password: GivenPassword
    code: GivenCode | None = None


class PinLogin(msgspec.Struct, forbid_unknown_fields=True):
    """One of the people of a paired device."""

    person_id: UUID
    pin: Pin


class RefreshRequest(msgspec.Struct, forbid_unknown_fields=True):
    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class NamedPerson(msgspec.Struct):
    id: UUID
    name: str
    role: RoleName


class NamedOutlet(msgspec.Struct):
    id: int
    name: str
    timezone: str
    currency: str


class Session(msgspec.Struct):
    """`expires_in` is in seconds; the refresh token is good for one use."""

    access_token: str
    expires_in: int
    refresh_token: str
    person: NamedPerson
    outlet: NamedOutlet


class OwnRight(msgspec.Struct):
    """A permission of the person's role; `limit_paise` is null where no amount is too much."""

    permission: Annotated[str, one_of(PERMISSIONS)]
    limit_paise: int | None


class Me(msgspec.Struct):
    person: NamedPerson
    outlet: NamedOutlet
    rights: list[OwnRight]


class GuestLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What guests may do without a waiter; what staff do themselves has no such limits. An address may be a whole house
    behind its Wi-Fi."""

    dish_quantity: Annotated[int, Meta(ge=1, le=5940)] = 20
    """Of one dish in one order."""
    order_paise: Annotated[int, Meta(ge=100, le=10_000_000_00)] = 15_000_00
    """What one order may come to."""
    phone_orders: Annotated[int, Meta(ge=1, le=1000)] = 12
    """Of one phone, not made yet."""
    table_orders: Annotated[int, Meta(ge=1, le=1000)] = 20
    address_orders: Annotated[int, Meta(ge=1, le=100_000)] = 60
    phone_portions: Annotated[int, Meta(ge=1, le=10_000)] = 10
    """Counted portions that one phone's unpaid orders may hold."""
    address_portions: Annotated[int, Meta(ge=1, le=100_000)] = 40
    table_phones: Annotated[int, Meta(ge=1, le=1000)] = 40
    """That have scanned the code of one sitting's table."""
    address_phones: Annotated[int, Meta(ge=1, le=1_000_000)] = 600
    """New ones within ten minutes."""


class NewGuestLimits(GuestLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them; what is left out goes back to its default."""


Words = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=60, pattern=LINE)]], Meta(min_length=1, max_length=12)
]


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    """An outlet's settings. Times ending in `_s` are seconds."""

    id: int
    name: str
    legal_name: str | None
    gstin: str | None
    gst_regime: Annotated[str, one_of(get_args(Regime))]
    fssai: str | None
    state_code: str | None
    address: str | None
    phone: str | None
    timezone: str
    day_cutoff_minutes: int
    currency: str
    dine_in_payment: PaymentTiming
    takeaway_payment: PaymentTiming
    approve_first_order: bool
    payment_timeout_s: int
    late_grace_s: int
    counter_timeout_s: int
    """How long a prepaid order waits whose guest pays in cash."""
    admit_joiners: bool
    sitting_timeout_s: int
    amber_s: int
    red_s: int
    explicit_start: bool
    """Whether cooks say when they start a ticket, or a touch of it says so."""
    guest_limits: GuestLimits
    void_reasons: list[str]
    """Why a part of an order is taken back; one of them is said each time."""
    cash_drawers: list[str]
    """What cash is kept in; each shift has one of them."""
    cash_reasons: list[str]
    """Why cash is put into a drawer or taken out of it."""
    cash_needs_shift: bool
    """Whether cash may only be taken and handed out by somebody with an open shift."""
    shift_difference_paise: int
    """A counted drawer that differs by more than this is for a manager to approve."""
    discount_reasons: list[str]
    """Why a discount is given by hand; one of them is said each time."""
    tenders: list[TenderName]
    """What staff take beside cash."""
    upi_address: str | None
    """The house's own, for UPI without a payment provider."""
    version: int
    closed_at: datetime | None = None
    """Since when it takes no guests and no orders."""


class OutletSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What an owner or manager may say of an outlet."""

    name: OutletName | UnsetType = UNSET
    legal_name: Annotated[str, Meta(min_length=1, max_length=200, pattern=LINE)] | UnsetType | None = UNSET
    gstin: Gstin | UnsetType | None = UNSET
    gst_regime: Regime | UnsetType = UNSET
    fssai: Annotated[str, Meta(pattern=r"^[0-9]{14}" + END)] | UnsetType | None = UNSET
    state_code: Annotated[str, Meta(pattern=r"^[0-9]{2}" + END)] | UnsetType | None = UNSET
    address: Address | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    timezone: Annotated[str, Meta(min_length=1, max_length=64, pattern=LINE)] | UnsetType = UNSET
    day_cutoff_minutes: Annotated[int, Meta(ge=0, le=720)] | UnsetType = UNSET
    currency: Literal["INR"] | UnsetType = UNSET
    dine_in_payment: Payment | UnsetType = UNSET
    takeaway_payment: Payment | UnsetType = UNSET
    approve_first_order: bool | UnsetType = UNSET
    payment_timeout_s: Annotated[int, Meta(ge=30, le=86400)] | UnsetType = UNSET
    late_grace_s: Annotated[int, Meta(ge=0, le=86400)] | UnsetType = UNSET
    counter_timeout_s: Annotated[int, Meta(ge=60, le=86400)] | UnsetType = UNSET
    admit_joiners: bool | UnsetType = UNSET
    sitting_timeout_s: Annotated[int, Meta(ge=60, le=86400)] | UnsetType = UNSET
    amber_s: Annotated[int, Meta(ge=1, le=86400)] | UnsetType = UNSET
    red_s: Annotated[int, Meta(ge=1, le=86400)] | UnsetType = UNSET
    explicit_start: bool | UnsetType = UNSET
    guest_limits: NewGuestLimits | UnsetType = UNSET
    void_reasons: Words | UnsetType = UNSET
    cash_drawers: Words | UnsetType = UNSET
    cash_reasons: Words | UnsetType = UNSET
    cash_needs_shift: bool | UnsetType = UNSET
    shift_difference_paise: Annotated[int, Meta(ge=0, le=10_000_000)] | UnsetType = UNSET
    discount_reasons: Words | UnsetType = UNSET
    tenders: Annotated[list[TenderName], Meta(max_length=len(get_args(TenderName)))] | UnsetType = UNSET
    upi_address: Annotated[str, Meta(max_length=100, pattern=UPI_ADDRESS)] | UnsetType | None = UNSET


class OutletPatch(OutletSettings, forbid_unknown_fields=True, kw_only=True):
    """What to change. `version`, where given, must be the one that was read."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | UnsetType = UNSET


class NewOutlet(OutletSettings, forbid_unknown_fields=True, kw_only=True):
    """What is left out has its default."""

    name: OutletName


class Workplace(msgspec.Struct):
    """An outlet where the caller works, and as what."""

    id: int
    name: str
    role: RoleName
    closed_at: datetime | None


class Work(msgspec.Struct, forbid_unknown_fields=True):
    """As what somebody works at an outlet, null for no more; and their PIN there, which who has no user name needs."""

    role: Role | None
    pin: Pin | None = None


class SwitchRequest(msgspec.Struct, forbid_unknown_fields=True):
    outlet_id: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Workplaces(msgspec.Struct):
    """The first one first; all of them."""

    items: list[Workplace]


class NewPerson(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A person with a PIN, or a username and a password, or both."""

    name: Name
    role: Role
    username: Username | None = None
    password: Password | None = None
    pin: Pin | None = None


class PersonPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; null takes a PIN or password away."""

    name: Name | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    username: Username | UnsetType = UNSET
    password: Password | UnsetType | None = UNSET
    pin: Pin | UnsetType | None = UNSET


class Person(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    username: str | None
    role: RoleName
    active: bool
    has_password: bool
    has_pin: bool
    has_authenticator: bool
    passkeys: int
    version: int
    created_at: datetime


class People(msgspec.Struct):
    items: list[Person]
    next: UUID | None


class AuditEntry(msgspec.Struct, kw_only=True):
    id: UUID
    at: datetime
    actor_id: UUID | None
    actor_name: str | None
    action: str
    subject: str
    detail: dict[str, Any]


class AuditLog(msgspec.Struct):
    items: list[AuditEntry]
    next: UUID | None
