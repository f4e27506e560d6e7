"""What the contract of the server (OpenAPI) declares is what every role gets, whatever it sends."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import ignored_auth, positive_data_acceptance

from tests.api.conftest import Running

ROLES = (None, "developer", "stranger", "operator", "reviewer", "regulator")
EXAMPLES = int(os.environ.get("SANDBOX_TEST_CONTRACT", "10"))
"""Requests to each address in each role."""
LEFT_OUT = [
    ignored_auth,  # our sign-in takes the place of the invented one
    positive_data_acceptance,  # a policy's or a statement's text is refused by what it says, with its code
]


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_declared_and_none_is_a_failure_of_ours(here: Running, role: str | None) -> None:
    contract = schemathesis.openapi.from_url(f"{here.url}/openapi.json")
    headers = {} if role is None else {"authorization": f"Bearer {here.tokens[role]}"}
    asked = 0
    for found in contract.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            if "wait" in (case.query or {}):
                case.query.pop("wait")
            answer = case.call(base_url=here.url, headers=headers)
            assert answer.status_code < 500, (case.method, case.path, answer.status_code, answer.text)
            case.validate_response(answer, excluded_checks=LEFT_OUT)

        ask()
        asked += 1
    assert asked > 20
