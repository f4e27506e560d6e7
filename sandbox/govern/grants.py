"""What an application may ask for. What an agreement grants is ``sandbox.nouns.agreement.effective``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from sandbox.errors import Refused
from sandbox.nouns.agreement import Grants, RegulationPack
from sandbox.nouns.agreement import effective as effective
from sandbox.nouns.job import LEAST_EPSILON
from sandbox.nouns.policy import Column, Policy, Use

Asked = Mapping[str, Mapping[str, Collection[str]]]
"""Table → column → names of uses, as an applicant writes them."""


def check_grants(policy: Policy, asked: Asked) -> Grants:
    """The columns and uses asked for, each within what the policy allows.

    Raises:
        Refused: ``grant_not_in_policy``, with every further problem in ``others``; ``grants_empty``.
    """
    problems = tuple(_problems(policy, asked))
    if problems:
        first = problems[0]
        raise Refused(first.code, first.reason, hint=first.hint, position=first.position, others=problems[1:])
    grants = {
        table: {column: frozenset(map(Use, uses)) for column, uses in columns.items()}
        for table, columns in asked.items() if columns
    }  # fmt: skip
    if not grants:
        raise Refused(
            "grants_empty", "the application asks for no column", hint="name tables, columns and their uses"
        )
    return grants


def _problems(policy: Policy, asked: Asked) -> Iterator[Refused]:
    for name, columns in asked.items():
        table = policy.table(name)
        if table is None:
            known = ", ".join(each.name for each in policy.tables)
            yield _outside(name, "the dataset has no such table", f"it has {known}")
            continue
        for column, uses in columns.items():
            found, place = table.column(column), f"{name}.{column}"
            if table.public and not table.columns:
                found = Column(name=column, use=frozenset(Use))  # the source names its columns, at load
            if found is None or not found.use:
                open_ones = ", ".join(each.name for each in table.columns if each.use)
                yield _outside(place, "the policy offers no such column", f"it offers {open_ones}")
            elif not uses or not set(uses) <= {use.value for use in found.use}:
                offered = ", ".join(sorted(found.use))
                yield _outside(place, "the policy does not offer this use", f"it offers {offered}")


def _outside(position: str, reason: str, hint: str) -> Refused:
    return Refused("grant_not_in_policy", reason, hint=hint, position=position)


def check_epsilon(value: object, policy: Policy) -> Decimal:
    """An agreement's lifetime ε.

    Raises:
        Refused: ``agreement_epsilon`` unless it is at least ``LEAST_EPSILON`` and at most the dataset's.
    """
    try:
        epsilon = Decimal(str(value))
    except InvalidOperation:
        epsilon = Decimal("nan")
    if (
        isinstance(value, bool)
        or not epsilon.is_finite()
        or not LEAST_EPSILON <= epsilon <= policy.privacy.epsilon
    ):
        raise Refused(
            "agreement_epsilon",
            f"an agreement's epsilon is at least {LEAST_EPSILON} and at most the dataset's",
            hint=f"the dataset's lifetime epsilon is {policy.privacy.epsilon}",
        )
    return epsilon


def check_days(days: object, pack: RegulationPack) -> int:
    """An agreement's term.

    Raises:
        Refused: ``term_invalid`` outside 1 day to the pack's longest term.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= pack.max_term_days:
        raise Refused(
            "term_invalid",
            f"a term is a whole number of days from 1 to {pack.max_term_days}",
            hint=f"{pack.document}: at most {pack.max_term_years} years",
        )
    return days
