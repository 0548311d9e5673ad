"""The search and the explanation, at their edges and against each other."""

from random import Random

from openprac.availability.explain import KINDS, why_not
from openprac.availability.search import starts
from tests.availability.drawn import COLUMNS, drawn


def _agree(seed: int) -> set[str]:
    """The kinds of reason that were given."""
    random = Random(seed)
    question, situation = drawn(random)
    found = starts(question, situation)
    everything = found.page(0, len(found))
    assert everything == sorted(set(everything))
    assert len(everything) == len(found) == len(starts(question, situation))
    assert starts(question, situation).first() == (everything[0] if everything else None)
    offset, limit = random.randint(0, len(everything) + 5), random.randint(1, 60)
    assert starts(question, situation).page(offset, limit) == everything[offset : offset + limit]
    offered = {(one.minute, one.practitioner_id, one.business_id, one.column) for one in everything}
    kinds = set()
    days = (question.to_date - question.from_date).days + 1
    times = [*random.sample(everything, min(20, len(everything)))]
    asked = {(one.minute, one.practitioner_id, one.business_id, one.column) for one in times}
    for place in situation.places:
        minutes = [random.randrange(0, 1440 * days) for _ in range(20)]
        near = [one.minute + random.choice((-5, 5, place.interval)) for one in times]
        asked |= {
            (minute, place.practitioner_id, place.business_id, random.randint(1, COLUMNS))
            for minute in (*minutes, *near)
        }
    places = {(one.practitioner_id, one.business_id): one for one in situation.places}
    for minute, practitioner_id, business_id, column in asked:
        place = places[practitioner_id, business_id]
        reasons = why_not(question, situation, place, minute, column)
        assert (not reasons) == ((minute, practitioner_id, business_id, column) in offered), (minute, place, reasons)
        kinds |= {one.kind for one in reasons}
    return kinds


def test_every_time_is_offered_or_has_a_reason() -> None:
    kinds = set().union(*(_agree(seed) for seed in range(600)))
    assert kinds == set(KINDS) - {"not_offered"}
