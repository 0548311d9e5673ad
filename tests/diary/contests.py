"""Contests for one time over real connections against several worker processes, as a command:

python -m tests.diary.contests --contests 10000 --seed 1
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.diary.book_check import faults, live_ids
from tests.diary.contest_kinds import KINDS, Contest, Maker, Parked
from tests.diary.ground import CLIENTS_MAX, COLUMNS, Ground, open_ground
from tests.diary.lines import Ask, Lines, Reply

SIZES = (2, 2, 3, 4, 5, 6, 8, 11, 16, 24, 32)
WRONGS_MAX = 20
WON = (200, 201)


@dataclass
class Tally:
    """What came of a run. `wrongs` are contests that did not end as they must."""

    contests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    winners: Counter[str] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)
    live: set[int] = field(default_factory=set)
    set_up: set[int] = field(default_factory=set)
    seconds: float = 0.0
    slowest_seconds: float = 0.0
    workers_at_work: int = 0

    @property
    def server_errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)

    def lines(self) -> list[str]:
        done, requests = sum(self.contests.values()), sum(self.statuses.values())
        won = sum(self.statuses[status] for status in WON)
        kinds = ", ".join(f"{kind} {self.contests[kind]}/{self.winners[kind]}" for kind in self.contests)
        return [
            f"{done} contests, {requests} requests, {won} winners, {self.statuses[409]} times 409, "
            f"{self.server_errors} times 5xx, {self.seconds:.0f} s, {self.workers_at_work} workers at work, "
            f"slowest contest {self.slowest_seconds:.2f} s",
            f"contests/winners: {kinds}",
            *self.wrongs,
        ]


def run(ground: Ground, contests: int, seed: int, seconds: float) -> Tally:
    """So many contests, or as many as the time allows; then the tables are looked at."""
    dice, tally, parked = Random(seed), Tally(), Parked(ground)
    lines = Lines(ground.server, CLIENTS_MAX)
    before, started = ground.worker_seconds(), time.monotonic()
    names = list(KINDS)
    for number in range(contests):
        if time.monotonic() - started > seconds or len(tally.wrongs) > WRONGS_MAX:
            break
        kind, clients = names[number % len(names)], dice.choice(SIZES)
        maker = Maker(ground, dice, ground.fresh(), dice.choice(ground.people), dice.randint(1, COLUMNS))
        contest = KINDS[kind](maker, parked, clients)
        dice.shuffle(contest.asks)
        lines.shuffle(dice)
        begun = time.monotonic()
        replies = lines.at_once(contest.asks)
        tally.slowest_seconds = max(tally.slowest_seconds, time.monotonic() - begun)
        tally.set_up |= maker.set_up
        _judge(tally, parked, f"contest {number} ({kind}, {clients} clients)", kind, contest, replies)
    lines.close()
    tally.seconds = time.monotonic() - started
    after = ground.worker_seconds()
    tally.workers_at_work = sum(now > then for now, then in zip(after, before, strict=True))
    tally.live |= {one for there in parked.ids.values() for one in there}
    _look_at_the_tables(ground, tally)
    return tally


def _judge(tally: Tally, parked: Parked, name: str, kind: str, contest: Contest, replies: Sequence[Reply]) -> None:
    tally.contests[kind] += 1
    tally.statuses.update(reply.status for reply in replies)
    won = [(ask, reply) for ask, reply in zip(contest.asks, replies, strict=True) if reply.status in WON]
    tally.winners[kind] += len(won)
    ids = {int(reply.body["appointment_id"]) for _, reply in won}
    for ask, reply in won:
        if ask.method == "PATCH":
            parked.left(int(reply.body["appointment_id"]))
    tally.live |= ids
    wrong = [] if len(won) == contest.winners else [f"{len(won)} winners instead of {contest.winners}"]
    wrong += [f"{ask} cannot win" for ask, _ in won if ask in contest.hopeless]
    for ask, reply in zip(contest.asks, replies, strict=True):
        if reply.status not in WON:
            wrong += _wrong_with_loser(contest, ask, reply, ids)
    tally.wrongs += [f"{name}: {one}" for one in wrong]


def _wrong_with_loser(contest: Contest, ask: Ask, reply: Reply, winners: set[int]) -> list[str]:
    """A 409 in the published shape; blocked_by names one of those that won, unless nothing is in the way."""
    if reply.status != 409:
        return [f"{ask} was answered {reply.status} {reply.content!r}"]
    body = reply.body
    error = body.get("error", {})
    blocked_by = error.pop("blocked_by", None)
    if set(body) != {"error", "request_id"} or set(error) != {"status", "code", "detail"} or error["status"] != 409:
        return [f"{ask}: not the published shape: {reply.content!r}"]
    if error["code"] == "ALREADY_FINALISED" and int(ask.path.rpartition("/")[2]) in winners:
        return []
    if error["code"] != contest.loser:
        return [f"{ask}: {error['code']}"]
    if contest.group is not None or ask in contest.hopeless:
        return [] if blocked_by is None else [f"{ask}: blocked by {blocked_by}"]
    if blocked_by is None or set(blocked_by) != {"kind", "time", "id"} or blocked_by["id"] not in winners:
        return [f"{ask}: blocked by {blocked_by}, winners {winners}"]
    return []


def _look_at_the_tables(ground: Ground, tally: Tally) -> None:
    """No overlap, and exactly those entries that somebody was told are theirs, besides what was there before."""
    sql, tenant_id = ground.desk.sql, ground.desk.clinic.tenant_id
    for name, found in faults(sql, tenant_id).items():
        if found:
            tally.wrongs.append(f"{len(found)} {name}: {found[:5]}")
    live = live_ids(sql, tenant_id)
    tally.wrongs += [f"entry {one} was won and is not there" for one in sorted(tally.live - live)[:5]]
    more = live - tally.live - tally.set_up
    tally.wrongs += [f"entry {one} is there and nobody won it" for one in sorted(more)[:5]]


def main() -> int:
    parser = argparse.ArgumentParser(description="Contests for one time, over every kind of entry.")
    parser.add_argument("--contests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3600, help="Stop after so many seconds.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openprac-contests-") as folder:  # noqa: SIM117
        with open_ground(Path(folder), given.workers) as ground:
            tally = run(ground, given.contests, given.seed, given.seconds)
    sys.stdout.write("\n".join(tally.lines()) + "\n")
    return 1 if tally.wrongs or tally.server_errors else 0


if __name__ == "__main__":
    sys.exit(main())
