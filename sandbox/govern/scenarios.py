"""Applications and their one review. 场景和数据需求审核."""

from __future__ import annotations

from sandbox.govern import applications, grants
from sandbox.govern.desk import Desk, reach
from sandbox.govern.permissions import Act, check
from sandbox.govern.rows import checked_text, new_id
from sandbox.ledger.journal import Journal
from sandbox.nouns.agreement import Application, ApplicationState
from sandbox.nouns.party import Principal


class Scenarios(Desk):
    """What developers ask for, and what is decided on it."""

    def apply(
        self, who: Principal, *, dataset: str, purpose: str, columns: grants.Asked, epsilon: object, days: int
    ) -> Application:
        """File an application: one scenario, its data need, its budget and term.

        Raises:
            Refused: ``not_permitted``, ``dataset_unknown``, ``grant_not_in_policy``, ``grants_empty``,
                ``agreement_epsilon``, ``term_invalid``, ``text_invalid``.
        """
        check(who, Act.FILE_APPLICATION)
        policy = self._policies(dataset)
        filed = Application(
            id=new_id(), organisation=who.organisation, applicant=who.user, dataset=policy.dataset,
            purpose=checked_text(purpose, "the purpose"), grants=grants.check_grants(policy, columns),
            epsilon=grants.check_epsilon(epsilon, policy), days=grants.check_days(days, self.pack),
            state=ApplicationState.FILED, filed=self._now(),
        )  # fmt: skip
        self._ledger.act(lambda log: applications.file(log, filed, policy, self.pack))
        return filed

    def review(
        self, who: Principal, application: str, *, approve: bool, reason: str = "", basis: str = ""
    ) -> Application:
        """Approve or reject an application of another organisation; an approval makes the agreement.

        Raises:
            Refused: ``not_permitted``, ``application_unknown``, ``own_application``, ``application_decided``,
                ``review_incomplete``, and those of ``apply`` when the policy has changed since.
        """
        check(who, Act.REVIEW_APPLICATION)
        reason, basis = applications.check_verdict(approve, reason, basis)
        asked = self._ledger.read(lambda it: applications.get(it, application, None))
        applications.check_reviewer(who, asked)
        policy = self._policies(asked.dataset)
        if approve and asked.state is ApplicationState.FILED:
            grants.check_grants(policy, asked.grants)
            grants.check_epsilon(asked.epsilon, policy)
            grants.check_days(asked.days, self.pack)
        now = self._now()

        def work(log: Journal) -> Application:
            decided = applications.decide(
                log, who, asked, approve=approve, reason=reason, basis=basis, pack=self.pack, now=now
            )
            if approve:
                applications.make_agreement(log, who, decided, policy, now)
            return applications.get(log.connection, application, None)

        return self._ledger.act(work)

    def applications(self, who: Principal) -> list[Application]:
        """Applications that one may see, oldest first."""
        check(who, Act.READ_APPLICATIONS)
        return self._ledger.read(lambda it: applications.listed(it, reach(who)))

    def application(self, who: Principal, number: str) -> Application:
        """One application."""
        check(who, Act.READ_APPLICATIONS)
        return self._ledger.read(lambda it: applications.get(it, number, reach(who)))
