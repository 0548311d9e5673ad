"""Tags in their categories, and the memos that lie between the clinical notes."""

import base64
import functools
from datetime import datetime

from openprac.demo.dice import Calendar, Dice, Row
from openprac.demo.paper import png

MEMOS = 0.16  # this part of the patients has one
TAGGED = 0.5
_CATEGORIES = (("Clinical", "#C0392B"), ("Front desk", "#2471A3"), ("Programs", "#1E8449"))
_OLD_CATEGORY = ("Colours of 2019", "#7D6608")
# Description, position of the category (None: it has none), still in use.
_TAGS: tuple[tuple[str, int | None, bool], ...] = (
    ("Falls risk", 0, True),
    ("Post-operative", 0, True),
    ("Chronic pain", 0, True),
    ("Interpreter", 1, True),
    ("Step-free entry", 1, True),
    ("Short notice list", 1, True),
    ("Balance class", 2, True),
    ("Hydrotherapy", 2, True),
    ("Return to work", 2, True),
    ("Newsletter 2021", 3, False),
    ("Do not disturb", None, True),
)
# As the sanitiser leaves them.
_TEXTS = (
    "<p>Rang to move the Thursday visit; the daughter drives. <strong>Mornings only</strong> until the end "
    "of the month.</p>",
    "<p>Plan review sent. Next steps:</p><ol><li>Goals agreed with the family</li><li>Report to the plan manager</li>"
    "<li>New service agreement</li></ol>",
    '<p>Asked about <em>hydrotherapy</em>. <span style="color:#1e8449">Interested</span>, waits for the new times.</p>',
    "<blockquote>Much better on the stairs, still stiff in the morning.</blockquote><p>Said at the front desk.</p>",
    "<p>Letter from the specialist has arrived &amp; is on file.</p>",
    '<table><thead><tr><th>Week</th><th style="text-align:right">Pain / 10</th></tr></thead><tbody><tr><td>1</td>'
    '<td style="text-align:right">7</td></tr><tr><td>3</td><td style="text-align:right">4</td></tr></tbody></table>',
    "<p>Payment plan agreed: three parts, <u>first one on Friday</u>.</p>",
)


def tag_categories(calendar: Calendar) -> list[Row]:
    rows = [_dated({"description": name, "colour": colour}, calendar, True) for name, colour in _CATEGORIES]
    return [*rows, _dated({"description": _OLD_CATEGORY[0], "colour": _OLD_CATEGORY[1]}, calendar, False)]


def tags(calendar: Calendar) -> list[Row]:
    return [
        _dated({"tag_category_id": category, "description": description}, calendar, used)
        for description, category, used in _TAGS
    ]


def memos(
    dice: Dice, calendar: Calendar, patients: list[Row], attachments: list[Row]
) -> tuple[list[Row], list[Row], list[Row]]:
    """Memos, oldest first, their tags and their files: one memo for every fourth file, and others without."""
    found: list[tuple[Row, int | None]] = []
    for number, file in enumerate(attachments[::4]):
        text = f"<p>New on file: {file['description']}.</p>" + (_pain_scale() if number == 0 else "")
        found.append(
            (_memo(calendar, file["client_id"], text, calendar.later(file["created"], dice, sooner=9)), 4 * number)
        )
    for position, patient in enumerate(patients):
        if dice.chance(MEMOS):
            when = calendar.later(patient["created"], dice)
            found.append((_memo(calendar, position, dice.pick(_TEXTS), when), None))
    found.sort(key=lambda pair: pair[0]["created"])
    tagged = [
        {"clinical_note_memo_id": number, "tag_id": tag}
        for number in range(len(found))
        if number == 0 or dice.chance(TAGGED)
        for tag in sorted({dice.whole(0, 8), dice.whole(0, 8)})
    ]
    filed = [
        {"clinical_note_memo_id": number, "attachment_client_id": file}
        for number, (_, file) in enumerate(found)
        if file is not None
    ]
    return [row for row, _ in found], tagged, filed


def _memo(calendar: Calendar, client_id: int, text: str, when: datetime) -> Row:
    label = when.astimezone(calendar.zone).replace(tzinfo=None, microsecond=0)
    return {"client_id": client_id, "memo": text, "memo_time": label, "created": when, "modified": when}


def _dated(row: Row, calendar: Calendar, used: bool) -> Row:
    created, dropped = (calendar.at(calendar.opening, seconds) for seconds in (36_000, 40_000))
    return {
        **row,
        "archived_at": None if used else dropped,
        "created": created,
        "modified": created if used else dropped,
    }


@functools.cache
def _pain_scale() -> str:
    """A bar from light to dark with a mark on it, inline as callers send pictures."""
    width, height, mark = 110, 12, 74
    line = bytes(0 if abs(x - mark) < 2 else 255 - 2 * x for x in range(width))
    picture = base64.b64encode(png(width, height, line * height)).decode()
    return f'<p><img src="data:image/png;base64,{picture}" alt="Pain scale, 7 of 10"></p>'
