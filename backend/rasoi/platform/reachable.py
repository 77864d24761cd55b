"""Which problems a handler may end in: those that its code names, and the code of ours that it leads to."""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from rasoi.platform.problems import Problem

OURS = "rasoi."
CAUGHT = "CHECK_EXC_MATCH"  # follows a class that is caught, not raised
Found = frozenset[type[Problem]]


def problems_of(*starts: Callable[..., Any]) -> Found:
    """Every type of problem that these functions name, directly or by way of others; rather one too many than one too few."""
    found: set[type[Problem]] = set()
    seen: dict[int, Any] = {}  # kept, since the id of what is gone may be another's
    classes: set[type] = set()
    called: set[str] = set()
    waiting: list[Any] = list(starts)
    while waiting:
        thing = waiting.pop()
        seen[id(thing)] = thing
        if isinstance(thing, Mapping):
            waiting.extend(thing.values())
        elif isinstance(thing, tuple | list | set | frozenset):
            waiting.extend(thing)
        elif isinstance(thing, type):
            (found if issubclass(thing, Problem) else classes).add(thing)
        elif function := _function_of(thing):
            named, attributes = _told(function)
            waiting.extend(named)
            called |= attributes
        elif type(thing).__module__.startswith(OURS):
            waiting.append(type(thing))
        waiting = [each for each in waiting if id(each) not in seen]
        waiting = waiting or [each for each in _methods(classes, called) if id(each) not in seen]
    return frozenset(found - {Problem})


def _methods(classes: Iterable[type], called: Collection[str]) -> list[FunctionType]:
    """Of classes that are used, what is called by name anywhere, and what Python calls by itself."""
    parts = (
        (name, _function_of(value))
        for cls in classes
        for base in cls.__mro__
        for name, value in vars(base).items()
    )
    return [
        function
        for name, function in parts
        if function and (name in called or name.startswith("__")) and _is_ours(function)
    ]


@cache
def _told(function: FunctionType) -> tuple[tuple[Any, ...], frozenset[str]]:
    """What of ours a function names, and which attributes it reads."""
    codes = list(_codes(function.__code__))
    named = tuple(each for code in codes for each in _names(function, code) if _is_ours(each))
    return named, frozenset(name for code in codes for name in code.co_names)


def _function_of(thing: Any) -> FunctionType | None:
    """The Python function behind a method, a cached function or a decorated one."""
    thing = thing.fget if isinstance(thing, property) else thing
    thing = (
        inspect.unwrap(getattr(thing, "__func__", thing)) if callable(thing) or _is_wrapped(thing) else thing
    )
    return thing if isinstance(thing, FunctionType) else None


def _is_wrapped(thing: Any) -> bool:
    return isinstance(thing, staticmethod | classmethod)


def _is_ours(thing: Any) -> bool:
    """Our functions, classes and objects; and lists and tables, which may hold such."""
    if isinstance(thing, ModuleType):
        return False
    of_us = str(getattr(thing, "__module__", "")), type(thing).__module__
    return isinstance(thing, Mapping | tuple | list | set | frozenset) or any(map(_in_our_code, of_us))


def _in_our_code(module: str) -> bool:
    return module.startswith(OURS)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code and that of the functions within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _names(function: FunctionType, code: CodeType) -> Iterator[Any]:
    """What a piece of code names: globals, members of modules and classes, what an inner import brings, what it closes over."""
    instructions = list(dis.get_instructions(code))
    held: Any = None
    for at, each in enumerate(instructions):
        held = _held(function, each, held)
        follows = instructions[at + 1].opname if at + 1 < len(instructions) else ""
        if held is not None and follows != CAUGHT:
            yield held
    for cell in function.__closure__ or ():
        yield cell.cell_contents


def _held(function: FunctionType, instruction: dis.Instruction, before: Any) -> Any:
    name = instruction.argval
    if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
        return function.__globals__.get(name)
    if instruction.opname in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"):
        return getattr(before, name, None) if isinstance(before, ModuleType | type) else None
    if instruction.opname == "IMPORT_NAME":
        return sys.modules.get(name)
    return before if instruction.opname in ("PRECALL", "CACHE", "STORE_FAST") else None
