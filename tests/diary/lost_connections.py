"""Bookings whose connection breaks off after they were sent, asked again with the same key until there is an answer."""

import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from uuid import uuid4

from tests.desk import Desk
from tests.diary.ground import Ground
from tests.diary.lines import Ask, Line
from tests.waiting import until

THREADS = 8
TRIES_MAX = 3
WAIT_SECONDS = 0.05

ROWS_SQL = "SELECT appointment_id FROM appointment WHERE tenant_id = $1 AND client_id = $2 AND kind = 'patient'"
# An answer that is given again leaves a line too, as a read: without changes.
HISTORY_SQL = (
    "SELECT count(*) FROM audit_event "
    "WHERE tenant_id = $1 AND resource = 'appointment' AND client_id = $2 AND changes IS NOT NULL"
)


def cut_and_retry(ground: Ground, creates: int) -> None:
    """So many bookings of a patient of their own; as many rows, and as many lines in the audit, also afterwards."""
    desk, client = ground.desk, ground.desk.patient()

    def book(number: int, body: dict[str, Any]) -> tuple[int, bool]:
        """Its id, and whether a try that was cut had made it."""
        dice, line = Random(number), Line(ground.server)
        request = ground.server.bytes_of(Ask("POST", "/appointment", body, {"idempotency-key": str(uuid4())}))
        for _ in range(dice.randint(1, TRIES_MAX)):
            ground.server.send_and_cut(request, dice)
            # Some are asked again at once, some when the cut one may be done.
            time.sleep(dice.choice((0.0, 0.0, WAIT_SECONDS)))

        def answered() -> tuple[int, bool] | None:
            line.send(request)
            reply = line.reply()
            if reply.status == 409:
                # Never "this time is taken": by the cut try of this very booking it would be.
                assert reply.body["error"]["code"] == "IDEMPOTENCY_KEY_IN_USE", reply.content
                return None
            assert reply.status == 201, reply.content
            return int(reply.body["appointment_id"]), reply.replayed

        found = until(answered)
        line.close()
        assert found is not None
        return found

    bodies = [
        {**desk.visit(ground.people[0], ground.fresh().isoformat(), client_id=client), "business_id": ground.sites[0]}
        for _ in range(creates)
    ]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(book, range(creates), bodies))
    ids = {appointment_id for appointment_id, _ in found}
    assert len(ids) == creates
    assert any(replayed for _, replayed in found)
    assert _rows_of(desk, client) == ids
    # A cut request may still be at work: it may not add a row afterwards either.
    until(lambda: desk.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0][0] == 0)
    assert _rows_of(desk, client) == ids
    assert desk.sql(HISTORY_SQL, desk.clinic.tenant_id, client)[0][0] == creates


def _rows_of(desk: Desk, client: int) -> set[int]:
    return {record[0] for record in desk.sql(ROWS_SQL, desk.clinic.tenant_id, client)}
