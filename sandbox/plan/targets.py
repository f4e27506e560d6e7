"""Whether a question singles somebody out, by its text and the policy alone. 定向查询筛查.

A screen for reviewers, not a bound: noise bounds what any question tells. It reads every condition as a set
of values a column may take (AND narrows, OR widens, NOT is pushed to the comparisons) and asks how small a
share of the declared values is left. Names are followed through subqueries; what it cannot read narrows
nothing but a little, and is a condition on the columns that it names.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

import sqlglot
from sqlglot import exp

from sandbox.nouns.policy import Column, ColumnClass, ColumnType, Policy
from sandbox.plan.asked import choices, filters, given, listed, renamed
from sandbox.plan.scalars.literals import parse_number

NARROWEST = Fraction(1, 1_000_000)
"""A conjunction that leaves less of the declared values than this may be about one person."""
UNDECLARED = Fraction(1, 10)
"""Share that one value of a column without declared values is taken for, and what a function narrows to."""
WHOLE = Fraction(1)
_MIRROR: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}
_OPPOSITE: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.GTE, exp.LTE: exp.GT, exp.GT: exp.LTE, exp.GTE: exp.LT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ,
    exp.NullSafeEQ: exp.NullSafeNEQ, exp.NullSafeNEQ: exp.NullSafeEQ,
}  # fmt: skip
_SAME = (exp.EQ, exp.NullSafeEQ)
_THROUGH = (exp.Paren, exp.Cast, exp.TryCast, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Coalesce, exp.Lower,
            exp.Upper, exp.Trim, exp.Concat, exp.DPipe)  # fmt: skip
"""What leaves a value as telling as it was."""


@dataclass(frozen=True)
class Left:
    """What a condition leaves of one column."""

    share: Fraction
    single: bool
    """One value, or a range that holds no more."""
    lo: Fraction | None = None
    hi: Fraction | None = None
    values: frozenset[str] = frozenset()
    """Literals that it must be one of, as they are written; empty when it is no list."""


Kept = Mapping[str, Left]
"""Column → what is left of it; absent columns are free."""


def targets(sql: str, policy: Policy) -> dict[str, int]:
    """Class → how many conditions are of it; empty for a question about groups.

    Args:
        sql: a planned statement's normalised text.
        policy: for classes, declared values and bounds.

    Returns:
        ``direct``: a condition on a column that names somebody; ``quasi_identifiers``: all of the policy's
        quasi-identifiers fixed at once; ``narrow``: less than ``NARROWEST`` of the declared values left.
    """
    found: Counter[str] = Counter()
    root = sqlglot.parse_one(sql, read="duckdb")
    reader = _Reader(policy, renamed(root))
    always = [reader.read(node) for node in filters(root)]
    always += [reader.named(exp.column(name)) for name in listed(root)]
    for kept in [_all(always), *(_all([*always, reader.read(node)]) for node in choices(root))]:
        found.update(dict.fromkeys(_classes(kept, policy), 1))
    return dict(sorted(found.items()))


def _classes(kept: Kept, policy: Policy) -> Iterator[str]:
    columns = {column.name: column for table in policy.tables if not table.public for column in table.columns}
    single = {name for name, left in kept.items() if left.single}
    if any(columns[name].kind is ColumnClass.DIRECT for name in kept):
        yield "direct"
    quasi = set(policy.risk.quasi_identifiers) & set(columns)
    if len(quasi) > 1 and quasi <= single:
        yield "quasi_identifiers"
    if reduce(lambda share, left: share * left.share, kept.values(), WHOLE) < NARROWEST:
        yield "narrow"


@dataclass(frozen=True)
class _Reader:
    policy: Policy
    renamed: Mapping[str, set[str]]

    def read(self, node: exp.Expr, *, negated: bool = False) -> Kept:
        """What a condition leaves where it is true."""
        if isinstance(node, exp.Paren):
            return self.read(node.this, negated=negated)
        if isinstance(node, exp.Not):
            return self.read(node.this, negated=not negated)
        if isinstance(node, exp.Connector):
            parts = [self.read(each, negated=negated) for each in _chain(node)]
            return _all(parts) if isinstance(node, exp.And) is not negated else reduce(_any, parts)
        if isinstance(node, exp.Between) and not negated:
            low = exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
            high = exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
            return _all([self.read(low), self.read(high)])
        if isinstance(node, exp.In) and node.expressions and not negated:
            same = [exp.EQ(this=node.this.copy(), expression=each.copy()) for each in node.expressions]
            return reduce(_any, map(self.read, same))
        if isinstance(node, exp.Like) and not negated:
            return self._told(node.this, lambda column: Left(_one(column), single=_plain(node)))
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean):
            return self.read(node.this, negated=negated is bool(node.expression.this))
        kind = _OPPOSITE.get(type(node), type(node)) if negated else type(node)
        kept = self._compared(node, kind) if type(node) in _OPPOSITE else {}
        return kept or (self.named(node) if given(node) else {})

    def named(self, node: exp.Expr) -> Kept:
        """A condition that leaves every value, or nobody knows which, is still one on what it names."""
        return self._told(node, lambda _: Left(WHOLE, single=False))

    def _compared(self, node: exp.Expr, kind: type[exp.Expr]) -> Kept:
        left, right = node.this, node.args["expression"]
        if not left.find(exp.Column):
            left, right, kind = right, left, _MIRROR.get(kind, kind)
        if right.find(exp.Column):
            return {} if self.named(left) and self.named(right) else self.named(node)
        if kind in _SAME:
            return self._told(left, lambda column: _same(column, right))
        if kind in _MIRROR and isinstance(left, exp.Column):
            value, low = _amount(right), kind in (exp.GT, exp.GTE)
            return self._told(left, lambda column: _range(column, *((value, None) if low else (None, value))))
        return {}

    def _told(self, node: exp.Expr, left_of: Callable[[Column], Left]) -> Kept:
        """What is left of every column that a term stands for."""
        found: dict[str, Left] = {}
        for each in node.find_all(exp.Column):
            for column in self._columns(each.name.lower(), frozenset()):
                left = left_of(column)
                if not _telling(each, node):
                    left = Left(max(left.share, UNDECLARED), single=False)
                found[column.name] = left
        return found

    def _columns(self, name: str, seen: frozenset[str]) -> list[Column]:
        if name in seen:
            return []
        own = [
            column
            for table in self.policy.tables if not table.public
            for column in table.columns if column.name.lower() == name
        ]  # fmt: skip
        further = self.renamed.get(name, set())
        return own[:1] + [each for other in further for each in self._columns(other, seen | {name})]


def _chain(node: exp.Connector) -> list[exp.Expr]:
    """Operands of ANDs, or of ORs, within one another, left to right, without recursion: there may be more
    of them than calls fit in one another."""
    parts: list[exp.Expr] = []
    stack: list[exp.Expr] = [node]
    while stack:
        part = stack.pop()
        if type(part) is type(node):
            stack += [part.args["expression"], part.this]
        else:
            parts.append(part)
    return parts


def _telling(column: exp.Expr, term: exp.Expr) -> bool:
    """Whether everything between a column and its term leaves it as telling as it was."""
    node: exp.Expr | None = column
    while node is not None and node is not term:
        node = node.parent
        if not isinstance(node, _THROUGH):
            return False
    return True


def _plain(node: exp.Like) -> bool:
    text = node.expression
    return isinstance(text, exp.Literal) and not set("%_") & set(str(text.this))


def _span(column: Column) -> tuple[Fraction, Fraction] | None:
    """Declared bounds, days as their ordinal."""
    if column.bounds is None:
        return None
    lo, hi = (Fraction(each.toordinal()) if isinstance(each, dt.date) else Fraction(each)
              for each in column.bounds)  # fmt: skip
    return (lo, hi) if lo < hi else None


def _one(column: Column) -> Fraction:
    """Share of the declared values that one value is."""
    if column.domain:
        return Fraction(1, len(column.domain))
    span = _span(column)
    if span is None:
        return UNDECLARED
    step = Fraction(1, 10 ** (column.scale or 0)) if column.type is ColumnType.NUMBER else WHOLE
    return min(WHOLE, step / (span[1] - span[0]))


def _same(column: Column, literal: exp.Expr) -> Left:
    value = _amount(literal)
    return Left(_one(column), single=True, lo=value, hi=value, values=frozenset({literal.sql()}))


def _range(column: Column, lo: Fraction | None, hi: Fraction | None) -> Left:
    """What two ends leave of a column with declared bounds."""
    span = _span(column)
    if span is None:
        return Left(WHOLE, single=False, lo=lo, hi=hi)
    low = span[0] if lo is None else max(lo, span[0])
    high = span[1] if hi is None else min(hi, span[1])
    share = max(_one(column), (high - low) / (span[1] - span[0])) if high >= low else _one(column)
    return Left(min(WHOLE, share), single=share <= 2 * _one(column), lo=lo, hi=hi)


def _amount(node: exp.Expr) -> Fraction | None:
    """A literal number or date, None for anything else."""
    literal = node.find(exp.Literal)
    if literal is None:
        return None
    text = str(literal.this)
    try:
        value = Fraction(dt.date.fromisoformat(text[:10]).toordinal())
    except ValueError:
        number = parse_number(text)
        if number is None:
            return None
        value = number
    return -value if node.find(exp.Neg) else value


def _all(parts: list[Kept]) -> Kept:
    """All conditions are true."""
    found: dict[str, Left] = {}
    for part in parts:
        for name, left in part.items():
            found[name] = _tighter(found[name], left) if name in found else left
    return found


def _tighter(one: Left, two: Left) -> Left:
    """Two conditions on one column: ends of a range meet, of other kinds the smaller holds."""
    lo = max((each.lo for each in (one, two) if each.lo is not None), default=None)
    hi = min((each.hi for each in (one, two) if each.hi is not None), default=None)
    share, single = min(one.share, two.share), one.single or two.single
    if not single and lo is not None and hi is not None:
        share = max(Fraction(0), one.share + two.share - 1)
    return Left(share, single, lo, hi, one.values & two.values or one.values or two.values)


def _any(one: Kept, two: Kept) -> Kept:
    """One of two conditions is true: only what both speak of is narrowed."""
    found = {}
    for name in one.keys() & two.keys():
        a, b = one[name], two[name]
        values = a.values | b.values if a.values and b.values else frozenset()
        share = min(WHOLE, len(values) * a.share / len(a.values) if values else a.share + b.share)
        if share < WHOLE:
            found[name] = Left(share, single=a.single and b.single and len(values) == 1, values=values)
    return found
