"""The slips integrators are known to make, each with the right form (reference/integrators.md of the published API).

One table for query parameters and one for paths: what is recognised here gets an error that teaches.
"""

import re
from collections.abc import Collection as Names

QUERY_SLIPS = {
    "q": "Filters are written q[]=FIELD:OPERATOR VALUE without the space, for example q[]=surname:=Smith.",
    "filter": "Filters are written q[]=FIELD:OPERATOR VALUE without the space, for example q[]=surname:=Smith.",
    "sort": "The parameter is called sort_by, for example sort_by=surname or sort_by=surname:desc.",
    "order": "The parameter is called sort_by, for example sort_by=surname or sort_by=surname:desc.",
    "order_by": "The parameter is called sort_by, for example sort_by=surname or sort_by=surname:desc.",
    "limit": "The parameter is called page_size (1 to 200), for example page_size=100.",
    "per_page": "The parameter is called page_size (1 to 200), for example page_size=100.",
    "offset": "Pages are asked for by number: page=2 with page_size=100 starts at row 101.",
    "id": "A single object is read by its path, for example /v1/patient/7; a list filters with q[], "
    "for example q[]=client_id:=7 where the list has that filter.",
}

FIELD_SLIPS = {
    "id": "client_id",
    "patient_id": "client_id",
    "last_name": "surname",
    "family_name": "surname",
    "given_name": "first_name",
    "dob": "date_of_birth",
    "modified": "updated",
    "updated_at": "updated",
    "created_at": "created",
    "phone_number": "phone",
}
"""Names of fields in filters and sorts that integrators guess, and the published ones."""


def path_hint(method: str, path: str, known: Names[str]) -> str:
    """A sentence for an unknown path or method, or nothing. `known` holds "METHOD /v1/..." of every operation."""
    candidates = [path.rstrip("/")]
    if path.startswith("/openapi/"):
        parts = path.removeprefix("/openapi/").strip("/").split("/")
        candidates = [f"/v1/{parts[0].replace('-', '_')}"]
        if f"GET {candidates[0]}" not in known:
            return "Paths under /openapi/ are pages of the documentation; the API's own paths begin with /v1."
    elif not path.startswith("/v1/"):
        candidates.append(f"/v1{path.rstrip('/')}")
    candidates += [re.sub(r"-", "_", one) for one in candidates]
    candidates += [re.sub(r"(\w)ies(?=/|$)", r"\1y", one) for one in candidates]
    candidates += [re.sub(r"(ss|x)es(?=/|$)", r"\1", one) for one in candidates]
    candidates += [re.sub(r"(\w)s(?=/|$)", r"\1", one) for one in candidates]
    for candidate in candidates:
        pattern = _as_pattern(candidate)
        methods = sorted(one.split(" ", 1)[0] for one in known if one.split(" ", 1)[1] == pattern)
        if method in methods and candidate != path:
            return f"Did you mean {method} {candidate}?"
        if methods:
            return f"{candidate} answers {' and '.join(methods)}."
    return ""


def _as_pattern(path: str) -> str:
    """The shape of a path: numbers become {}."""
    return re.sub(r"/\d+(?=/|$)", "/{}", path)
