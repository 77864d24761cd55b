"""What the staff room counts."""

from __future__ import annotations

from prometheus_client import Counter

SIGN_INS = Counter("rasoi_sign_ins_total", "Sign-ins by what came of them", ["method", "outcome"])
LOCK_OUTS = Counter(
    "rasoi_sign_in_lockouts_total", "Wrong sign-ins that locked out those after them", ["method"]
)
