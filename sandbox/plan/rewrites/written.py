"""The loop: mend every problem of a statement, plan what comes out, and mend again what is still refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import sqlglot
from sqlglot import exp

from sandbox.errors import Refused
from sandbox.nouns.keys import split_keys
from sandbox.nouns.plan import Facts, Plan
from sandbox.plan.rewrites import calls, clauses, combined, groups, naming, people
from sandbox.plan.rewrites.finding import NoRewrite, Spot, spot

MARK = "; written out (完整改写): "
"""Between a hint in words and the whole statement."""
MAX_CHARACTERS = 2_000
"""Length of a statement that is written out: a refusal stays about as quick as an answer."""
MAX_ROUNDS = 5
"""How often a statement is planned again."""
MAX_NODES = 3_000
"""Nodes of its tree with every name of WITH written out, as the planner has it."""
MAX_PROBLEMS = 20
"""Problems of a statement that is written out."""
Rewrite = Callable[[Spot], None]

_REWRITES: dict[str, tuple[Rewrite, ...]] = {
    "row_level_output": (clauses.windowed, groups.grouped),
    "star_not_supported": (clauses.windowed, groups.grouped),
    "unit_in_output": (combined.counted, people.looked_up, clauses.windowed, groups.grouped),
    "unit_misused": (people.missing, people.counted, groups.grouped),
    "join_needs_unit": (people.same_person,),
    "join_not_supported": (people.inner,),
    "set_operation_not_supported": (combined.exists,),
    "bounds_missing": (calls.bounded,),
    "candidates_missing": (groups.most_frequent,),
    "written_otherwise": (calls.otherwise,),
    "function_not_allowed": (calls.otherwise,),
    "argument_count": (calls.several,),
    "aggregate_misplaced": (clauses.having,),
    "construct_not_supported": (clauses.construct,),
    "window_not_supported": (clauses.partitioned,),
    "subquery_not_supported": (clauses.unlimited,),
    "name_missing": (naming.named,),
    "unknown_table": (people.looked_up, naming.table),
    "unknown_column": (naming.column,),
    "subquery_of_other_rows": (people.looked_up,),
    "ambiguous_column": (naming.qualified,),
    "value_not_in_domain": (naming.value,),
    "catalogue_not_visible": (naming.bare,),
    "use_not_granted": (people.counted_apart, naming.without),
    "syntax": (),
}
"""Code → ways to mend it, tried in order: the first that changes the tree is taken."""


def written_out(refused: Refused, sql: str, facts: Facts, build: Callable[[str, Facts], Plan]) -> Refused:
    """The refusal, with the whole rewritten statement in its hint where the planner accepts one.

    Args:
        refused: all problems of the statement.
        sql: the statement as it was asked, with listed keys if it has some.
        facts: policy, grants and public facts.
        build: the planner.
    """
    text = None
    with suppress(Exception):  # a rewrite is a courtesy: the refusal stands, whatever becomes of it
        text = rewritten(refused, sql, facts, build) if len(sql) <= MAX_CHARACTERS else None
    if text is None:
        return refused
    return Refused(
        refused.code, refused.reason, hint=refused.hint + MARK + text, position=refused.position,
        others=refused.others,
    )  # fmt: skip


def rewritten(refused: Refused, sql: str, facts: Facts, build: Callable[[str, Facts], Plan]) -> str | None:
    """The whole statement, or None where the planner accepts nothing that comes of it."""
    text, _ = split_keys(sql)
    keys = sql[len(text) :]
    seen = {text}
    for _round in range(MAX_ROUNDS):
        problems = (refused, *refused.others)
        if len(problems) > MAX_PROBLEMS or any(one.code not in _REWRITES for one in problems):
            return None
        made = _mended(text, problems, facts)
        if made is None or made in seen or len(made) > 2 * MAX_CHARACTERS:
            return None
        seen.add(made)
        try:
            build(made + keys, facts)
        except Refused as again:
            text, refused = made, again
            continue
        return made
    return None


def _mended(text: str, problems: tuple[Refused, ...], facts: Facts) -> str | None:
    """The statement with every problem mended that can be; the planner says whether that is enough."""
    root, translated = _tree(text, problems)
    if root is None or _size(root) > MAX_NODES:
        return None
    if translated:
        return _shown(root)
    top = exp.Subquery(this=root)  # so that the whole statement can be replaced like any part
    try:
        for problem in problems:
            _mend(problem, text, top, facts)
        return _shown(top.this)
    except RecursionError:
        return None


def _size(root: exp.Expr) -> int:
    """Nodes of a statement with every name of WITH written out; names that use names multiply."""
    sizes: dict[str, int] = {}
    given = root.args.get("with_")
    for part in given.expressions if given is not None else ():
        sizes[str(part.alias).lower()] = _counted(part.this, sizes)
    return _counted(root, sizes)


def _counted(node: exp.Expr, sizes: dict[str, int]) -> int:
    named = (sizes.get(str(table.name).lower(), 0) for table in node.find_all(exp.Table))
    return sum(1 for _ in node.walk()) + sum(named)


def _shown(root: exp.Expr) -> str:
    return str(root.sql(dialect="duckdb", comments=False)).replace("CLAMP(", "clamp(")


def _mend(problem: Refused, text: str, top: exp.Subquery, facts: Facts) -> None:
    """Mend one problem in the tree, or leave the tree as it was."""
    before, kept = _shown(top), top.this.copy()
    try:
        for rewrite in _REWRITES[problem.code]:
            found = spot(problem, text, top, facts)
            if found is None:
                return  # a former rewrite has taken the place away
            rewrite(found)
            if _shown(top) != before:
                return
    except NoRewrite:
        top.set("this", kept)


_FOREIGN = {"to_char": "postgres", "date_format": "mysql", "`": "mysql", "top ": "tsql"}
"""What gives a statement of another dialect away."""


def _tree(text: str, problems: tuple[Refused, ...]) -> tuple[exp.Expr | None, bool]:
    """The statement as a tree, and whether it is translated from another dialect, whose words it has."""
    lowered = text.lower()
    if "!~" in text or "~~" in text:
        return None, False  # the parser takes them for other functions than the engine
    wrong = {problem.code for problem in problems}
    foreign = [dialect for sign, dialect in _FOREIGN.items() if sign in lowered]
    translate = bool(foreign) and bool(wrong & {"syntax", "written_otherwise"})
    if "syntax" in wrong and not translate:
        return None, False
    try:
        parsed = sqlglot.parse(text, read=foreign[0] if translate else "duckdb")
        if translate and parsed[0] is not None:
            parsed = sqlglot.parse(parsed[0].sql(dialect="duckdb", comments=False), read="duckdb")
    except Exception:  # the parser's own mistakes, too deep a nesting among them: there is no tree then
        return None, False
    statements = [one for one in parsed if one is not None]
    fits = len(statements) == 1 and isinstance(statements[0], exp.Query)
    return (statements[0] if fits else None), translate
