"""Do all sides give the same answers? Asked before anything is measured."""

import json
from typing import Any

OF_THE_CREATED = ("client_id", "default_account_id", "file_created", "links")
"""What differs between two creates of the same body."""


def differences(name: str, ours: bytes, theirs: bytes, *, created: bool = False) -> list[str]:
    """Sentences on what differs in members or values; none when the two JSON texts mean the same."""
    left, right = json.loads(ours), json.loads(theirs)
    if created:
        for body in (left, right):
            for member in OF_THE_CREATED:
                body[member] = type(body[member]).__name__
    return [f"{name}: {text}" for text in _differ("", left, right)]


def _differ(path: str, left: Any, right: Any) -> list[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        found = []
        for member in [*left, *(one for one in right if one not in left)]:
            if member not in left or member not in right:
                found.append(f"{path}.{member} is only {'in ours' if member in left else 'there'}")
            else:
                found += _differ(f"{path}.{member}", left[member], right[member])
        return found
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [
            text
            for number, pair in enumerate(zip(left, right, strict=True))
            for text in _differ(f"{path}[{number}]", *pair)
        ]
    # true == 1 in Python, not in JSON.
    return [] if (type(left), left) == (type(right), right) else [f"{path} is {left!r} in ours, {right!r} there"]
