"""What is changed, and which tests are asked: the areas in which at least 95 % of the mutants must be noticed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[1]
FUNCTIONS = "prisma/functions"


@dataclass(frozen=True)
class Area:
    """`files` are modules and SQL functions, as patterns from backend/; `tests` are files and folders in tests/."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]

    def paths(self) -> list[str]:
        """The files there are. A pattern that finds nothing is a mistake here."""
        found: list[str] = []
        for pattern in self.files:
            matching = sorted(str(path.relative_to(BACKEND)) for path in BACKEND.glob(pattern))
            if not matching:
                raise FileNotFoundError(f"mutants/areas.py: {pattern} is no file")
            found += matching
        return found


AREAS = [
    Area(
        "money",
        (
            "rasoi/platform/money.py",
            "rasoi/orders/pricing.py",
            "rasoi/payments/domain.py",
            "rasoi/platform/transitions.py",
            "rasoi/payments/ledger.py",
            "rasoi/payments/due.py",
            f"{FUNCTIONS}/payments/*.sql",
        ),
        ("platform/test_money.py", "platform/test_transitions.py", "contracts", "orders", "payments"),
    ),
    Area(
        "orders",
        ("rasoi/orders/domain.py", f"{FUNCTIONS}/orders/*.sql"),
        ("contracts", "orders", "payments", "security/test_cost.py"),
    ),
    Area("menu", (f"{FUNCTIONS}/menu/*.sql",), ("menu", "orders")),
    Area(
        "kitchen",
        (
            "rasoi/kitchen/domain.py",
            "rasoi/kitchen/changes.py",
            "rasoi/kitchen/states.py",
            f"{FUNCTIONS}/kitchen/*.sql",
        ),
        ("contracts", "kitchen"),
    ),
    Area(
        "stock",
        ("rasoi/inventory/domain.py", f"{FUNCTIONS}/inventory/*.sql"),
        ("contracts", "inventory", "orders", "kitchen"),
    ),
    Area(
        "access",
        (
            "rasoi/staff/domain.py",
            "rasoi/platform/auth.py",
            "rasoi/platform/rate_limit.py",
            "rasoi/realtime/audiences.py",
            "rasoi/realtime/channels.py",
            "rasoi/realtime/table.py",
            f"{FUNCTIONS}/staff/*.sql",
        ),
        ("platform/test_auth.py", "platform/test_rate_limit.py", "staff", "realtime", "test_app.py"),
    ),
    Area(
        "events",
        ("rasoi/platform/idempotency.py", "rasoi/platform/event_log.py", "rasoi/platform/leader.py"),
        (
            "platform/test_event_log.py",
            "platform/test_idempotency.py",
            "platform/test_inbox.py",
            "platform/test_janitor.py",
            "platform/test_leader.py",
        ),
    ),
    Area(
        "metrics",
        ("rasoi/*/metrics.py",),
        ("platform/test_metrics.py", "kitchen", "orders", "payments", "menu", "staff"),
    ),
]
