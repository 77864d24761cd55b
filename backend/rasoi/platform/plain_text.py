"""One rule for every text that a caller sends: no control signs but line ends and tabs, and no signs that turn the direction
of writing. They would forge a line of a ticket or of a log, or show another text than is stored. Joiners are text:
Devanagari and emoji need them."""

from __future__ import annotations

import re
from typing import Any

import msgspec

LINE_SIGNS = "\t\n\r"
CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029"
BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
NO_SIGNS = "\ufeff\ufff9-\ufffb\U000e0001-\U000e007f"
REFUSED = re.compile(f"[{CONTROL}{BIDI}{NO_SIGNS}]")
REASON = "Text can't contain control signs, or signs that turn the direction of writing."
# the same signs in JSON, as escapes and as UTF-8, and a few more: most bodies need no second look
SUSPICIOUS = re.compile(
    rb"\\[bf]|\\u(?:00[01189][0-9a-f]|007f|061c|200[ef]|202[8-9a-e]|206[6-9]|feff|fff[9-b]|db40)"
    rb"|\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]"
    rb"|\xf3\xa0[\x80\x81]",
    re.IGNORECASE,
)


def refused_at(body: bytes) -> str | None:
    """The path of the first text in a JSON body that breaks the rule. None too where it is no JSON: others say so."""
    if not SUSPICIOUS.search(body):
        return None
    try:
        return _found(msgspec.json.decode(body), "")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _found(value: Any, path: str) -> str | None:
    if isinstance(value, str):
        return path if REFUSED.search(value) else None
    if isinstance(value, list):
        within = [(each, f"{path}[{number}]") for number, each in enumerate(value)]
    elif isinstance(value, dict):
        if any(REFUSED.search(name) for name in value):
            return path
        within = [(each, f"{path}.{name}" if path else name) for name, each in value.items()]
    else:
        return None
    return next((found for each, place in within if (found := _found(each, place)) is not None), None)
