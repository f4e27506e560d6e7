"""Bodies of answers: closed types with an example each, for views, the contract, and the wire alike.

Views are typed by them, so a type checker sees a field that is not declared; the framework checks every
answer against them, so such a field ends in an error of ours instead of leaving; the OpenAPI document prints
them. Amounts of ε are decimal text as an operator writes them, amounts of ρ and δ in accounts are numbers.
"""

from __future__ import annotations

from sandbox.api.answers.agreements import (
    Agreement,
    AgreementWithTables,
    Application,
    Balance,
    Budget,
    Confirmed,
    FailuresReviewed,
    FailuresSeen,
    Scope,
    Stop,
    Waiting,
)
from sandbox.api.answers.datasets import (
    Column,
    Dataset,
    DatasetHead,
    Product,
    PublicEntry,
    Table,
    Task,
    TaskProblem,
    TaskProgress,
    TaskState,
    Title,
)
from sandbox.api.answers.disclosures import (
    Disclosure,
    DisclosureHead,
    DisclosureWithLeaf,
    Withdrawal,
)
from sandbox.api.answers.form import (
    Page,
)
from sandbox.api.answers.jobs import (
    Cell,
    Cost,
    HeldJob,
    Job,
    JobProblem,
    JobWithWithdrawal,
    Mode,
    Preview,
    Release,
)
from sandbox.api.answers.server import (
    Me,
    Status,
)

__all__ = [
    "Agreement",
    "AgreementWithTables",
    "Application",
    "Balance",
    "Budget",
    "Cell",
    "Column",
    "Confirmed",
    "Cost",
    "Dataset",
    "DatasetHead",
    "Disclosure",
    "DisclosureHead",
    "DisclosureWithLeaf",
    "FailuresReviewed",
    "FailuresSeen",
    "HeldJob",
    "Job",
    "JobProblem",
    "JobWithWithdrawal",
    "Me",
    "Mode",
    "Page",
    "Preview",
    "Product",
    "PublicEntry",
    "Release",
    "Scope",
    "Status",
    "Stop",
    "Table",
    "Task",
    "TaskProblem",
    "TaskProgress",
    "TaskState",
    "Title",
    "Waiting",
    "Withdrawal",
]
