"""Personal data: found in texts and columns, graded, masked on the way out. 个人信息识别与分级.

The only door to Presidio, which is loaded when a first text could hold something.
"""

from __future__ import annotations

from sandbox.classify.columns import ColumnEvidence, grade_column
from sandbox.classify.draft import draft_policy
from sandbox.classify.scan import (
    Finding,
    looks_like_identifier,
    mask_text,
    needs_scan,
    prefilter_sql,
    scan_text,
    scan_values,
)

__all__ = [
    "ColumnEvidence",
    "Finding",
    "draft_policy",
    "grade_column",
    "looks_like_identifier",
    "mask_text",
    "needs_scan",
    "prefilter_sql",
    "scan_text",
    "scan_values",
]
