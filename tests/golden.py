"""The contract as files: `make golden` writes golden/ anew, tests/test_golden.py compares."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests import contract

FOLDER = Path(__file__).parent.parent / "golden"


def files() -> Mapping[str, str]:
    """Name -> text of every golden file."""
    return {"openapi.json": openapi(), "operations.txt": operations()}


def openapi() -> str:
    return json.dumps(contract.document(), indent=2, ensure_ascii=False) + "\n"


def operations() -> str:
    """One line an operation: id, method, path, published or extension."""
    rows = [
        (one.id, one.method, one.path, "extension" if one.extension else "published")
        for one in contract.served().values()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
