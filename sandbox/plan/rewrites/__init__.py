"""Refused statements written out anew: for each code what the developer probably wants, as a whole statement.

finding    the place of a problem in a fresh tree, and what names there mean
groups     single rows and people as groups and aggregates
people     joins and conditions on the person
combined   sets of people
calls      aggregates and functions: bounds, quantiles, lists, dates
clauses    clauses that stand where they do not belong
naming     names and values that are nearly right, and what is not granted

A rewrite comes from the statement, the policy and the grants alone. It is shown only after the planner has
accepted it under the same grants; it may ask for less than the refused statement did, never for more.
"""

from __future__ import annotations

from sandbox.plan.rewrites.written import MARK, written_out

__all__ = ["MARK", "written_out"]
