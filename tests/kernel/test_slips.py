"""The slips integrators are known to make (reference/integrators.md): each is answered with the right form."""

import httpx
import pytest

from openprac.api import ENDPOINTS
from openprac.kernel.routes import Router
from openprac.kernel.slips import FIELD_SLIPS, QUERY_SLIPS, path_hint
from tests.cast import Cast

KNOWN = Router(ENDPOINTS).known

PATHS = [
    ("GET", "/openapi/patient", "Did you mean GET /v1/patient?"),
    ("GET", "/openapi/patient/listpatients-get", "Did you mean GET /v1/patient?"),
    ("GET", "/openapi/fee-category", "Did you mean GET /v1/fee_category?"),
    ("GET", "/openapi/guides/timezones", "the API's own paths begin with /v1"),
    ("GET", "/patient", "Did you mean GET /v1/patient?"),
    ("GET", "/patient/7", "Did you mean GET /v1/patient/7?"),
    ("PATCH", "/patient/7", "Did you mean PATCH /v1/patient/7?"),
    ("GET", "/v1/patients", "Did you mean GET /v1/patient?"),
    ("GET", "/v1/businesses", "Did you mean GET /v1/business?"),
    ("GET", "/v1/fee_categories", "Did you mean GET /v1/fee_category?"),
    ("GET", "/v1/fee-category", "Did you mean GET /v1/fee_category?"),
    ("GET", "/v1/patient/", "Did you mean GET /v1/patient?"),
    ("GET", "/v1/patient/7/accounts", "Did you mean GET /v1/patient/7/account?"),
    ("GET", "/v1/patient/7/patient-attachments", "Did you mean GET /v1/patient/7/patient_attachment?"),
    ("PUT", "/v1/patient/7", "/v1/patient/7 answers GET and PATCH."),
    ("DELETE", "/v1/patient/7", "/v1/patient/7 answers GET and PATCH."),
    ("POST", "/v1/sex", "/v1/sex answers GET."),
    ("POST", "/v1/patients", "Did you mean POST /v1/patient?"),
]

QUERIES = [
    ("q=surname:=Ng", "Filters are written q[]=FIELD:OPERATOR VALUE"),
    ("filter=surname", "Filters are written q[]=FIELD:OPERATOR VALUE"),
    ("q[]=surname:Ng", "write q[]=surname:=VALUE"),
    ("q[]=surname", "write q[]=surname:=VALUE"),
    ("q[]=surname=Ng", "Did you mean surname?"),
    ("q[]=name:Ng", "Allowed are: first_name, surname"),
    ("q[]=last_name:=Ng", "Did you mean surname?"),
    ("q[]=dob:=2000-01-01", "Did you mean date_of_birth?"),
    ("q[]=modified:>2026-01-01T00:00:00Z", "Did you mean updated?"),
    ("q[]=phone_number:=0491570006", "Did you mean phone?"),
    ("q[]=status:=booked", "must be an integer, for example 123"),
    ("q[]=status:=7", "1 Active, 2 Inactive, 3 All"),
    ("q[]=updated:=2026-01-01T00:00:00Z", "allowed are < <= > >="),
    ("q[]=updated:>2026-01-01", "yyyy-MM-ddTHH:mm:ssZ"),
    ("q[]=date_of_birth:=01/02/2000", "yyyy-MM-dd"),
    ("sort=surname", "The parameter is called sort_by"),
    ("order_by=surname", "The parameter is called sort_by"),
    ("sort_by=id", "Did you mean client_id?"),
    ("sort_by=last_name", "Did you mean surname?"),
    ("sort_by=surname:down", "must be asc or desc"),
    ("limit=10", "The parameter is called page_size"),
    ("per_page=10", "The parameter is called page_size"),
    ("offset=10", "Pages are asked for by number"),
    ("page_size=500", "from 1 to 200"),
    ("id=7", "A single object is read by its path, for example /v1/patient/7"),
]


@pytest.mark.parametrize(("method", "path", "said"), PATHS)
def test_a_path_that_is_nearly_right(cast: Cast, method: str, path: str, said: str) -> None:
    answer = httpx.request(method, f"{cast.base_url}{path}", headers=cast.headers(cast.riverside))
    assert answer.status_code == 403
    error = answer.json()["error"]
    assert error["code"] == "MISSING_AUTHENTICATION_TOKEN"
    assert error["detail"].startswith("Authentication token is missing or the requested endpoint does not exist")
    assert said in error["detail"]


@pytest.mark.parametrize("path", ["/v1/statement", "/v1/webhook", "/v1", "/v1/", "/v2/patient", "/nothing"])
def test_a_path_that_is_far_off_gets_the_published_sentence_alone(cast: Cast, path: str) -> None:
    answer = httpx.get(cast.base_url + path)
    assert answer.status_code == 403
    detail = answer.json()["error"]["detail"]
    assert detail == "Authentication token is missing or the requested endpoint does not exist"


@pytest.mark.parametrize(("query", "said"), QUERIES)
def test_a_query_that_is_nearly_right(here: httpx.Client, query: str, said: str) -> None:
    answer = here.get(f"/patient?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_PARAMS"
    assert said in answer.json()["error"]["detail"]


def test_a_file_sent_to_us_is_told_the_way_of_an_upload(here: httpx.Client) -> None:
    client_id = here.get("/patient?page_size=1").json()["clients"][0]["client_id"]
    answer = here.post(f"/patient/{client_id}/patient_attachment", files={"file": ("a.pdf", b"%PDF-1.4")})
    assert answer.status_code == 415
    detail = answer.json()["error"]["detail"]
    assert "application/json" in detail
    assert "file_name" in detail
    assert "url" in detail


def test_a_header_may_be_written_as_the_old_pages_did(cast: Cast) -> None:
    headers = {"X-API-Key": cast.vendor_key, "A-api-key": cast.riverside.account_key}
    assert httpx.get(f"{cast.base_url}/v1/sex", headers=headers).status_code == 200


def test_every_recognised_slip_points_to_something_that_is_there() -> None:
    for sentence in QUERY_SLIPS.values():
        assert any(name in sentence for name in ("q[]=", "sort_by", "page_size", "/v1/patient/7"))
    names = {name for one in ENDPOINTS if one.collection for name in one.collection.filters}
    names |= {field.name for one in ENDPOINTS if one.collection for field in one.collection.fields}
    assert set(FIELD_SLIPS.values()) <= names


@pytest.mark.parametrize("known", sorted(KNOWN))
def test_every_path_is_found_without_its_version(known: str) -> None:
    method, path = known.replace("{}", "7").split(" ", 1)
    assert path_hint(method, path.removeprefix("/v1"), KNOWN) == f"Did you mean {method} {path}?"
