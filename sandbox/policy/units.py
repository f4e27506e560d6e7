"""Foreign keys that lead to the privacy unit: what they mean, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.nouns.mask import DateShift, Drop, Keep, Pseudonym
from sandbox.nouns.policy import Policy, Table
from sandbox.policy.mistakes import Path, did_you_mean, quote

Say = Callable[[Path, str, str, str], None]


def borrowed(tables: tuple[Table, ...]) -> tuple[Table, ...]:
    """Tables that find their unit through others call it as the table at the end of the keys does."""
    found = {table.name: table for table in tables}

    def named(table: Table) -> Table:
        end = table
        for _ in tables:
            if end.via is None or end.via.table not in found:
                break
            end = found[end.via.table]
        return table if table.via is None else table.model_copy(update={"unit": end.unit})

    return tuple(named(table) for table in tables)


def check_via(policy: Policy, table: Table, names: list[str], say: Say) -> None:
    """Note what keeps a table from finding its unit through another."""
    via, path = table.via, ("tables", table.name, "unit")
    if via is None:
        return
    others = [one.name for one in policy.tables if one.name != table.name and not one.public]
    owner = policy.table(via.table)
    if owner is None or owner.public or owner is table:
        reason = f"{quote(via.table)} is no other protected table"
        say((*path, "via"), "via_unknown", reason, did_you_mean(via.table, others))
        return
    if table.unit is None:
        reason = "the keys lead to no table with a unit column of its own"
        say((*path, "via"), "via_circle", reason, "give one of the tables `unit: <column>`")
    if via.column not in names:
        reason = f"the column {quote(via.column)} is not among the columns"
        say((*path, "on"), "unit_unknown", reason, did_you_mean(via.column, names))
    keys = [column.name for column in owner.columns]
    if via.key not in keys:
        reason = f"{owner.name} has no column {quote(via.key)}"
        say((*path, "on"), "unit_unknown", reason, did_you_mean(via.key, keys))
    if via.key != policy.key_of(owner.name):
        reason = f"other tables refer to another key of {owner.name}"
        say((*path, "on"), "via_key", reason, "refer to one and the same key column")
    _columns(table, owner, say)


def _columns(table: Table, owner: Table, say: Say) -> None:
    assert table.via is not None
    for one, name in ((table, table.via.column), (owner, table.via.key)):
        column = one.column(name)
        if column is not None and not isinstance(column.mask, Keep | Pseudonym | Drop):
            where: Path = ("tables", one.name, "columns", name, "mask")
            reason = "a key that leads to the unit would fall together with others"
            say(where, "via_masked", reason, "keep it, use a pseudonym of one domain for both, or drop it")
    for column in table.columns:
        where = ("tables", table.name, "columns", column.name)
        if column.name == table.unit:
            reason = f"{quote(column.name)} stands for the unit here, as in the table it is found through"
            say(where, "name_clash", reason, "write `unit:` with this column, or give it another name")
        if isinstance(column.mask, DateShift):
            reason = "dates shift by the unit, which this table does not name"
            say((*where, "mask"), "shift_needs_unit", reason, "use date_trunc")
