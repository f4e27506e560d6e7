"""Small mistakes that a source file could hold: one changed node of its syntax tree at a time.

Beside the usual ones (a comparison, a sign, a constant, a condition left out) those of this trade: up for
down, ``min`` for ``max``, a price for a cap, ρ for δ, one norm for another, ``<`` for ``<=`` in rendered SQL.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
SWAPPED = (
    ("min", "max"), ("ceil", "floor"), ("all", "any"), ("round_up", "round_down"), ("price", "cap"),
    ("ROUND_CEILING", "ROUND_FLOOR"), ("LT", "LTE"), ("GT", "GTE"), ("Least", "Greatest"), ("rho", "delta"),
    ("cap_rho", "spent_rho"), ("cap_delta", "spent_delta"), ("RESERVED", "TOUCHED"),
    ("lo", "hi"), ("low", "high"), ("l1", "linf"), ("l0", "l2_squared"), ("RHO_UNIT", "DELTA_UNIT"),
    ("rows", "groups"), ("GAUSSIAN", "NOISY_MAX"),
)  # fmt: skip
NAMES = dict(SWAPPED) | {second: first for first, second in SWAPPED}
TEXTS = (
    (" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "), (" = ", " <> "), (" <> ", " = "),
    ("least(", "greatest("), ("greatest(", "least("), (" AND ", " OR "), ("DISTINCT ", ""),
)  # fmt: skip
"""Within texts: the SQL that is rendered."""
UNCHANGED = ("annotation", "returns", "decorator_list", "type_params", "bases", "exc", "cause")
"""Fields of nodes that hold no arithmetic: types, decorators, the words of an error."""
WORDS = ("maxsize", "hint", "strict", "help", "what", "wanted", "found", "example", "title")
"""Arguments that are words for a person, how much a cache keeps, or a ``zip`` that only asserts."""


@dataclass(frozen=True)
class Mutant:
    """One changed expression or statement."""

    name: str
    """Function, change and statement; unique within a file."""
    line: int
    function: str
    """Qualified name of the function or class around it; empty at the top of the file."""
    text: str
    """The whole changed source file."""


@dataclass(frozen=True)
class Slot:
    """Where a node hangs in the tree."""

    parent: ast.AST
    field: str
    place: int | None
    function: str
    """Qualified name of the function or class around it; empty at the top of the file."""
    statement: ast.stmt
    """The statement that it belongs to."""
    names: frozenset[str]
    """Names that mean something there."""

    @property
    def node(self) -> ast.AST:
        held = getattr(self.parent, self.field)
        return held if self.place is None else held[self.place]  # type: ignore[no-any-return]

    def put(self, node: ast.AST) -> None:
        if self.place is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.place] = node


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its lines.

    >>> [each.name for each in mutants("def most(a, b):\\n    return min(a, 2 * b)\\n")][:2]
    ['most: 2 * b → 2 + b | return min(a, 2 * b)', 'most: 2 → 3 | return min(a, 2 * b)']
    """
    tree = ast.parse(source)
    seen: Counter[str] = Counter()
    parts = [ast.unparse(part) for part in tree.body]
    places = {id(node): place for place, part in enumerate(tree.body) for node in ast.walk(part)}
    for slot in sorted(_slots(tree, "", None, _bound(tree)), key=lambda slot: slot.statement.lineno):
        former = slot.node
        before, statement = _line(former), _line(slot.statement)
        place = places[id(slot.statement)]
        for changed in _changes(slot):
            name = f"{slot.function or 'module'}: {before} → {_line(changed)}"
            name += "" if before == statement else f" | {statement}"
            seen[name] += 1
            slot.put(changed)
            own = ast.unparse(ast.fix_missing_locations(tree.body[place]))
            text = "\n".join([*parts[:place], own, *parts[place + 1 :]])
            slot.put(former)
            number = f" ({seen[name]})" if seen[name] > 1 else ""
            yield Mutant(name + number, slot.statement.lineno, slot.function, text)


def _bound(node: ast.Module | ast.FunctionDef | ast.ClassDef) -> frozenset[str]:
    """Names that a file or function binds by itself: parameters, assignments, imports, definitions."""
    found: set[str] = set()
    for each in ast.walk(node) if isinstance(node, ast.FunctionDef) else node.body:
        if isinstance(each, ast.FunctionDef | ast.ClassDef):
            found.add(each.name)
        elif isinstance(each, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in each.names}
        elif isinstance(each, ast.arg):
            found.add(each.arg)
        elif isinstance(each, ast.Assign | ast.AnnAssign):
            found |= {name.id for name in ast.walk(each) if isinstance(name, ast.Name)}
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
    return frozenset(found)


def _slots(node: ast.AST, function: str, statement: ast.stmt | None, names: frozenset[str]) -> Iterator[Slot]:
    """Places of expressions and statements that compute something."""
    for field, value in ast.iter_fields(node):
        if field in UNCHANGED:
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_of_no_consequence(child):
                continue
            own = child if isinstance(child, ast.stmt) else statement
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                within = f"{function}.{child.name}".lstrip(".")
                yield from _slots(child, within, own, names | _bound(child))
                continue
            if isinstance(child, ast.expr | ast.stmt) and own is not None:
                yield Slot(node, field, place, function, own, names)
            yield from _slots(child, function, own, names)


def _is_of_no_consequence(node: ast.AST) -> bool:
    """Imports, assertions, documents, notes for a person, and ``WORDS``."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) or _is_a_note(node.value)
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Assert) or (
        isinstance(node, ast.keyword) and node.arg in WORDS
    )


def _is_a_note(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note"


def _changes(slot: Slot) -> Iterator[ast.AST]:
    node = slot.node
    if slot.field in ("test", "ifs") and not isinstance(slot.parent, ast.IfExp):
        yield from (ast.Constant(value) for value in (False, True) if not isinstance(slot.parent, ast.While))
    if isinstance(node, ast.Compare):
        for place, kind in enumerate(node.ops):
            if type(kind) in COMPARISONS:
                ops = [*node.ops[:place], COMPARISONS[type(kind)](), *node.ops[place + 1 :]]
                yield ast.Compare(node.left, ops, node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        yield ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value, lineno=node.lineno)
    elif isinstance(node, ast.BoolOp):
        for place in range(len(node.values)):
            left = node.values[:place] + node.values[place + 1 :]
            yield ast.BoolOp(node.op, left) if len(left) > 1 else left[0]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Name | ast.Attribute):
        yield from _names(node, slot.names)
    elif isinstance(node, ast.Break | ast.Continue) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass()


def _constants(node: ast.Constant) -> Iterator[ast.expr]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value * 2 or 1.0)
    elif isinstance(node.value, str):
        yield from (ast.Constant(node.value.replace(old, new)) for old, new in TEXTS if old in node.value)


def _names(node: ast.Name | ast.Attribute, known: frozenset[str]) -> Iterator[ast.expr]:
    if not isinstance(node.ctx, ast.Load):
        return
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield ast.Attribute(node.value, NAMES[node.attr], node.ctx)
    if isinstance(node, ast.Name) and node.id in NAMES:
        other = NAMES[node.id]
        if other in known or hasattr(builtins, other):
            yield ast.Name(other, node.ctx)


def _line(node: ast.AST) -> str:
    """The first line of a node."""
    return ast.unparse(ast.fix_missing_locations(node)).splitlines()[0]
