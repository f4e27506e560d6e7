"""Masks as SQL text: what happens to a row before it is stored. 脱敏.

``masking`` renders a table's policy into one expression list that the load engine runs over the stream of
source rows; ``parameters`` gives the key material to bind. This package writes SQL and runs none.
"""

from __future__ import annotations

from sandbox.mask.dates import age_bands
from sandbox.mask.keyed import parameters
from sandbox.mask.masking import FLAGS, Masking, StoredColumn, masking
from sandbox.mask.risk import risk_sql

__all__ = ["FLAGS", "Masking", "StoredColumn", "age_bands", "masking", "parameters", "risk_sql"]
