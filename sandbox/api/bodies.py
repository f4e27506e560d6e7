"""Bodies of requests: closed models with an example each. Unknown fields are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from sandbox.nouns.agreement import StopScope
from sandbox.nouns.withdrawal import Category

Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]


def example(**fields: Any) -> ConfigDict:
    """A closed model's configuration with its example."""
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [fields]})


class Body(BaseModel):
    """What every body keeps to: no text, at any depth, holds a NUL character."""

    @field_validator("*", mode="before")
    @classmethod
    def without_nul(cls, value: Any) -> Any:
        """The value as it came; a database may not be able to store what is refused here."""
        if holds_nul(value):
            raise PydanticCustomError("nul_character", "a text holds a NUL character")
        return value


def holds_nul(value: Any) -> bool:
    """Whether a text in parsed JSON, keys included, holds U+0000.

    >>> holds_nul({"a": ["b", "c\\0"]}), holds_nul({"a": 1})
    (True, False)
    """
    if isinstance(value, dict):
        return any(holds_nul(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(holds_nul(each) for each in value)
    return isinstance(value, str) and "\0" in value


Uses = list[Annotated[str, Field(max_length=20)]]


class PolicyBody(Body):
    """A policy file's text."""

    model_config = example(policy="version: 1\ndataset: outpatient\n…")
    policy: Annotated[str, Field(min_length=1, max_length=200_000)]


class ApplicationBody(Body):
    """A scenario and the data it needs."""

    model_config = example(
        dataset="outpatient", purpose="Seasonal planning of outpatient capacity",
        grants={"visits": {"region": ["group", "filter"], "amount": ["aggregate"]}}, epsilon="5", days=180,
    )  # fmt: skip
    dataset: Name
    purpose: Text
    grants: Annotated[
        dict[Name, dict[Name, Uses]],
        Field(min_length=1, max_length=200),
    ]
    epsilon: Annotated[Decimal, Field(gt=0, le=1000, max_digits=20)]
    days: Annotated[int, Field(ge=1, le=36_500)]


class ReviewBody(Body):
    """A reviewer's decision; a rejection names its reason and the rule it rests on."""

    model_config = example(decision="approve", reason="purpose and scope are in order")
    decision: Literal["approve", "reject"]
    reason: Annotated[str, Field(max_length=4000)] = ""
    basis: Annotated[str, Field(max_length=200)] = ""


class JobBody(Body):
    """One SQL job."""

    model_config = example(
        agreement="a1b2c3", kind="sql", sql="SELECT region, count(*) FROM visits GROUP BY region",
        mode="run", epsilon="0.5",
    )  # fmt: skip
    agreement: Name
    kind: Literal["sql"] = "sql"
    sql: Annotated[str, Field(min_length=1, max_length=100_000)]
    mode: Literal["run", "preview", "dummy"] = "run"
    epsilon: Annotated[str, Field(max_length=40)] | float | None = None
    keys: dict[str, list[str | bool | int | float | None]] | None = None


class VerdictBody(Body):
    """A reviewer's verdict on a held job; a refusal names its reason and the rule it rests on."""

    model_config = example(decision="refuse", reason="asks about one person", basis="第七条")
    decision: Literal["release", "refuse"]
    reason: Annotated[str, Field(max_length=4000)] = ""
    basis: Annotated[str, Field(max_length=200)] = ""


class WithdrawBody(Body):
    """Why a release is taken back: a category that the developer is told, a reason for those who watch."""

    model_config = example(category="personal_data", reason="a name was not masked")
    category: Category
    reason: Text


class StopBody(Body):
    """An order to stop a job, an agreement or a dataset, by its name, or the platform, without one."""

    model_config = example(scope="dataset", name="outpatient", reason="suspected misuse")
    scope: StopScope
    name: Annotated[str, Field(max_length=200)] = ""
    reason: Text


class ReasonBody(Body):
    """Why an agreement is suspended, resumed or ended, or what was found in its failed jobs."""

    model_config = example(reason="checked the log: nothing unusual")
    reason: Text


class ConfirmationBody(Body):
    """A user, by name, or a token, by number, that waits for a confirmation."""

    model_config = example(what="user", name="zhang")
    what: Literal["user", "token"]
    name: Name


class LiftBody(Body):
    """Why a stop ends."""

    model_config = example(reason="checked: nothing was disclosed")
    reason: Text
