"""Every refusal of the planner: one table of code → (reason, next step), and the collector of problems.

A refusal rests on the statement and public facts alone, so it costs nothing and says everything it can. Texts
name what the developer wrote; they never hold a data value, and a rewrite they suggest always plans.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

from sqlglot import exp

from sandbox.errors import Refused


@dataclass(frozen=True)
class Rule:
    """Texts of one code; ``{names}`` are filled in by the place that refuses."""

    reason: str
    hint: str


CODES: dict[str, Rule] = {
    # the text itself
    "statement_empty": Rule(
        "the statement is empty", "write one SELECT, such as SELECT COUNT(*) FROM {table}"
    ),
    "statement_too_long": Rule("the statement is longer than {limit} {what}", "shorten the statement"),
    "statement_too_deep": Rule(
        "the statement is nested too deeply", "nest fewer parentheses or CASE expressions"
    ),
    "syntax": Rule("the statement is not valid SQL", "check the place named; the dialect is DuckDB's SELECT"),
    "one_statement": Rule("one statement is answered at a time", "send each statement on its own"),
    "select_only": Rule("only SELECT is answered", "write one SELECT with aggregates"),
    # constructs
    "construct_not_supported": Rule("{what} is not part of the dialect", "leave it out"),
    "function_not_allowed": Rule("the function {what} is not on the allow-list", "leave it out"),
    "not_yet": Rule("{what} is not in this dialect yet", "use COUNT, SUM, AVG, MEDIAN, MODE, STDDEV or CORR"),
    "written_otherwise": Rule("{what} is not answered", "write {help}"),
    "candidates_missing": Rule("{what} has no list of at most {limit} public values", "write {help}"),
    "window_not_supported": Rule(
        "this window function is not in the dialect; one stands in a subquery of FROM, over rows of one unit",
        "{help}",
    ),
    "subquery_not_supported": Rule(
        "this subquery is not in the dialect yet",
        "in FROM, JOIN or WITH: pick, compute, filter rows of a protected table, or group by its unit; "
        "in WHERE: EXISTS, IN, or one aggregate of public tables",
    ),
    "subquery_other_units": Rule(
        "this subquery would look at rows of other units, or of units where there are none",
        "write EXISTS or IN over a protected table beside rows of the same unit, or aggregate public tables",
    ),
    "exists_of_rows": Rule(
        "EXISTS or IN beside groups, or above released rows, would look at single rows of {name}",
        "compare a measured count with more than its noise, such as (SELECT COUNT(*) FROM … WHERE …) > 100, "
        "or write it in WHERE beside rows of the same unit",
    ),
    "set_operation_not_supported": Rule(
        "UNION, EXCEPT and INTERSECT would compare rows of different units",
        "write UNION ALL in a subquery of FROM, EXISTS for INTERSECT, NOT EXISTS for EXCEPT, or ask twice",
    ),
    "subquery_of_one_value": Rule(
        "a subquery in an expression gives one column and one row",
        "aggregate without GROUP BY, or put it in FROM and join it",
    ),
    "subquery_of_other_rows": Rule(
        "this subquery is measured once, but {name} is a column of the statement around it",
        "compare by equalities with plain columns alone, or measure it for every key and join: "
        "FROM …, (SELECT key AS k, … AS v FROM … GROUP BY key) AS m "
        "WHERE m.k = {name} AND …",
    ),
    "too_many_boundaries": Rule(
        "the statement measures more than {limit} different groups of rows, or looks up in as many tables",
        "ask it in several statements",
    ),
    "public_table_too_large": Rule(
        "the public table {name} has more than {limit} rows, too many to join with released values",
        "aggregate or filter it in a statement of its own",
    ),
    "union_mixed": Rule(
        "UNION ALL of {what}", "give every branch the same columns, and protected tables of one unit type"
    ),
    "values_invalid": Rule(
        "VALUES needs rows of one length, up to {limit}, with a type and a name of its own for each column",
        "write (VALUES (1, 'A'), (2, 'B')) AS t(x, y)",
    ),
    "distinct_not_supported": Rule("SELECT DISTINCT is not answered", "use GROUP BY with the same columns"),
    "distinct_of_unit_only": Rule(
        "DISTINCT is answered in COUNT alone", "write COUNT(DISTINCT {column}), or leave it out"
    ),
    "comma_join": Rule(
        "a comma between tables does not stand beside RIGHT or FULL joins",
        "write FROM {left} JOIN {right} ON …",
    ),
    "star_not_supported": Rule(
        "* stands only in COUNT(*), and in a subquery over one table", "name the columns"
    ),
    "name_missing": Rule("an item of a subquery has no name", "write it with AS and a name"),
    "catalogue_not_visible": Rule(
        "only the tables of your agreement exist here", "write the bare table name"
    ),
    "table_function": Rule(
        "table functions and files are not read", "name a table of your agreement in FROM"
    ),
    "parameter_not_supported": Rule("parameters are not filled in", "write the value itself"),
    # names
    "unknown_table": Rule("there is no table {name} in your agreement", "{help}"),
    "unknown_column": Rule("there is no column {name}", "{help}"),
    "ambiguous_column": Rule("the column {name} is in several tables", "write {help}"),
    "duplicate_alias": Rule("two tables are called {name}", "give each its own alias"),
    "reserved_name": Rule("the name {name} is reserved", "{help}"),
    "use_not_granted": Rule(
        "the agreement does not grant: {missing}", "ask for these uses in a new application"
    ),
    # the unit and rows
    "row_level_output": Rule("{name} would show single rows", "aggregate it, or add it to GROUP BY: {help}"),
    "unit_in_output": Rule(
        "{name} names the privacy unit and is never shown or grouped by", "write COUNT(DISTINCT {name})"
    ),
    "unit_misused": Rule(
        "{name} names the privacy unit",
        "use it only in COUNT(DISTINCT {name}) and in joins of protected tables; "
        "for rows without a match write NOT EXISTS (SELECT 1 FROM … WHERE …)",
    ),
    "aggregate_misplaced": Rule("an aggregate cannot stand here", "filter on aggregates with HAVING"),
    "aggregate_nested": Rule("aggregates cannot be nested", "aggregate once"),
    # types and literals
    "type_mismatch": Rule("{left} and {right} do not go together", "compare and combine values of one type"),
    "type_wrong": Rule("{what} needs {wanted}, not {found}", "give it {wanted}"),
    "literal_invalid": Rule("{value} is not a valid {type}", "write {example}"),
    "value_not_in_domain": Rule("{value} is not among the declared values of {column}", "one of: {help}"),
    "constant_needed": Rule("{what} needs a constant here", "write {example}"),
    "argument_count": Rule("{what} takes {wanted} arguments", "write {example}"),
    "pattern_invalid": Rule(
        "the LIKE pattern is not accepted: {why}", "write a constant pattern such as 'A%'"
    ),
    "text_too_long": Rule(
        "this text could become more than {limit} times as long as what it is made of", "join fewer texts"
    ),
    # bounds
    "bounds_missing": Rule(
        "{what} has no public bounds, so one person's share is unknown", "write {help} with bounds you choose"
    ),
    "bounds_invalid": Rule("the bounds of {what} are not usable", "write clamp(x, lo, hi) with lo below hi"),
    "bounds_too_wide": Rule(
        "the bounds of {what} are too wide to add up exactly", "narrow them with clamp(x, lo, hi)"
    ),
    # joins and grids
    "join_not_supported": Rule("{what} is not in this dialect yet", "{help}"),
    "join_needs_unit": Rule("two protected tables are joined on their privacy unit", "write ON {help}"),
    "join_needs_key": Rule(
        "a large public table is joined by equality of its column with one of the other side",
        "write ON a.key = b.key",
    ),
    "fan_out_too_large": Rule(
        "up to {count} rows of the public side may match one row, more than {limit}",
        "join on all of its keys, or aggregate it to one row a key first",
    ),
    "join_too_large": Rule(
        "one unit may have up to {count} rows to join or compare here, more than {limit}",
        "join fewer tables, on more keys, or aggregate one side to one row a unit first",
    ),
    "released_join_too_large": Rule(
        "joins of released tables make up to {count} rows in this statement, more than {limit}",
        "join on all keys of one side, measure fewer groups, or keep the first rows of a side with LIMIT in "
        "its subquery",
    ),
    "answer_too_large": Rule(
        "up to {count} released rows are put together here, more than {limit}",
        "write LIMIT {limit} at its end, join on more keys, or measure fewer groups",
    ),
    "too_many_tables": Rule(
        "the statement reads more than {limit} tables, names of WITH and grouping sets written out",
        "join fewer tables, or ask it in several statements",
    ),
    "texts_too_costly": Rule(
        "functions of texts may be computed for too many rows of one unit here",
        "join fewer tables, aggregate one side to one row a unit first, or ask the operator for a domain",
    ),
    "rows_too_costly": Rule(
        "this may be computed for too many rows of one unit",
        "join fewer tables, aggregate one side to one row a unit first, group by declared keys, or compute "
        "less of each row",
    ),
    "grid_too_large": Rule(
        "the grouping has more than {limit} declared cells",
        "group by fewer or coarser keys, or filter on a key",
    ),
    "group_by_constant": Rule(
        "{name} is no column and no item of SELECT", "name a column, or a place from 1 to {count}"
    ),
    "too_many_picks": Rule(
        "the quantiles and modes of this statement have too many candidates together",
        "ask fewer of them at once, or group more coarsely",
    ),
    "keys_unknown": Rule(
        "keys= names {name}, which is no item of GROUP BY", "name a column or an output name"
    ),
    "limit_invalid": Rule("LIMIT and OFFSET take whole numbers from 0 to {limit}", "write a constant"),
    "row_bound_missing": Rule("the table {name} is not ready", "ask the operator to load it"),
}
"""Stable codes of the planner. ``docs/errors.md`` lists them for people."""


class Stopped(Exception):
    """Control flow inside the planner: this part of the statement is refused, go on with the next part."""


def refusal(code: str, position: str = "", **names: object) -> Refused:
    """One refusal with its texts filled in; names are cut to 400 characters."""
    rule = CODES[code]
    filled = {key: str(value)[:400] for key, value in names.items()}
    return Refused(code, rule.reason.format(**filled), hint=rule.hint.format(**filled), position=position)


class Problems:
    """Collects every problem of one statement, so that a developer mends them in one go."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[tuple[int, Refused]] = []

    def stop(self, code: str, node: exp.Expr | None, **names: object) -> NoReturn:
        """Note a problem and leave the part of the statement that has it."""
        self.add(code, node, **names)
        raise Stopped

    def add(self, code: str, node: exp.Expr | None, **names: object) -> None:
        """Note a problem at a node (None: the statement as a whole)."""
        offset = start_of(node)
        found = refusal(code, place(self._text, offset), **names)
        same = (found.code, found.position)
        if all((other.code, other.position) != same for _, other in self._found):
            self._found.append((offset, found))

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the statement whose problems do not keep the other parts from being checked."""
        with suppress(Stopped):
            yield

    def check(self) -> None:
        """Raise the first problem, the others attached, if there is any."""
        if not self._found:
            return
        ordered = [found for _, found in sorted(self._found, key=lambda item: item[0])]
        first = ordered[0]
        raise Refused(
            first.code, first.reason, hint=first.hint, position=first.position, others=tuple(ordered[1:])
        ) from None

    def stop_noted(self) -> NoReturn:
        """Leave a part of the statement whose problems are noted already."""
        raise Stopped

    @property
    def any(self) -> bool:
        """Whether anything was found."""
        return bool(self._found)


def start_of(node: exp.Expr | None) -> int:
    """Offset of the first character of a node in the statement; 0 when it is not known."""
    while node is not None:
        starts = [int(part.meta["start"]) for part in node.walk() if "start" in part.meta]
        if starts:
            return min(starts)
        node = node.parent
    return 0


def place(text: str, offset: int) -> str:
    """``line:column`` of an offset, both from 1.

    >>> place("SELECT 1,\\n  x", 12)
    '2:3'
    """
    before = text[:offset]
    return f"{before.count(chr(10)) + 1}:{offset - (before.rfind(chr(10)) + 1) + 1}"
