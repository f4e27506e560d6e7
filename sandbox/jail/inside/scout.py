"""Tell which files a Python needs to import some modules: run once outside the jail, on no data.

Argument: JSON ``{"path": [folders], "modules": [names]}``. Prints JSON ``{"mapped": [shared objects],
"modules": [files]}``.
"""

from __future__ import annotations

import importlib
import json
import sys


def main() -> None:
    """Import, then look at the memory map and the module table."""
    orders = json.loads(sys.argv[1])
    sys.path[:0] = orders["path"]
    for name in ("ctypes", "json", "decimal", "datetime", "struct", "resource", *orders["modules"]):
        importlib.import_module(name)
    with open("/proc/self/maps", encoding="utf-8") as maps:
        lines = [line.split(maxsplit=5) for line in maps]
    mapped = sorted({fields[5].rstrip("\n") for fields in lines if len(fields) == 6 and fields[5][0] == "/"})
    files = sorted(
        {file for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None))}
    )
    print(json.dumps({"mapped": mapped, "modules": files}))


if __name__ == "__main__":
    main()
