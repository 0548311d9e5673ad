"""Where the demo keeps its keys: the one place where secrets are written down, for invented people only."""

import json
from contextlib import suppress
from pathlib import Path

from openprac.instance import InstanceError, write_private
from openprac.keys import looks_valid, new_key

KEY_FILE = "demo-keys.json"


class KeyFile:
    """The demo's secrets: 0600, written whole or not at all, kept over all starts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = False
        self._vendor = ""
        self._accounts: list[str] = []

    @property
    def vendor(self) -> str:
        self.have(0)
        return self._vendor

    def account(self, number: int) -> str:
        """The key of a clinic by its number, from 1."""
        self.have(number)
        return self._accounts[number - 1]

    def have(self, clinics: int) -> None:
        """Make sure of the vendor key and of one for each of so many clinics. InstanceError if the file is damaged."""
        if not self._read:
            self._load()
        missing = clinics - len(self._accounts)
        if missing > 0 or not self._vendor:
            self._vendor = self._vendor or new_key("vendor").secret
            self._accounts += [new_key("account").secret for _ in range(missing)]
            self._save()

    def replace_vendor(self) -> None:
        self._vendor = new_key("vendor").secret
        self._save()

    def replace_account(self, number: int) -> None:
        self._accounts[number - 1] = new_key("account").secret
        self._save()

    def _load(self) -> None:
        with suppress(FileNotFoundError):
            try:
                kept = json.loads(self._path.read_text())
                self._vendor, self._accounts = kept["x_api_key"], list(kept["a_api_keys"])
                whole = all(looks_valid(key) for key in (self._vendor, *self._accounts))
            except (ValueError, KeyError, TypeError, AttributeError):
                whole = False
            if not whole:
                raise InstanceError(f"{self._path} is damaged: remove it, and the next start makes new keys.")
        self._read = True

    def _save(self) -> None:
        write_private(
            self._path, json.dumps({"x_api_key": self._vendor, "a_api_keys": self._accounts}, indent=2) + "\n"
        )
