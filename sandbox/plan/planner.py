"""The pipeline: text → tree of allowed nodes → boundaries and queries over released rows → a plan."""

from __future__ import annotations

from sqlglot import exp

from sandbox.nouns.keys import Listed, split_keys, texts
from sandbox.nouns.plan import Facts, Plan, Post
from sandbox.nouns.policy import Use
from sandbox.plan.above.combined import query_of
from sandbox.plan.above.query import Query, answer_columns
from sandbox.plan.above.statement import Statement
from sandbox.plan.listed import Listing
from sandbox.plan.names import Scope
from sandbox.plan.parse import parse
from sandbox.plan.refusals import Problems, Stopped
from sandbox.plan.rows import Rows
from sandbox.plan.scalars.literals import parse_number

FEWEST_DIGITS = 5
"""Digits other than 0 in a number that can be somebody's identity number or telephone."""


def build(sql: str, facts: Facts) -> Plan:
    """Plan one statement from its text and public facts alone.

    Raises:
        Refused: with every further problem of the statement in ``others``.
    """
    text, keys = split_keys(sql)
    root, problems = parse(text, facts)
    try:
        return _build(root, facts, problems, keys)
    except Stopped:
        problems.check()
        raise AssertionError("a part stopped without a problem") from None
    except RecursionError:
        problems.add("statement_too_deep", None)
        problems.check()
        raise


def _build(root: exp.Query, facts: Facts, problems: Problems, given: Listed) -> Plan:
    statement = Statement(facts, problems)
    statement.listing = listing = Listing(given, root, problems)
    rows = Rows(Scope(facts, problems), problems, statement=statement)
    try:
        query = query_of(root, rows, outermost=True)
    except Stopped:
        rows.check_grants()  # one refusal names what is wrong and what is not granted
        raise
    listing.check()
    statement.texts.check(problems)
    statement.work.check(statement.boundaries, problems)
    statement.joined.check(problems)
    if not statement.tables and not problems.any:
        problems.add("table_function", root)
    stages = statement.stages() if not problems.any else ()
    rows.check_grants()
    problems.check()
    return Plan(
        sql=root.sql(dialect="duckdb", comments=False),
        stages=stages,
        post=_post(query, statement),
        tables=frozenset(statement.tables),
        uses=_uses(rows),
        literals=(*_literals(root), *texts(given)),
        notes=statement.notes,
    )


def _post(query: Query, statement: Statement) -> Post:
    loads = statement.loads(query.sql, query.reading) if statement.boundaries else ()
    statement.problems.check()
    sql = statement.complete(query.sql, query.reading)
    places = {number: place for place, number in enumerate(statement.order)} or {0: 0}
    cells = tuple((name, tuple(places[one] for one in stages)) for name, stages in query.cells)
    return Post(sql, answer_columns(query), cells, loads)


def _uses(rows: Rows) -> dict[str, dict[str, frozenset[Use]]]:
    found: dict[str, dict[str, frozenset[Use]]] = {}
    for (table, column), uses in rows.uses.items():
        found.setdefault(table, {})[column] = frozenset(uses)
    return found


def _literals(root: exp.Expr) -> tuple[str, ...]:
    """Texts, and whole numbers long enough to name somebody. Round ones are amounts."""
    found = []
    for node in root.find_all(exp.Literal):
        number = None if node.is_string else parse_number(str(node.this))
        if node.is_string:
            found.append(str(node.this))
        elif number is not None and number.denominator == 1:
            digits = str(abs(int(number)))
            found += [digits] if len(digits.replace("0", "")) >= FEWEST_DIGITS else []
    return tuple(dict.fromkeys(found))
