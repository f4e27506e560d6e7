"""What an operator or reviewer runs against the build they have. 审计.

``audit_privacy`` measures, from outside, how much the released values tell about one person, and compares it
with what the budget was charged. ``audit_attack`` runs known attacks and says what each of them got.
"""

from __future__ import annotations

from sandbox.audit.attacks import Outcome, audit_attack
from sandbox.audit.privacy import NOT_AUDITED, Finding, audit_privacy

__all__ = ["NOT_AUDITED", "Finding", "Outcome", "audit_attack", "audit_privacy"]
