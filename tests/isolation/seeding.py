"""One row of every kind in a clinic, made by the operations that are served, each tied to the others."""

import re
from contextlib import suppress
from typing import Any

import httpx

from tests.isolation.document import NO_REFERENCES, Document, Ids, Json, id_in, ids_for, known

ATTEMPTS = 6


def seed_every_kind(api: httpx.Client, document: Document) -> Ids:
    """The ids of the rows, by their names. What cannot be made for want of a parent waits until there is one."""
    ids: Ids = {}
    refused: dict[str, str] = {}
    waiting = [one for one in document.operations() if one[0] == "POST" and "201" in one[2]["responses"]]
    waiting = [one for one in waiting if "url" not in document.shown(one[2])]
    made, before = 0, -1
    while before != made:
        before = made
        left = [one for one in waiting if not _create(api, document, ids, refused, one[1], one[2])]
        made, waiting = made + len(waiting) - len(left), left
        _tie(api, document, ids)
        made += _add_group_type(api, document, ids)
        made += _add_roster_rule(api, ids)
    _add_cancelled(api, document, ids)
    _pay_off(api, document, ids)
    missing = {name for _, path, _ in document.operations() for name in re.findall(r"\{(\w+)\}", path)}
    missing = {name for name in missing if not known({**ids, "attachment_client_id": 1}, name)}
    assert not missing, f"no row for {missing}; refused were {refused}"
    return ids


def _add_group_type(api: httpx.Client, document: Document, ids: Ids) -> bool:
    """Classes want an appointment type that says so."""
    key = "group_appointment.appointment_type_id"
    if "/group_appointment" not in document.json["paths"] or key in ids or not known(ids, "appointment_type_id"):
        return False
    answer = api.get(f"/appointment_type/{ids['appointment_type_id']}")
    durations = answer.json()["appointment_type_durations"]
    body = {
        "description": "Class",
        "short_description": "C",
        "group_appointment": True,
        "group_max_size": 9,
        "appointment_type_durations": durations,
    }
    answer = _send(api, "POST", "/x/appointment_type", body)
    assert answer.status_code == 201, answer.text
    ids[key] = answer.json()["appointment_type_id"]
    return True


def _add_roster_rule(api: httpx.Client, ids: Ids) -> bool:
    """A rule lies on a day that its roster shows, and its id stands nowhere but in its roster."""
    if "roster_rule_id" in ids or not known(ids, "roster_id", "appointment_type_id"):
        return False
    span = {"weekday": 1, "start_time": "08:00:00", "end_time": "18:00:00"}
    rule = {**span, "manual": True, "online": True, "waiting_list": True}
    rule |= {"appointment_type_ids": [ids["appointment_type_id"]]}
    answer = _send(api, "PATCH", f"/x/roster/{ids['roster_id']}", {"days": [span], "rules": [rule]})
    assert answer.status_code == 200, answer.text
    ids["roster_rule_id"] = answer.json()["rules"][0]["roster_rule_id"]
    return True


def _add_cancelled(api: httpx.Client, document: Document, ids: Ids) -> None:
    """An appointment more, which is cancelled."""
    path = document.json["paths"].get("/appointment")
    if path is None or not known(ids, "appointment_id"):
        return
    answer = api.post("/appointment", json=document.good_body(path["post"], ids_for(ids, "/appointment")))
    assert answer.status_code == 201, answer.text
    cancelled = answer.json()["appointment_id"]
    assert api.post(f"/appointment/{cancelled}/cancel", json={}).status_code == 204
    ids["cancelled_appointment.appointment_id"] = cancelled


def _pay_off(api: httpx.Client, document: Document, ids: Ids) -> None:
    """Nothing is owing and nothing is paid, so that what takes off or gives back is refused at once, and always."""
    if "/x/payment" not in document.json["paths"]:
        return
    for invoice_id in {value for name, value in ids.items() if name.endswith("invoice_id")}:
        invoice = api.get(f"/invoice/{invoice_id}").json()
        whose = {name: invoice[name] for name in ("account_id", "payer_id")}
        money = {"business_id": invoice["business_id"], "payment_type": "Cash", "total": 1000}
        answer = api.post("/x/payment", json={**money, **whose, "invoice_ids": [invoice_id]})
        assert answer.status_code == 201, answer.text
        paid = sum(line["paid"] for line in api.get(f"/invoice/{invoice_id}").json()["invoice_items"])
        why = {"adjustment": "discount", "reason": "Probe"}
        back = {"amount": round(paid, 2), "payment_type": "Cash", **why}
        answer = api.post(f"/x/invoice/{invoice_id}/refund", json=back)
        assert answer.status_code == 201, answer.text


def _tie(api: httpx.Client, document: Document, ids: Ids) -> None:
    """Every row with all the ids it takes: a later one may want an earlier one with its children."""
    for method, path, operation in document.operations():
        here = ids_for(ids, path)
        if method == "PATCH" and known(here, *re.findall(r"\{(\w+)\}", path)):
            _send(api, "PATCH", _filled(path, here), _tied(document, operation, here, {}))


def _create(
    api: httpx.Client, document: Document, ids: Ids, refused: dict[str, str], path: str, operation: Json
) -> bool:
    required = [name for name in document.body(operation).get("required", ()) if name.endswith("_id")]
    here = ids_for(ids, path)
    if not known(here, *re.findall(r"\{(\w+)\}", path), *required):
        return False
    good = document.good_body(operation, here)
    answer = _send(api, "POST", _filled(path, here), _tied(document, operation, here, good), keep=tuple(good))
    if answer.status_code != 201:
        refused[path] = answer.text
        return False
    kind = [part for part in path.split("/") if not part.startswith("{")][-1]
    shown = answer.json()
    for name, value in shown.items():
        if name.endswith("_id") and name not in NO_REFERENCES and isinstance(value, int):
            ids.setdefault(name, value)
            ids.setdefault(f"{kind}.{name}", value)
    # The rows inside it, as an invoice's lines.
    for rows in (value for value in shown.values() if isinstance(value, list) and value and isinstance(value[0], dict)):
        for name, value in rows[0].items():
            if name.endswith("_id") and name not in NO_REFERENCES and isinstance(value, int):
                ids.setdefault(name, value)
    return True


def _tied(document: Document, operation: Json, ids: Ids, body: Json) -> Json:
    """The body with every id in it that is known by now."""
    body = dict(body)
    for _, name, member in document.id_places(document.members(document.body(operation)), ids):
        with suppress(KeyError):
            for key, value in member(id_in(ids, name)).items():
                body[key] = _merged(body.get(key), value)
    return body


def _merged(there: Any, value: Any) -> Any:
    """The rows of a list get all their ids, not the last one alone."""
    if isinstance(value, list) and isinstance(value[0], dict) and there:
        return [{**there[0], **value[0]}]
    return value


def _send(api: httpx.Client, method: str, path: str, body: Json, keep: tuple[str, ...] = ()) -> httpx.Response:
    """What is refused together with others is left out, as long as it need not be there."""
    for _ in range(ATTEMPTS):
        answer = api.request(method, path, json=body)
        problems = answer.json()["error"].get("validation", []) if answer.status_code == 422 else []
        refused = {re.split(r"[.\[]", one["field"])[0] for one in problems} - set(keep)
        if not refused & set(body):
            return answer
        body = {name: value for name, value in body.items() if name not in refused}
    return answer


def _filled(path: str, ids: Ids) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: str(id_in(ids, match[1])), path)
