"""How tests of single paths read answers: one line for a success, one for a refusal that names its field."""

from typing import Any

import httpx


def made(answer: httpx.Response) -> dict[str, Any]:
    """The object of a success."""
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def problems(answer: httpx.Response) -> dict[str, str]:
    """Field -> sentence of a 422."""
    assert answer.status_code == 422, answer.text
    return {one["field"]: one["message"] for one in answer.json()["error"]["validation"]}


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error."""
    return answer.status_code, answer.json()["error"]["code"]


def all_rows(client: httpx.Client, path: str, key: str, **params: str) -> list[dict[str, Any]]:
    """Every row of a list that fits one page."""
    page = made(client.get(path, params={"page_size": "200", **params}))
    assert page["total_entries"] <= 200
    return list(page[key])
