"""The one place that imports Presidio.

Loading takes seconds, so it waits for the first text that could hold a finding. No model, no NLP engine: the
recognizers are patterns. Presidio's e-mail recognizer would fetch a list from the network; ours does not, and
the variable that forbids it is set before the import all the same.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from sandbox.classify.china import SPECS, Spec

OFFLINE = {"TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS": "", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
"""Environment that keeps the libraries off the network."""


@cache
def recognizers() -> dict[str, Any]:
    """Entity → Presidio recognizer. Results are ``RecognizerResult`` with entity_type, start, end, score."""
    os.environ.update(OFFLINE)
    from presidio_analyzer import Pattern, PatternRecognizer

    class ChinaRecognizer(PatternRecognizer):
        """One ``Spec`` as a Presidio recognizer."""

        def __init__(self, spec: Spec) -> None:
            self.check = spec.check
            super().__init__(
                supported_entity=spec.entity,
                name=spec.entity,
                supported_language="zh",
                patterns=[
                    Pattern(f"{spec.entity}_{place}", pattern, score)
                    for place, (pattern, score) in enumerate(spec.patterns)
                ],
                context=list(spec.context),
                global_regex_flags=0,  # the default ignores case by Unicode rules, which RE2 does not share
            )

        def validate_result(self, pattern_text: str) -> bool | None:
            """The check digit's verdict; None where there is none."""
            return None if self.check is None else self.check(pattern_text)

    return {spec.entity: ChinaRecognizer(spec) for spec in SPECS}


def replaced(text: str, spans: list[tuple[str, int, int]]) -> str:
    """The text with every (entity, start, end) replaced by ``<ENTITY>``."""
    os.environ.update(OFFLINE)
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer.entities import RecognizerResult

    results = [RecognizerResult(entity, start, end, 1.0) for entity, start, end in spans]
    engine: Any = AnonymizerEngine  # its constructor has no types
    anonymized = engine().anonymize(text, results, merge_entities_with_spaces=False)
    return str(anonymized.text)
