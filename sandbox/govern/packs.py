"""Regulation packs: values of a regulation as data, one file a version. 法规包."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sandbox.nouns.agreement import RegulationPack

DEFAULT = "henan-2025"
"""The pack in use unless another is named."""


@cache
def load_pack(name: str = DEFAULT) -> RegulationPack:
    """Read a pack that comes with the product."""
    from ruamel.yaml import YAML

    package = Path(__file__).parents[1]
    packaged = package / "policies" / "packs"
    folder = packaged if packaged.is_dir() else package.parent / "policies" / "packs"
    raw = YAML(typ="safe").load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return RegulationPack(**raw)
