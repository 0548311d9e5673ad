"""What an operator and an integrator see of the service itself: health, metrics, docs, limits, keys, audit, logs."""

import asyncio
import json
import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from openprac import admin
from openprac.app import create_app
from openprac.embedded.postgres import EmbeddedPostgres
from openprac.migrate import migrate
from openprac.settings import Settings
from tests.cast import Cast, serving
from tests.own_database import small_clinic
from tests.own_server import served_by_the_command
from tests.waiting import until

REPOSITORY = Path(__file__).parents[1]


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The published shape of an error, with the id that the header names too."""
    body = answer.json()
    assert set(body) == {"error", "request_id"}
    assert body["error"]["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    return dict(body["error"])


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, error_of(answer)["code"]


def some_patient(api: httpx.Client) -> int:
    return int(api.get("/patient?page_size=1").json()["clients"][0]["client_id"])


class TestPages:
    def test_health_and_readiness_need_no_key(self, cast: Cast) -> None:
        assert httpx.get(f"{cast.base_url}/healthz").json() == {"status": "ok"}
        ready = httpx.get(f"{cast.base_url}/readyz")
        assert (ready.status_code, ready.json()["database"]) == (200, "ok")

    def test_the_docs_page_works_without_the_internet(self, cast: Cast) -> None:
        page = httpx.get(f"{cast.base_url}/docs")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert not re.search(r"https?:|//|\*", policy)
        addresses = re.findall(r"(?:src|href|spec-url)=\"([^\"]+)\"", page.text)
        assert any(address.endswith(".js") for address in addresses)
        for address in addresses:
            assert re.match(r"/[^/]", address), address
            assert httpx.get(f"{cast.base_url}{address}").status_code == 200
        assert httpx.get(f"{cast.base_url}/docs/assets/../../app.py").status_code in (403, 404)

    def test_the_document_is_served_twice_and_says_the_same(self, cast: Cast) -> None:
        import yaml

        as_json = httpx.get(f"{cast.base_url}/openapi.json", timeout=30)
        as_yaml = httpx.get(f"{cast.base_url}/openapi.yaml", timeout=30)
        assert as_json.json()["openapi"].startswith("3.1")
        assert yaml.safe_load(as_yaml.text) == as_json.json()


def counted(cast: Cast, operation: str, status: int) -> float:
    text = httpx.get(f"{cast.base_url}/metrics").text
    found = re.search(rf'^openprac_requests_total{{operation="{operation}",status="{status}"}} (\S+)$', text, re.M)
    return float(found[1]) if found else 0.0


class TestMetrics:
    def test_what_was_asked_is_counted_by_operation_and_status(self, cast: Cast, here: httpx.Client) -> None:
        client_id = some_patient(here)
        found, missing = (counted(cast, "getPatient-Get", status) for status in (200, 404))
        for _ in range(3):
            here.get(f"/patient/{client_id}")
        for _ in range(2):
            here.get("/patient/9000000000")
        assert counted(cast, "getPatient-Get", 200) == found + 3
        assert counted(cast, "getPatient-Get", 404) == missing + 2

    def test_what_is_counted_is_named_by_us_and_not_by_the_caller(self, cast: Cast, here: httpx.Client) -> None:
        planted = f"planted{uuid4().hex}"
        before = counted(cast, "unknown", 403)
        here.get(f"/{planted}")
        here.put(f"/patient/{planted}")
        here.get("/patient", params={planted: planted, "q[]": f"surname:={planted}"})
        assert counted(cast, "unknown", 403) == before + 2
        assert planted not in httpx.get(f"{cast.base_url}/metrics").text.lower()


class TestFaults:
    @pytest.mark.parametrize(
        ("asked", "status", "code"),
        [
            ("429", 429, "THROTTLED"),
            ("409", 409, "RESERVE_APPOINTMENT_CONFLICT"),
            ("500", 500, "SERVER_ERROR"),
            ("503", 503, "SERVICE_UNAVAILABLE"),
            ("teapot", 400, "INVALID_PARAMS"),
        ],
    )
    def test_a_client_can_ask_for_a_fault_in_the_sandbox(
        self, cast: Cast, here: httpx.Client, asked: str, status: int, code: str
    ) -> None:
        surname = f"Fault{uuid4().hex[:8]}"
        body = {"first_name": "Robin", "surname": surname}
        answer = here.post("/patient", json=body, headers={"openprac-fault": asked})
        assert refusal(answer) == (status, code)
        assert ("retry-after" in answer.headers) == (status in (429, 503))
        if status == 500:
            assert answer.headers["x-request-id"] in error_of(answer)["detail"]
        assert cast.sql("SELECT count(*) FROM patient WHERE surname = $1", surname)[0][0] == 0

    def test_a_slow_answer_is_slow_and_right(self, here: httpx.Client) -> None:
        started = time.monotonic()
        answer = here.get("/sex", headers={"openprac-fault": "slow=0.4"})
        assert answer.status_code == 200
        assert time.monotonic() - started >= 0.4

    def test_outside_the_sandbox_nobody_can(self, cast: Cast) -> None:
        with serving(create_app(replace(cast.settings, sandbox=False))) as base_url:
            for asked in ("500", "slow=50", "teapot"):
                headers = {**cast.headers(cast.riverside), "openprac-fault": asked}
                assert httpx.get(f"{base_url}/v1/sex", headers=headers, timeout=10).status_code == 200


class TestRequestIds:
    def test_every_answer_has_one_of_its_own(self, cast: Cast, here: httpx.Client) -> None:
        asked = {"x-request-id": str(uuid4())}
        answers = [
            here.get("/sex", headers=asked),
            here.get("/sex", headers=asked),
            here.get("/nowhere", headers=asked),
            httpx.get(f"{cast.base_url}/v1/sex", headers=asked),
        ]
        ids = [answer.headers["x-request-id"] for answer in answers]
        assert len({UUID(one) for one in ids} | {UUID(asked["x-request-id"])}) == 5
        assert [answer.status_code for answer in answers] == [200, 200, 403, 401]
        for answer in answers[2:]:
            error_of(answer)


class TestRate:
    async def test_a_vendor_over_its_rate_is_told_to_wait(self, cast: Cast) -> None:
        async with cast.owner() as connection:
            _, key = await admin.create_vendor(connection, f"Slow vendor {uuid4()}", rate_per_second=1)
        headers = {**cast.headers(cast.riverside), "x-api-key": key}
        url = f"{cast.base_url}/v1/sex"
        async with httpx.AsyncClient() as client:
            answers = await asyncio.gather(*(client.get(url, headers=headers) for _ in range(6)))
            assert (await client.get(url, headers=cast.headers(cast.riverside))).status_code == 200
            throttled = [answer for answer in answers if answer.status_code != 200]
            assert 3 <= len(throttled) < 6
            for answer in throttled:
                assert refusal(answer) == (429, "THROTTLED")
                assert error_of(answer)["detail"] == "Too Many Requests"
                assert 1 <= int(answer.headers["retry-after"]) <= 3
            await asyncio.sleep(int(throttled[-1].headers["retry-after"]) + 0.5)
            assert (await client.get(url, headers=headers)).status_code == 200


@dataclass(frozen=True)
class Keys:
    """A clinic of a test's own, whose keys may be spoilt."""

    cast: Cast
    tenant_id: int
    vendor_id: int
    vendor_key: str
    account_key_id: int
    account_key: str

    def ask(self, **headers: str) -> httpx.Response:
        given = {"x-api-key": self.vendor_key, "a-api-key": self.account_key, **headers}
        return httpx.get(f"{self.cast.base_url}/v1/sex", headers=given)


@pytest.fixture
async def keys(cast: Cast) -> Keys:
    async with cast.owner() as connection:
        vendor_id, vendor_key = await admin.create_vendor(connection, f"Vendor {uuid4()}")
        tenant_id = await admin.create_tenant(connection, "Spare Clinic", "Australia/Perth")
        key_id, _, key = await admin.create_account_key(connection, tenant_id, "all", ["*"])
    return Keys(cast, tenant_id, vendor_id, vendor_key, key_id, key)


class TestKeys:
    async def test_a_revoked_account_key_opens_nothing_from_the_next_request_on(self, keys: Keys) -> None:
        assert keys.ask().status_code == 200
        async with keys.cast.owner() as connection:
            await admin.revoke_account_key(connection, keys.account_key_id)
        assert refusal(keys.ask()) == (401, "UNAUTHORIZED")

    async def test_an_expired_account_key_opens_nothing(self, keys: Keys) -> None:
        soon = datetime.now(UTC) + timedelta(seconds=1.5)
        async with keys.cast.owner() as connection:
            _, _, key = await admin.create_account_key(connection, keys.tenant_id, "short", ["*"], soon)
        assert keys.ask(**{"a-api-key": key}).status_code == 200
        until(lambda: keys.ask(**{"a-api-key": key}).status_code == 401, 10)
        assert refusal(keys.ask(**{"a-api-key": key})) == (401, "UNAUTHORIZED")
        assert keys.ask().status_code == 200

    async def test_a_revoked_vendor_opens_nothing_from_the_next_request_on(self, keys: Keys) -> None:
        assert keys.ask().status_code == 200
        async with keys.cast.owner() as connection:
            await admin.revoke_vendor(connection, keys.vendor_id)
        assert refusal(keys.ask()) == (403, "MISSING_AUTHENTICATION_TOKEN")

    async def test_a_rotated_vendor_key_ends_at_once_without_overlap(self, keys: Keys) -> None:
        async with keys.cast.owner() as connection:
            fresh = await admin.rotate_vendor(connection, keys.vendor_id, admin.NO_OVERLAP)
        assert refusal(keys.ask()) == (403, "MISSING_AUTHENTICATION_TOKEN")
        assert keys.ask(**{"x-api-key": fresh}).status_code == 200

    async def test_a_suspended_clinic_is_shut_and_opened_again_at_once(self, keys: Keys) -> None:
        move = "UPDATE tenant SET suspended_at = CASE WHEN $2 THEN now() END WHERE tenant_id = $1"
        for suspended, status in ((True, 401), (False, 200)):
            async with keys.cast.owner() as connection:
                await connection.execute(move, keys.tenant_id, suspended)
            assert keys.ask().status_code == status

    async def test_a_key_bound_to_another_vendor_opens_beside_that_one_only(self, keys: Keys, cast: Cast) -> None:
        async with cast.owner() as connection:
            _, _, key = await admin.create_account_key(
                connection, keys.tenant_id, "bound", ["*"], vendor_id=cast.vendor_id
            )
        assert refusal(keys.ask(**{"a-api-key": key})) == (401, "UNAUTHORIZED")
        assert keys.ask(**{"a-api-key": key, "x-api-key": cast.vendor_key}).status_code == 200


AUDIT = "SELECT *, xmin::text AS transaction FROM audit_event WHERE request_id = $1 ORDER BY audit_event_id"


def audited(cast: Cast, answer: httpx.Response) -> list[asyncpg.Record]:
    return cast.sql(AUDIT, answer.headers["x-request-id"])


class TestAudit:
    def test_a_write_and_its_line_are_one_transaction_with_new_and_old_values(
        self, cast: Cast, here: httpx.Client
    ) -> None:
        made = here.post("/patient", json={"first_name": "Robin", "surname": "Audited"})
        client_id = made.json()["client_id"]
        stored = "SELECT xmin::text AS transaction FROM patient WHERE client_id = $1"
        (line,) = audited(cast, made)
        assert line["transaction"] == cast.sql(stored, client_id)[0]["transaction"]
        assert (line["operation_id"], line["resource"]) == ("createPatient-Post", "patient")
        assert (line["resource_id"], line["client_id"]) == (client_id, client_id)
        assert (line["tenant_id"], line["user_id"]) == (cast.riverside.tenant_id, cast.riverside.user_id)
        assert (line["account_key_id"], line["vendor_id"]) == (cast.riverside.account_key_id, cast.vendor_id)
        assert json.loads(line["changes"]) == {"first_name": "Robin", "surname": "Audited"}
        edited = here.patch(f"/patient/{client_id}", json={"surname": "Changed", "mobile": "0491 570 006"})
        (line,) = audited(cast, edited)
        assert line["transaction"] == cast.sql(stored, client_id)[0]["transaction"]
        assert json.loads(line["changes"]) == {"surname": ["Audited", "Changed"], "mobile": [None, "0491 570 006"]}

    def test_what_was_refused_left_no_line(self, cast: Cast, here: httpx.Client) -> None:
        client_id = some_patient(here)
        for answer in (
            here.post("/patient", json={"first_name": "Robin"}),
            here.patch(f"/patient/{client_id}", json={"sex_id": 9_000_000_000}),
            here.patch("/patient/9000000000", json={"surname": "Nobody"}),
        ):
            assert answer.status_code in (404, 422)
            assert audited(cast, answer) == []

    def test_a_read_of_a_patient_is_noted_within_seconds(self, cast: Cast, here: httpx.Client) -> None:
        client_id = some_patient(here)
        single, listed = here.get(f"/patient/{client_id}"), here.get(f"/patient/{client_id}/account")
        (line,) = until(lambda: audited(cast, single), 5)
        assert (line["resource"], line["resource_id"], line["client_id"]) == ("patient", client_id, client_id)
        assert line["changes"] is None
        assert line["operation_id"] == "getPatient-Get"
        (line,) = until(lambda: audited(cast, listed), 5)
        assert (line["resource"], line["resource_id"], line["client_id"]) == ("patient_account", None, client_id)

    async def test_lines_are_never_changed_by_the_role_that_serves(self, cast: Cast) -> None:
        assert cast.settings.database_url
        connection = await asyncpg.connect(cast.settings.database_url)
        try:
            for statement in ("UPDATE audit_event SET user_id = 1", "DELETE FROM audit_event", "TRUNCATE audit_event"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        finally:
            await connection.close()


class TestDatabaseAway:
    def test_503_while_it_is_away_and_answers_when_it_is_back(self, cast: Cast, tmp_path: Path) -> None:
        postgres = EmbeddedPostgres(tmp_path)
        try:
            postgres.start()
            settings, headers = asyncio.run(self._clinic(cast.settings, postgres))
            with serving(create_app(settings)) as base_url:
                body = {"first_name": "Robin", "surname": "Patient"}

                def ask() -> list[httpx.Response]:
                    with httpx.Client(base_url=f"{base_url}/v1", headers=headers, timeout=30) as api:
                        return [api.get("/patient"), api.get("/patient/1"), api.post("/patient", json=body)]

                assert [answer.status_code for answer in ask()] == [200, 404, 201]
                postgres.stop()
                for answer in ask():
                    assert refusal(answer) == (503, "SERVICE_UNAVAILABLE")
                    assert int(answer.headers["retry-after"]) >= 1
                assert httpx.get(f"{base_url}/readyz").status_code == 503
                assert httpx.get(f"{base_url}/healthz").status_code == 200
                assert httpx.get(f"{base_url}/metrics").status_code == 200
                postgres.start()
                until(lambda: [answer.status_code for answer in ask()] == [200, 404, 201], 20)
                assert httpx.get(f"{base_url}/readyz").status_code == 200
        finally:
            postgres.stop()

    async def _clinic(self, settings: Settings, postgres: EmbeddedPostgres) -> tuple[Settings, dict[str, str]]:
        await migrate(postgres.owner_url, postgres.runtime_url)
        connection = await asyncpg.connect(postgres.owner_url)
        try:
            await connection.execute("ALTER SEQUENCE patient_client_id_seq RESTART WITH 1000")
            _, vendor_key = await admin.create_vendor(connection, "Vendor")
            tenant_id = await admin.create_tenant(connection, "Clinic", "Australia/Hobart")
            _, _, key = await admin.create_account_key(connection, tenant_id, "all", ["*"])
        finally:
            await connection.close()
        own = replace(settings, database_url=postgres.runtime_url, owner_database_url=postgres.owner_url)
        return own, {"x-api-key": vendor_key, "a-api-key": key}


class TestLogs:
    def test_a_requests_line_holds_identifiers_and_figures_and_nothing_personal(
        self, cast: Cast, tmp_path: Path
    ) -> None:
        clinic = small_clinic(cast.settings, f"logs_{time.monotonic_ns()}")
        planted = f"planted{uuid4().hex}"
        with (
            served_by_the_command(clinic.settings, tmp_path) as (base_url, file),
            httpx.Client(base_url=f"{base_url}/v1", headers=clinic.headers, timeout=30) as api,
        ):
            body = {"first_name": planted[:40], "surname": planted[:40], "email": f"{planted}@example.com"}
            made = api.post("/patient", json=body, headers={"idempotency-key": planted, "user-agent": planted})
            assert made.status_code == 201, made.text
            client_id = made.json()["client_id"]
            answers = [
                made,
                api.get(f"/patient?q[]=surname:={planted}&{planted}={planted}"),
                api.get(f"/{planted}"),
                api.patch(f"/patient/{client_id}", json={"surname": planted * 9, planted: planted}),
                api.patch(f"/patient/{client_id}", content=f'{{"{planted}', headers={"content-type": planted}),
                api.post("/patient", json={**body, "timezone": planted, "sex_id": 9_000_000_000}),
                api.post(f"/patient/{client_id}/patient_attachment", json={"file_name": f"{planted}.pdf"}),
                api.get("/sex", headers={"a-api-key": planted}),
            ]
            until(lambda: file.read_text().count('"event":"request"') >= len(answers), 10)
        text = file.read_text()
        secrets = [planted, planted[:40], *clinic.headers.values()]
        assert [one for one in secrets if one in text] == []
        lines = {line["request_id"]: line for line in map(json.loads, text.splitlines()) if "request_id" in line}
        for answer in answers:
            line = lines[answer.headers["x-request-id"]]
            assert line["status"] == answer.status_code
            assert line["duration_ms"] > 0
        first = lines[made.headers["x-request-id"]]
        assert (first["tenant_id"], first["operation_id"], first["method"]) == (
            clinic.tenant_id,
            "createPatient-Post",
            "POST",
        )
        assert lines[answers[-1].headers["x-request-id"]]["tenant_id"] is None
