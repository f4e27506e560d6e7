"""Mutation tests: does a test fail when one expression of a file that bounds, draws or charges is changed?

    python -m tests.mutation                             every module of ``modules.toml``: hours on one core
    python -m tests.mutation noise/choice ledger/steps   some of them
    python -m tests.mutation --sample 20 --seed 7        twenty mutants of each, drawn by this seed

Each mutant is written into a copy of the tree, never into the tree itself, and the tests that the table names
for its module run there until the first fails. A **survivor** is printed: either a test is missing, or the
change has no effect, and ``equivalent.toml`` says why. A mutant that hangs is named as timed out: hanging is
seen by a person, not by a test. Exit code 1 when a mutant survived, or when one that is listed as equivalent
was killed or is none any more.

mutmut 3.8 is the well-kept tool of this kind, and it runs here. It does not serve: it leaves decorated
functions out, which are the cached ones that turn ε into ρ and choose the noise; it does not know ``min``
from ``max``, up from down, a price from a cap, or ``<`` within SQL; and many of its survivors are words of
errors.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import re
import sys
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.operators import Mutant, mutants
from tests.mutation.runs import Outcome, copied_tree, forget, output, run, warm

HERE = Path(__file__).parent
SLOWEST = 4
"""A mutant that takes this many times as long as the unchanged code has hung."""


@dataclass
class Found:
    """The fates of one module's mutants."""

    module: str
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    equivalent: int = 0
    wrong: list[str] = field(default_factory=list)
    """Survivors that are not listed, and listed ones that a test kills or that do not exist."""
    minutes: float = 0.0

    @property
    def row(self) -> str:
        killed, survived, hung = (self.outcomes[outcome] for outcome in Outcome)
        figures = (sum(self.outcomes.values()), killed, survived - self.equivalent, hung, self.equivalent)
        return f"{self.module:28}" + "".join(f"{figure:>11}" for figure in figures) + f"{self.minutes:>9.1f}"


def main() -> int:
    """Test the named modules and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="module", help="as in modules.toml; all by default")
    parser.add_argument("--sample", type=int, help="mutants of each module; all by default")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--match", default="", help="only mutants whose name has this pattern")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    asked = parser.parse_args()
    table, excused = modules(), equivalents()
    names = asked.modules or list(table)
    chosen = {
        name: [each for each in made(name, asked.sample, asked.seed) if re.search(asked.match, each.name)]
        for name in names
    }
    if asked.list:
        for name in names:
            print(name, *(f"  {each.line}: {each.name}" for each in chosen[name]), sep="\n")
        return 0
    warm()
    with copied_tree() as tree:
        found = [_module(tree, name, table[name], excused.get(name, {}), chosen[name]) for name in names]
    heads = ("mutants", "killed", "survived", "timed out", "equivalent", "minutes")
    print(f"\n{'module':28}" + "".join(f"{head:>11}" for head in heads[:-1]) + f"{heads[-1]:>9}")
    print(*(each.row for each in found), sep="\n")
    return 1 if any(each.wrong for each in found) else 0


def modules() -> dict[str, list[str]]:
    """Module under ``sandbox/`` → the tests that should see a mistake in it."""
    return dict(tomllib.loads((HERE / "modules.toml").read_text())["tests"])


def functions() -> dict[str, list[str]]:
    """Module → its functions and classes that bound or charge; all of them where it is not listed."""
    return dict(tomllib.loads((HERE / "modules.toml").read_text()).get("functions", {}))


def equivalents() -> dict[str, dict[str, str]]:
    """Module → mutant → why it changes nothing that matters."""
    found: dict[str, dict[str, str]] = {}
    for each in tomllib.loads((HERE / "equivalent.toml").read_text()).get("mutant", []):
        found.setdefault(each["module"], {})[each["change"]] = each["reason"]
    return found


def made(module: str, sample: int | None, seed: int) -> list[Mutant]:
    """A module's mutants, or some of them."""
    only = functions().get(module)
    every = list(mutants((HERE.parents[1] / "sandbox" / f"{module}.py").read_text()))
    every = [each for each in every if only is None or each.function in only]
    if sample is None or sample >= len(every):
        return every
    return sorted(random.Random(seed).sample(every, sample), key=lambda each: each.line)


def _module(tree: Path, name: str, tests: list[str], excused: dict[str, str], chosen: list[Mutant]) -> Found:
    path, found, begun, used = tree / "sandbox" / f"{name}.py", Found(name), time.monotonic(), os.times()
    source = path.read_text()
    if run(tree, tests, 600, cached=True) is not Outcome.SURVIVED:
        raise SystemExit(f"{name}: the tests fail without any mutant:\n{output(tree)[-3000:]}")
    forget(path)
    limit = 3 + SLOWEST * math.ceil(os.times().children_user - used.children_user)
    for mutant in chosen:
        path.write_text(mutant.text)
        outcome = run(tree, tests, limit)
        found.outcomes[outcome] += 1
        listed, survived = mutant.name in excused, outcome is Outcome.SURVIVED
        found.equivalent += listed and survived
        if listed is not survived:
            found.wrong.append(mutant.name)
        said = "LISTED, BUT " if listed and not survived else ""
        if said or not (listed or outcome is Outcome.KILLED):
            print(f"  {said}{outcome.value.upper()} {name}:{mutant.line} {mutant.name}", flush=True)
    path.write_text(source)
    found.minutes = (time.monotonic() - begun) / 60
    print(found.row, flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
