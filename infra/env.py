"""Writes .env for `docker compose` from .env.example, with secrets of its own; an .env that is there stays as it is."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RANDOM = "<random>"


def main(root: Path = ROOT) -> int:
    target = root / ".env"
    lines = (root / ".env.example").read_text().splitlines()
    made = [
        line.replace(RANDOM, secrets.token_urlsafe(32)) if line.endswith(f"={RANDOM}") else line
        for line in lines
    ]
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"env: {target} is there already, and stays as it is", file=sys.stderr)
        return 1
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join([*made, ""]))
    print(f"{target} is written; nobody but you can read it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
