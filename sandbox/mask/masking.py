"""A table's masking: one expression list that turns the source's rows into what is stored.

Every expression looks at its own row alone (and at the keyed hash of that row's unit), and none can fail,
whatever a row holds.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sandbox.errors import Unavailable
from sandbox.mask.operators import Context, render
from sandbox.mask.stored import Stored, cut, stored
from sandbox.mask.text import identifier
from sandbox.mask.unit import owner, owner_present, pseudonym, reference, unit_digest
from sandbox.nouns.mask import Constant, Drop, Keep, Scan
from sandbox.nouns.policy import Column, ColumnType, Policy, Table

_ANY_LENGTH = (Keep, Scan)
"""Masks whose texts are as long as the source's."""
FLAGS = 64
"""Columns that have a flag; later ones are masked all the same, and not counted."""


@dataclass(frozen=True)
class StoredColumn:
    """A column as the snapshot holds it."""

    name: str
    sql_type: str


@dataclass(frozen=True)
class Masking:
    """The SQL that masks one table."""

    select: str
    """Expression list over ``incoming``: ``_key`` (UHUGEINT, NULL where the unit is missing or malformed; in
    a table that finds its unit ``via`` another: the pseudonym of what it refers to), ``_flags`` (UBIGINT; bit
    i: in this row column i became NULL, or was clamped or cut), then the stored columns, then ``_ref`` where
    ``referenced``. A public table has the stored columns alone."""
    columns: tuple[StoredColumn, ...]
    """Stored columns in order, without ``_key`` and ``_flags``; bit i of ``_flags`` is ``columns[i]``."""
    source_columns: tuple[str, ...]
    """Source columns it reads; a dropped column is not among them unless it names the unit."""
    keyed: bool
    """Whether ``select`` names ``$1`` and ``$2``; an engine refuses parameters that a statement lacks."""
    unit_present: str
    """SQL over ``incoming``: the row has a unit. Same truth as ``_key IS NOT NULL`` at a tenth of the cost,
    for a filter under the projection. ``true`` for a public table."""
    public: bool
    referenced: bool = False
    """Other tables find their unit through this one: ``_ref`` (UHUGEINT) is the pseudonym of its key."""

    def ddl(self, qualified_name: str) -> str:
        """The statement that creates the table this fills."""
        own = [] if self.public else ["_key UHUGEINT", "_flags UBIGINT"]
        listed = own + [f"{identifier(column.name)} {column.sql_type}" for column in self.columns]
        listed += ["_ref UHUGEINT"] if self.referenced else []
        return f"CREATE TABLE {qualified_name} ({', '.join(listed)})"


def masking(table: Table, policy: Policy, *, load_date: dt.date) -> Masking:
    """Render the masks of a table.

    Args:
        load_date: public day of the load; ages and dates of birth are judged by it.

    Raises:
        Unavailable: ``algorithm_unavailable``, the policy asks for HMAC-SM3.
        LoadFailed: a hierarchy file, bounds or a mask that cannot be rendered.
    """
    if policy.key.algorithm != "hmac-sha256":
        raise Unavailable(
            "algorithm_unavailable",
            f"the load engine cannot compute {policy.key.algorithm}",
            hint="set key.algorithm: hmac-sha256 in the policy",
        )
    kept = [column for column in table.columns if not isinstance(column.mask, Drop)]
    protected = table.unit is not None and not table.public
    named = protected and table.via is None
    digest = unit_digest(table, policy.unit_type, load_date) if named else None
    key = policy.key_of(table.name)
    forms = [_form(column, digest, policy, load_date) for column in kept]
    if protected:
        forms = [
            cut(form) if isinstance(column.mask, _ANY_LENGTH) else form
            for column, form in zip(kept, forms, strict=True)
        ]
    listed = [f"{form.value} AS {identifier(column.name)}" for column, form in zip(kept, forms, strict=True)]
    if protected:
        unit = pseudonym(digest) if digest is not None else owner(table)
        listed = [f"{unit} AS _key", f"{_flags(kept, forms)} AS _flags", *listed]
    if key is not None:
        listed.append(f"{reference(table.name, key, key)} AS _ref")
    select = ", ".join(listed)
    return Masking(
        select=select,
        columns=tuple(
            StoredColumn(column.name, form.sql_type) for column, form in zip(kept, forms, strict=True)
        ),
        source_columns=_source_columns(table, kept, protected, key),
        keyed="sha256($2" in select,
        unit_present=owner_present(table, load_date) if protected else "true",
        public=not protected,
        referenced=key is not None,
    )


def _form(column: Column, digest: str | None, policy: Policy, load_date: dt.date) -> Stored:
    context = Context(column, load_date, policy.folder, digest)
    return stored(column, render(identifier(column.name), context))


def _source_columns(table: Table, kept: list[Column], protected: bool, key: str | None) -> tuple[str, ...]:
    names = [column.name for column in kept if not isinstance(column.mask, Constant)]
    needed = [table.via.column if table.via is not None else table.unit] if protected else []
    for name in (key, *needed):
        if name is not None and name not in names:
            names.insert(0, name)
    return tuple(names or [column.name for column in kept[:1]])


def _flags(columns: list[Column], forms: list[Stored]) -> str:
    """Bits of the columns whose value was lost, clamped or cut.

    ``(stored IS NULL) > (source IS NULL)`` says "became NULL"; a comparison rather than AND, so that the
    engine evaluates each masked value once.
    """
    bits = []
    for place, (column, form) in enumerate(zip(columns[:FLAGS], forms, strict=False)):
        if isinstance(column.mask, Constant):
            continue
        happened = []
        if not _never_lost(column):
            happened.append(f"(({form.value}) IS NULL) > ({identifier(column.name)} IS NULL)")
        if form.unclamped is not None:
            happened.append(f"({form.value}) IS DISTINCT FROM ({form.unclamped})")
        if happened:
            bits.append(f"(({' OR '.join(f'({each})' for each in happened)})::UBIGINT << {place})")
    return f"({' | '.join(bits)})::UBIGINT" if bits else "0::UBIGINT"


def _never_lost(column: Column) -> bool:
    """Text kept as it is cannot become NULL."""
    return isinstance(column.mask, Keep) and column.type is ColumnType.TEXT and column.domain is None
