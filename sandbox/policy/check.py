"""What a policy must not say: contradictions between keys that each read well alone."""

from __future__ import annotations

import re
from decimal import Decimal

from sandbox.nouns.job import LEAST_EPSILON
from sandbox.nouns.mask import Drop, Keep
from sandbox.nouns.policy import Budget, Column, ColumnClass, Policy, Table, Use
from sandbox.policy.mistakes import Mistakes, Path, did_you_mean, quote
from sandbox.policy.tree import Keys, Node, line_of
from sandbox.policy.types import parse_date
from sandbox.policy.units import check_via

LARGEST_EPSILON = Decimal(1000)
SMALLEST_DELTA = Decimal("1e-18")
"""One step of the ledger."""
LONGEST_NAME = 128
RESERVED = ("rowid",)
"""Names that the engine reads as something else than a column."""
ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def check(policy: Policy, root: Keys, mistakes: Mistakes) -> None:
    """Note every contradiction of a policy whose keys could be read."""
    checker = _Checker(policy, root, mistakes)
    checker.head()
    checker.budgets()
    checker.table_names()
    for table in policy.tables:
        checker.table(table)
    checker.quasi_identifiers()


class _Checker:
    def __init__(self, policy: Policy, root: Keys, mistakes: Mistakes) -> None:
        self.policy, self.root, self.mistakes = policy, root, mistakes

    def say(self, path: Path, code: str, reason: str, fix: str) -> None:
        self.mistakes.add(line_of(self.root, path), path, code, reason, fix)

    def head(self) -> None:
        if self.policy.grade.label != "general":
            self.say(
                ("grade", "label"), "grade_refused", f"{self.policy.grade.label} data are never loaded",
                "keep such data out of the sandbox; a dataset here is general data",
            )  # fmt: skip
        if self.policy.grade.derived > self.policy.grade.source:
            self.say(
                ("grade", "derived"), "grade_order", "masked data cannot grade higher than their source",
                "lower `derived`",
            )  # fmt: skip
        if not ENVIRONMENT_NAME.fullmatch(self.policy.key.env):
            self.say(
                ("key", "env"), "key_env", "this is not a name of an environment variable",
                "write the variable's name, never the key itself",
            )  # fmt: skip
        if not self.policy.unit_type.strip():
            self.say(("unit_type",), "value_empty", "'unit_type' is empty", "write who is protected: person")

    def budgets(self) -> None:
        privacy = self.policy.privacy
        if not privacy.model_fields_set:
            return  # missing or unreadable: said already
        self._budget(("privacy",), Budget(epsilon=privacy.epsilon, delta=privacy.delta))
        for name, part in (("per_job", privacy.per_job), ("profile", privacy.profile)):
            if part is None or name not in _names(self.root, ("privacy",)):
                continue
            self._budget(("privacy", name), part)
            if part.epsilon > privacy.epsilon:
                reason = f"the ε of {name} is above the ε of the dataset"
                self.say(
                    ("privacy", name, "epsilon"), "budget_order", reason, "lower it, or raise privacy.epsilon"
                )
            if part.delta is not None and part.delta > privacy.delta / 2:
                reason = f"the δ of {name} is above half the δ of the dataset"
                self.say(
                    ("privacy", name, "delta"), "budget_order", reason, "lower it; leave it out for δ/10000"
                )

    def _budget(self, path: Path, budget: Budget) -> None:
        if not LEAST_EPSILON <= budget.epsilon <= LARGEST_EPSILON:
            fix = f"write a number from {LEAST_EPSILON} to {LARGEST_EPSILON}"
            self.say((*path, "epsilon"), "out_of_range", "this ε is out of range", fix)
        if budget.delta is not None and not SMALLEST_DELTA <= budget.delta < Decimal("0.1"):
            fix = "write a number far below one over the number of units, such as 1.0e-6"
            self.say((*path, "delta"), "out_of_range", "this δ is out of range", fix)

    def table_names(self) -> None:
        names = _names(self.root, ("tables",))
        self._names(names, ("tables",), "table")
        if (
            names
            and all(table.public for table in self.policy.tables)
            and len(self.policy.tables) == len(names)
        ):
            self.say(
                ("tables",), "no_protected_table", "every table is public", "name the table that holds units"
            )

    def _names(self, names: list[str], path: Path, what: str) -> None:
        """Names that SQL can tell apart: DuckDB folds case, and ``_`` is the planner's."""
        seen: dict[str, str] = {}
        for name in names:
            where = (*path, name)
            if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
                fix = f"write 1 to {LONGEST_NAME} visible characters"
                self.say(where, "name_invalid", f"this is not a name of a {what}", fix)
            elif name.startswith("_") or name.lower() in RESERVED:
                reason = f"{quote(name)} is reserved for the sandbox itself"
                self.say(where, "name_reserved", reason, f"give the {what} another name in its source")
            if name.lower() in seen:
                reason = f"{quote(name)} and {quote(seen[name.lower()])} differ in case only"
                self.say(where, "name_clash", reason, f"rename one {what}; SQL does not tell them apart")
            seen.setdefault(name.lower(), name)

    def table(self, table: Table) -> None:
        path: Path = ("tables", table.name)
        names = _names(self.root, (*path, "columns"))
        self._names(names, (*path, "columns"), "column")
        if table.public:
            if table.unit is not None or table.via is not None:
                self.say(
                    (*path, "unit"), "public_unit", "a public table has no unit",
                    "remove `unit`; or remove `public: true` if rows are of people",
                )  # fmt: skip
        else:
            self._protected(table, names, path)
        for column in table.columns:
            self._column(table, column, (*path, "columns", column.name))

    def _protected(self, table: Table, names: list[str], path: Path) -> None:
        if not names:
            self.say(
                path, "columns_missing", "a protected table names every column",
                "add `columns:` with a class for each (`sandbox scan` drafts them)",
            )  # fmt: skip
        if table.via is not None:
            check_via(self.policy, table, names, self.say)
        elif table.unit is None:
            self.say(
                path, "unit_missing", "a protected table names its unit column",
                "add `unit: <column>`, or `public: true` if no row is of a person",
            )  # fmt: skip
        elif names and table.unit not in names:
            reason = f"the unit column {quote(table.unit)} is not among the columns"
            self.say((*path, "unit"), "unit_unknown", reason, did_you_mean(table.unit, names))

    def _column(self, table: Table, column: Column, path: Path) -> None:
        if isinstance(column.mask, Drop) and column.use and not table.public and column.name != table.unit:
            self.say(
                (*path, "use"), "dropped_used", "a dropped column cannot be used", "remove `use`, or the mask"
            )
        if column.mask.op == "age_band" and column.mask.on and parse_date(column.mask.on) is None:
            fix = "write a day that exists, as 2025-01-31"
            self.say(
                (*path, "mask", "age_band", "on"), "bad_date", f"{quote(column.mask.on)} is not a date", fix
            )
        if table.public:
            return
        if Use.OUTPUT in column.use:
            fix = "remove `output`; protected columns leave only in aggregates"
            self.say((*path, "use"), "output_protected", "`output` is for public tables", fix)
        if column.name == table.unit:
            self._unit_column(column, path)
        elif column.kind is ColumnClass.DIRECT:
            self._direct(column, path)

    def _unit_column(self, column: Column, path: Path) -> None:
        if column.use:
            fix = "remove `use`; counting units and joining on them is always allowed"
            self.say((*path, "use"), "unit_use", "the unit column has no uses of its own", fix)
        for name in ("domain", "bounds"):
            if getattr(column, name) is not None:
                self.say(
                    (*path, name), "unit_described", f"the unit column has no {name}", f"remove `{name}`"
                )

    def _direct(self, column: Column, path: Path) -> None:
        if column.domain is not None:
            fix = "remove the domain; a policy is public and must not list identifiers"
            self.say((*path, "domain"), "domain_on_direct", "a direct identifier has no domain", fix)
        if isinstance(column.mask, Keep) and column.use:
            fix = "mask it (drop, pseudonym), or set `use: []`"
            self.say(path, "direct_exposed", "a direct identifier is kept as it is and may be used", fix)

    def quasi_identifiers(self) -> None:
        known = {
            name: table.column(name)
            for table in self.policy.tables
            if not table.public
            for name in _names(self.root, ("tables", table.name, "columns"))
        }
        for place, name in enumerate(self.policy.risk.quasi_identifiers):
            path: Path = ("risk", "quasi_identifiers", place)
            if name not in known:
                reason = f"{quote(name)} is not a column of a protected table"
                self.say(path, "column_unknown", reason, did_you_mean(name, known))
                continue
            column = known[name]
            if column is not None and isinstance(column.mask, Drop):
                self.say(path, "dropped_used", f"{quote(name)} is dropped", "remove it from the list")


def _names(root: Keys, path: Path) -> list[str]:
    """Keys of the mapping at ``path``, whether or not their values could be read."""
    node: Node = root
    for step in path:
        if not isinstance(node, Keys) or str(step) not in node.entries:
            return []
        node = node.entries[str(step)]
    return list(node.entries) if isinstance(node, Keys) else []
