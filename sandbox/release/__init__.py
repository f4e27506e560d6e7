"""From noisy integers to an answer: floors, free post-processing, error bars, the last look at text.

shape           noisy integers → a stage's released table
post_process    the statement's own arithmetic over released values
come_back       a released relation that a later stage reads
egress          mask identities in released text
to_release      the answer, with error bars
dump, load      its bytes for sealed storage
Keys            the replay keys that a process knows already
Shelf           answers at rest: released, or waiting for a reviewer
"""

from sandbox.release.assemble import dump, load, to_release
from sandbox.release.egress import Scan, egress
from sandbox.release.keys import Keys
from sandbox.release.postprocess import Known, ResultInvalid, check_result, come_back, post_process
from sandbox.release.shaping import shape
from sandbox.release.shelf import Shelf
from sandbox.release.spread import spreads

__all__ = [
    "Keys",
    "Known",
    "ResultInvalid",
    "Scan",
    "Shelf",
    "check_result",
    "come_back",
    "dump",
    "egress",
    "load",
    "post_process",
    "shape",
    "spreads",
    "to_release",
]
