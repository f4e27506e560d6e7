"""Text → one tree of allowed nodes, or a refusal. Nothing is resolved yet but which keys are columns.

Limits come first, from tokens alone, so that no text can exhaust the parser. The parser's own messages are
never shown: they may quote at length, and are not stable.
"""

from __future__ import annotations

import logging
import re

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from sandbox.nouns.plan import Facts
from sandbox.plan.allow import check_allowed
from sandbox.plan.ctes import expand
from sandbox.plan.names import HIDDEN
from sandbox.plan.refusals import Problems, place, refusal
from sandbox.plan.sets import unfold
from sandbox.plan.spelled import spelled

MAX_CHARACTERS = 50_000
MAX_TOKENS = 8_000
MAX_NESTING = 24
"""Open parentheses, brackets and CASE at one place."""
MAX_PREFIX = 24
"""NOT, minus and plus signs in a row."""
MAX_DEPTH = 90
"""Levels of the tree; chains of AND and OR count once."""
MAX_TABLES = 64
"""Tables and subqueries of all FROMs together: the engine plans 64 joins in a second, 200 in a minute."""
MAX_UNFOLDED = 256
"""The same with every grouping set written out: each is planned by itself."""

# The parser logs statements that it cannot read; they belong to nobody's log. A filter outlasts a
# server's set-up of its log, which enables every logger there is.
logging.getLogger("sqlglot").addFilter(lambda _: False)

_DIALECT = Dialect.get_or_raise("duckdb")
_TILDES = ("~", "!~", "~~", "!~~")
"""The parser takes them for other functions than the engine."""
_PAIRS = (exp.RegrSlope, exp.RegrIntercept, exp.RegrR2, exp.RegrCount, exp.RegrAvgx, exp.RegrAvgy)
"""Functions of two values, of which the parser asks for one."""
_OURS = re.compile(rf"(?i){HIDDEN}\d+")
"""Names of tables that no * shows: a statement that used one would show less than it says."""
_OPEN = (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE)
_CLOSE = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END)
_PREFIX = (TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE)


def parse(text: str, facts: Facts) -> tuple[exp.Query, Problems]:
    """The statement as a tree of allowed nodes, and the collector for its further problems.

    Args:
        text: the statement.
        facts: for the names of columns alone.

    Raises:
        Refused: the text is too long or deep, is no SQL, is not one SELECT, or uses what the dialect lacks.
    """
    try:
        return _parse(text, facts)
    except RecursionError:
        raise refusal("statement_too_deep") from None


def _parse(text: str, facts: Facts) -> tuple[exp.Query, Problems]:
    if len(text) > MAX_CHARACTERS:
        raise refusal("statement_too_long", limit=MAX_CHARACTERS, what="characters")
    if any((sign < " " and sign not in "\t\n\r") or "\ud800" <= sign <= "\udfff" for sign in text):
        raise refusal("syntax", "1:1")  # no engine could read it, and no log should
    tokens = _tokens(text)
    _check_tokens(tokens, text)
    statements = _statements(_bracketed(tokens), text)
    if len(statements) > 1:
        raise refusal("one_statement", place(text, 0))
    problems = Problems(text)
    root = statements[0]
    if not isinstance(root, (exp.Select, exp.SetOperation)):
        raise refusal("select_only", "1:1")
    _check_depth(root)
    _check_arguments(root, problems)
    with problems.part():
        root = spelled(root, problems)
    problems.check()
    check_allowed(root, problems)
    problems.check()
    with problems.part():
        expand(root, problems)
        _check_tables(root, problems, MAX_TABLES)
        root = unfold(root, problems, facts)
        _check_tables(root, problems, MAX_UNFOLDED)
    problems.check()
    _check_depth(root)
    return root, problems


def _tokens(text: str) -> list[Token]:
    try:
        return list(_DIALECT.tokenize(text))
    except SqlglotError:
        raise refusal("syntax", "1:1") from None


def _check_tokens(tokens: list[Token], text: str) -> None:
    """Refuse by length and nesting before the recursive parser sees them."""
    if not tokens:
        raise refusal("statement_empty", table="a_table")
    if len(tokens) > MAX_TOKENS:
        raise refusal("statement_too_long", limit=MAX_TOKENS, what="words")
    depth = prefix = 0
    for token in tokens:
        depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
        prefix = prefix + 1 if token.token_type in _PREFIX else 0
        if depth > MAX_NESTING or prefix > MAX_PREFIX:
            raise refusal("statement_too_deep", place(text, token.start))
        if token.token_type is TokenType.IDENTIFIER and not token.text:  # the engine takes no empty name
            raise refusal("syntax", place(text, token.start))
        if token.token_type is TokenType.IDENTIFIER and _OURS.fullmatch(token.text):
            raise refusal("reserved_name", place(text, token.start), name=token.text, help="choose another")
        if token.text in _TILDES:
            raise refusal("construct_not_supported", place(text, token.start), what="the operator ~")


def _bracketed(tokens: list[Token]) -> list[Token]:
    """Every item of ROLLUP and CUBE in brackets: the parser reads no comparison there without them."""
    made: list[Token] = []
    opened: list[int | None] = []  # for each open bracket the place of its present item, where it lists items
    for token in tokens:
        kind = token.token_type
        start = opened[-1] if opened else None
        if start is not None and kind in (TokenType.COMMA, TokenType.R_PAREN) and not _whole(made[start:]):
            made[start:] = [_sign("(", made[start]), *made[start:], _sign(")", token)]
        made.append(token)
        if kind in _OPEN:
            lists = len(made) > 1 and made[-2].token_type in (TokenType.ROLLUP, TokenType.CUBE)
            opened.append(len(made) if lists else None)
        elif kind in _CLOSE and opened:
            opened.pop()
        elif kind is TokenType.COMMA and start is not None:
            opened[-1] = len(made)
    return made


def _whole(item: list[Token]) -> bool:
    """Whether an item needs no brackets: it has them, or is one word."""
    depth, kinds = 0, [token.token_type for token in item]
    for number, kind in enumerate(kinds):
        depth += (kind in _OPEN) - (kind in _CLOSE)
        if depth == 0 and number < len(kinds) - 1:
            return False
    return len(kinds) < 2 or kinds[0] is TokenType.L_PAREN


def _sign(text: str, beside: Token) -> Token:
    kind = TokenType.L_PAREN if text == "(" else TokenType.R_PAREN
    return Token(kind, text, beside.line, beside.col, beside.start, beside.end)


def _statements(tokens: list[Token], text: str) -> list[exp.Expr]:
    try:
        parsed = _DIALECT.parser().parse(tokens, text)
    except SqlglotError as error:
        raise refusal("syntax", _where(error)) from None
    except RecursionError:
        raise
    except Exception:  # the parser's own mistakes are the statement's problem, never ours to show
        raise refusal("syntax", "1:1") from None
    statements = [statement for statement in parsed if statement is not None]
    if not statements:
        raise refusal("statement_empty", table="a_table")
    return statements


def _where(error: SqlglotError) -> str:
    first = (getattr(error, "errors", None) or [{}])[0]
    line, column = first.get("line"), first.get("col")
    return f"{line}:{column}" if isinstance(line, int) and isinstance(column, int) else "1:1"


def _check_arguments(root: exp.Expr, problems: Problems) -> None:
    """Note calls that lack what their function needs: for some names the parser looks at nothing."""
    for node in root.find_all(exp.Func):
        pair = isinstance(node, _PAIRS)
        needs = ("this", "expression") if pair else [n for n, needed in node.arg_types.items() if needed]
        if all(node.args.get(name) for name in needs):
            continue
        with problems.part():
            what, example = node.sql_name(), "y, x" if pair else "x"
            problems.stop("argument_count", node, what=what, wanted="more", example=f"{what}({example})")
    problems.check()


def _check_tables(root: exp.Expr, problems: Problems, most: int) -> None:
    """Refuse joins of so many tables that the engine would be long about their order."""
    for number, node in enumerate(root.find_all(exp.From, exp.Join, bfs=False), 1):
        if number > most:
            problems.stop("too_many_tables", node, limit=most)


def _check_depth(root: exp.Expr) -> None:
    """Refuse a tree deeper than ``MAX_DEPTH``, without recursion."""
    stack: list[tuple[exp.Expr, int]] = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise refusal("statement_too_deep")
        for child in node.iter_expressions():
            chained = isinstance(node, exp.Connector) and type(child) is type(node)
            stack.append((child, depth if chained else depth + 1))
