"""Importing the product does not import OpenDP; the first use does."""

from __future__ import annotations

import subprocess
import sys

from sandbox.noise import warm
from sandbox.noise.primitives import _domains


def test_importing_noise_and_release_is_light() -> None:
    code = (
        "import sys, sandbox, sandbox.noise, sandbox.release, sandbox.nouns.shape;"
        "print(sorted({'opendp', 'numpy', 'pyarrow', 'pandas', 'polars', 'duckdb'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_warming_builds_what_the_first_query_needs() -> None:
    warm().join()
    assert _domains.cache_info().currsize == 1
