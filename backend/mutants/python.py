"""Faults for Python: other comparisons and arithmetic, conditions that fall away, statements and entries left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy

from mutants.mutant import Mutant, distinct, plant

# a comparison that differs where both sides are equal, or everywhere
BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
TIME = ("_s", "_S", "seconds", "minutes", "hours", "days", "timeout")  # a name that ends so holds a time
UNTESTED = ("log", "logger", "warnings")  # what these are told is no rule


class Walker(ast.NodeVisitor):
    """Collects the mutants of one module; annotations, asserts, imports and f-strings are left alone."""

    def __init__(self, file: str, source: bytes) -> None:
        self.file, self.source = file, source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.found: list[Mutant] = []
        self.scopes: list[str] = []
        self.time = False

    def replace(self, node: ast.AST, new: ast.AST | str) -> None:
        """Note the mutant that has `new` in the place of `node`."""
        assert isinstance(node, (ast.expr, ast.stmt)) and node.end_lineno and node.end_col_offset is not None
        start = self.starts[node.lineno - 1] + node.col_offset
        end = self.starts[node.end_lineno - 1] + node.end_col_offset
        text = new if isinstance(new, str) else ast.unparse(new)
        if isinstance(new, (ast.BoolOp, ast.Compare, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Await)):
            text = f"({text})"
        self.found.append(plant(self.file, ".".join(self.scopes), self.source, start, end, text))

    # scopes

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        self.scopes.append(name)
        yield
        self.scopes.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        with self.inside(node.name):
            self.visit_body(node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
        defaults = node.args.defaults
        for name, default in (
            *zip(names[len(names) - len(defaults) :], defaults, strict=True),
            *zip((arg.arg for arg in node.args.kwonlyargs), node.args.kw_defaults, strict=True),
        ):
            if default is not None:
                self.visit_named(name, default)
        with self.inside(node.name):
            self.visit_body(node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_body(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def visit_named(self, name: str, value: ast.expr) -> None:
        """Visit the value of an argument, keyword or variable; a number there may be a time."""
        before, self.time = self.time, name.endswith(TIME)
        self.visit(value)
        self.time = before

    # statements

    def visit_Expr(self, node: ast.Expr) -> None:
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call):
            if isinstance(value.func, ast.Attribute) and ast.unparse(value.func.value) in UNTESTED:
                return
            self.replace(node, "pass")
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets):
            self.replace(node, "pass")
        if ast.unparse(node.targets[0]) not in UNTESTED:
            self.visit_named(ast.unparse(node.targets[0]), node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            if isinstance(node.target, ast.Attribute):
                self.visit_named(node.target.attr, node.value)
            else:
                self.visit_named(ast.unparse(node.target), node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.replace(node, "pass")
        if type(node.op) in ARITHMETIC:
            changed = copy(node)
            changed.op = ARITHMETIC[type(node.op)]()
            self.replace(node, changed)
        self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc is not None:
            self.visit(node.exc)

    def visit_Continue(self, node: ast.Continue) -> None:
        self.replace(node, "break")

    def visit_Assert(self, node: ast.Assert) -> None:
        """States what a type or a constraint holds already."""

    def visit_Import(self, node: ast.Import) -> None:
        """No rule."""

    visit_ImportFrom = visit_JoinedStr = visit_arg = visit_Import  # type: ignore[assignment]

    # conditions

    def condition(self, test: ast.expr, *outcomes: str) -> None:
        """A condition that always holds, and one that never does; its opposite would fail wherever one of them does."""
        for outcome in outcomes:
            self.replace(test, outcome)
        if isinstance(test, ast.Compare):
            self.comparison(test, BOUNDARY)
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.visit(test.operand)
        else:
            self.visit(test)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.condition(node.test, "True", "False")
            self.visit_body(node.body)
            self.visit_body(node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.condition(node.test, "True", "False")
        self.visit(node.body)
        self.visit(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        if not isinstance(node.test, ast.Constant):
            self.condition(node.test, "False")
        self.visit_body(node.body)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.visit(node.iter)
        for test in node.ifs:
            self.condition(test, "True")

    def visit_Compare(self, node: ast.Compare) -> None:
        self.comparison(node, {**BOUNDARY, **OPPOSITE})

    def comparison(self, node: ast.Compare, table: dict[type[ast.cmpop], type[ast.cmpop]]) -> None:
        for place, operator in enumerate(node.ops):
            if type(operator) in table:
                changed = copy(node)
                changed.ops = [*node.ops[:place], table[type(operator)](), *node.ops[place + 1 :]]
                self.replace(node, changed)
        for side in (node.left, *node.comparators):
            if isinstance(side, (ast.Tuple, ast.List)):
                self.entries(side)
            self.visit(side)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for place in range(len(node.values)):
            rest = [value for at, value in enumerate(node.values) if at != place]
            changed = copy(node)
            changed.values = rest
            self.replace(node, changed if len(rest) > 1 else rest[0])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, (ast.Not, ast.USub)):
            self.replace(node, node.operand)
        self.visit(node.operand)

    # values

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in ARITHMETIC and not isinstance(node.right, ast.JoinedStr):
            changed = copy(node)
            changed.op = ARITHMETIC[type(node.op)]()
            self.replace(node, changed)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in CALLS:
            changed = copy(node)
            changed.func = ast.Name(CALLS[node.func.id])
            self.replace(node, changed)
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg == "strict":  # of zip: a check, as an assert is
                continue
            self.visit_named(keyword.arg or "", keyword.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        match node.value:
            case bool():
                self.replace(node, str(not node.value))
            case float():
                self.replace(node, str(node.value * 10 if node.value else 1.0))
            case int():
                self.replace(node, str(node.value * 10 if self.time and node.value else node.value + 1))

    def visit_Set(self, node: ast.Set) -> None:
        self.entries(node)
        self.generic_visit(node)

    def entries(self, node: ast.Set | ast.Tuple | ast.List) -> None:
        """Leave out each entry in turn."""
        for place in range(len(node.elts) if len(node.elts) > 1 else 0):
            changed = copy(node)
            changed.elts = [*node.elts[:place], *node.elts[place + 1 :]]
            self.replace(node, changed)

    def visit_Dict(self, node: ast.Dict) -> None:
        for place, name in enumerate(node.keys):
            if name is not None:
                changed = copy(node)
                changed.keys = [*node.keys[:place], *node.keys[place + 1 :]]
                changed.values = [*node.values[:place], *node.values[place + 1 :]]
                self.replace(node, changed)
        for name, value in zip(node.keys, node.values, strict=True):
            self.visit_named(str(name.value) if isinstance(name, ast.Constant) else "", value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not isinstance(node.slice, ast.Tuple):
            self.visit(node.slice)


def mutants(file: str, source: bytes) -> list[Mutant]:
    """All mutants of a module."""
    walker = Walker(file, source)
    walker.visit(ast.parse(source))
    return distinct(walker.found)
