"""`make room NAME=cellar`: a new room that works, with a list, a use-case, an event and a test, to be made into what it is for.

It writes the files from infra/room/ and enters the room where rooms are listed. What is generated follows.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from rasoi.room_list import LIST, PORTS_OF_A_ROOM

ROOT = Path(__file__).resolve().parents[1]
BACKEND = ROOT / "backend"
TEMPLATES = ROOT / "infra" / "room"
MIGRATIONS = BACKEND / "prisma" / "migrations"
PATTERN = "notifications"  # the room whose entries show where a new one's go
TAKEN = {
    "platform",
    "public",
    "embedded",
    "stack",
    "demo",
    "contracts",
    "app",
    "serve",
    "cli",
    "settings",
    "rush",
}


class Refused(Exception):
    """The text is one line for the person at the keyboard."""


def filled(template: str, name: str) -> str:
    """A template with the room's name put in."""
    text = (TEMPLATES / f"{template}.txt").read_text()
    return text.replace("{{room}}", name).replace("{{Room}}", name.capitalize())


def new_files(name: str) -> dict[Path, str]:
    """The room's own files, by path."""
    number = max(int(path.name.partition("_")[0]) for path in MIGRATIONS.glob("*_*") if path.is_dir()) + 1
    package, tests = BACKEND / "rasoi" / name, BACKEND / "tests" / name
    doors = ("__init__", "schemas", "repository", "service", "routes")
    return {
        **{package / f"{door}.py": filled(f"{door}.py", name) for door in doors},
        BACKEND / "rasoi" / "contracts" / f"{name}.py": filled("contracts.py", name),
        BACKEND / "prisma" / "schema" / f"{name}.prisma": filled("schema.prisma", name),
        MIGRATIONS / f"{number}_{name}" / "migration.sql": filled("migration.sql", name),
        tests / "__init__.py": "",
        tests / "test_room.py": filled("test_room.py", name),
    }


def enter(path: Path, before: str, text: str, *, times: int = 1) -> None:
    """Put `text` before each of the places in a file that begin with `before`. Raises Refused where they are not found."""
    content = path.read_text()
    if content.count(before) != times:
        raise Refused(
            f"{path.relative_to(ROOT)} has not {times} × {before.strip()!r}: enter the room there by hand"
        )
    path.write_text(content.replace(before, text + before))


def enter_everywhere(name: str) -> None:
    """Where rooms are listed: the one list, the import rules, Prisma's datasource and tables, the tests of all rooms."""
    port = max(room.port for room in LIST) + PORTS_OF_A_ROOM
    entry = f'    ListedRoom("{name}", {port}, ("/api/{name}",)),\n'
    enter(BACKEND / "rasoi" / "room_list.py", '    ListedRoom("realtime"', entry)
    enter(BACKEND / "pyproject.toml", f'    "rasoi.{PATTERN}",\n', f'    "rasoi.{name}",\n', times=2)
    enter(BACKEND / "pyproject.toml", f"rasoi.{PATTERN} : ", f"rasoi.{name} : ")
    schema = BACKEND / "prisma" / "schema"
    enter(schema / "main.prisma", f'"{PATTERN}"', f'"{name}", ')
    tables = (schema / "platform.prisma").read_text()
    models = re.findall(rf"model {PATTERN.capitalize()}\w+ \{{.*?\n\}}\n", tables, flags=re.DOTALL)
    own = [each.replace(PATTERN.capitalize(), name.capitalize()).replace(PATTERN, name) for each in models]
    (schema / "platform.prisma").write_text("\n".join([tables, *own]))
    tests = BACKEND / "tests"
    matrix = f'    ("GET", "/api/{name}/notes"): STAFF,\n    ("POST", "/api/{name}/notes"): MANAGERS,\n'
    enter(tests / "test_app.py", f'    ("GET", "/api/{PATTERN}"): ', matrix)
    enter(
        tests / "test_lists.py",
        "]  # of each list\n",
        f'    ("/api/{name}/notes", {{"text": "Buy ice."}}),\n',
    )
    log = f"    SELECT '{name}', id, subject, aggregate_version FROM {name}.outbox UNION ALL\n"
    enter(tests / "oracles.sql", f"    SELECT '{PATTERN}', id, subject", log)


def make(name: str) -> list[Path]:
    """Write and enter the room. Returns its new files. Raises Refused."""
    if not re.fullmatch(r"[a-z][a-z]{2,30}", name) or name in TAKEN | {room.name for room in LIST}:
        raise Refused(f"a room needs a name of its own in small letters, not {name!r}")
    files = new_files(name)
    if there := [path for path in files if path.exists()]:
        raise Refused(f"{there[0].relative_to(ROOT)} is there already")
    enter_everywhere(name)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(
        [sys.executable, "-m", "tests.contracts.samples", "--add"],
        cwd=BACKEND,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    for work in (["check", "--fix"], ["format"]):  # a name may belong before others that the templates import
        subprocess.run(
            ["ruff", *work, "-q", "--config", "pyproject.toml", "rasoi", "tests"], cwd=BACKEND, check=True
        )
    return list(files)


def main() -> int:
    if len(sys.argv) != 2 or not sys.argv[1]:
        print("make room NAME=cellar", file=sys.stderr)
        return 2
    try:
        made = make(sys.argv[1])
    except Refused as wrong:
        print(f"room: {wrong}", file=sys.stderr)
        return 1
    print("\n".join(str(path.relative_to(ROOT)) for path in made))
    print(f"\nNow: make generated && make check && make test ARGS=tests/{sys.argv[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
