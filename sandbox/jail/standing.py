"""Which jail this machine can give, and proof that it holds: each tier is tried before it is trusted."""

from __future__ import annotations

import functools
import logging
import os
from dataclasses import dataclass

from sandbox.errors import Unavailable
from sandbox.jail import cell
from sandbox.jail.frames import InmateFailure
from sandbox.jail.inmate import Inmate, Limits, Tier

PROBE = cell.INSIDE / "probe.py"
PROBE_SECONDS = 30.0
PROBE_LIMITS = Limits(memory_bytes=1 << 30)
REMEDIES = {
    Tier.TIER_A: "install bubblewrap and allow unprivileged user namespaces (sysctl "
    "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0; in a container, a "
    "seccomp profile that allows unshare, mount and pivot_root)",
    Tier.TIER_B: "run Linux 5.13 or newer with landlock among the security modules (lsm=landlock,…)",
}


@dataclass(frozen=True)
class Check:
    """One thing the self-test tried."""

    name: str
    passed: bool
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Standing:
    """The jail in use and what its self-test found, tier by tier."""

    tier: Tier
    checks: tuple[Check, ...]


def choose(setting: str, *, development: bool) -> Standing:
    """The jail for ``engine_jail`` = ``auto | tier_a | tier_b | off``, self-tested once per process.

    ``auto`` takes tier A where it holds, else B, never ``off``.

    Raises:
        Unavailable: ``isolation_unavailable`` when the wanted jail does not hold, or ``off`` is asked for
            without ``development``.
        ValueError: an unknown setting.
    """
    if setting == "off":
        return _off(development)
    wanted = (Tier.TIER_A, Tier.TIER_B) if setting == "auto" else (Tier(setting),)
    checks: tuple[Check, ...] = ()
    for tier in wanted:
        checks += examine(tier)
        if all(check.passed for check in examine(tier)):
            return Standing(tier, checks)
    failed = next(check for check in reversed(checks) if not check.passed)
    raise Unavailable(
        "isolation_unavailable",
        f"no process isolation that holds: {failed.name} ({failed.detail})",
        hint=failed.remedy,
    )


@functools.cache
def examine(tier: Tier) -> tuple[Check, ...]:
    """Start a probe in this tier and let it try to escape."""
    start, remedy = f"{tier}: start", REMEDIES.get(tier, "")
    try:
        inmate = Inmate(
            tier, PROBE, settings={"host": os.getpid()}, limits=PROBE_LIMITS, seconds=PROBE_SECONDS
        )
        worked = inmate.ask({}, seconds=PROBE_SECONDS).header.get("worked")
        inmate.kill()
    except Unavailable as error:
        return (Check(start, False, error.reason, error.hint or remedy),)
    except InmateFailure as failure:
        return (Check(start, False, f"the probe did not run ({failure.kind})", remedy),)
    if not isinstance(worked, dict) or not worked:
        return (Check(start, False, "the probe gave no answer", remedy),)
    escapes = (
        Check(
            f"{tier}: {name}",
            escaped is False,
            "blocked" if escaped is False else "open",
            remedy,
        )
        for name, escaped in worked.items()
    )
    return (Check(start, True, "started"), *escapes)


def _off(development: bool) -> Standing:
    if not development:
        raise Unavailable(
            "isolation_unavailable",
            "running engines without isolation needs development mode",
            hint="set engine_jail to auto, or SANDBOX_DEVELOPMENT=1 on a machine without real data",
        )
    logging.getLogger("sandbox.jail").warning("engine processes run without isolation (development)")
    return Standing(Tier.OFF, (Check("off: isolation", False, "switched off for development"),))
