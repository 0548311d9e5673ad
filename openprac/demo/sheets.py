"""The letters and forms on the invented patients' records. They name nobody: one may hang on many records."""

from collections.abc import Sequence

from openprac.demo.paper import A4_POINTS, Page, pdf

LEFT, TOP, RIGHT = 60, A4_POINTS[1] - 70, A4_POINTS[0] - 60
LEADING = 16
FOOTER = "Sample document of a demonstration clinic: every person, place and finding in it is invented."


def gp_referral() -> bytes:
    return _letter(
        "Referral",
        "Banksia Family Practice",
        (
            "Dear colleague,",
            "",
            "Thank you for seeing this patient with six weeks of pain in the right shoulder,",
            "worse at night and when reaching overhead. There was no injury.",
            "",
            "Examination: painful arc from 70 to 120 degrees, full passive range, power 5/5.",
            "Medication: paracetamol as needed. No known allergies.",
            "",
            "I would be grateful for your assessment and an exercise programme. The patient is",
            "eligible for five visits under a care plan this calendar year.",
            "",
            "With kind regards,",
            "",
            "Dr A. Sample (General Practitioner)",
        ),
    )


def report_to_gp() -> bytes:
    return _letter(
        "Progress report",
        "Allied Health Clinic",
        (
            "Dear Doctor,",
            "",
            "Thank you for referring this patient, who has now been seen four times.",
            "",
            "Findings: pain at rest down from 6/10 to 2/10; active abduction up from 95° to 160°.",
            "Treatment: education, graded loading of the rotator cuff, home exercise.",
            "Plan: two more visits, four weeks apart, then discharge to a home programme.",
            "",
            "Please call if you would like to discuss any of this.",
            "",
            "Yours sincerely,",
            "",
            "B. Sample (Physiotherapist)",
        ),
    )


def care_plan() -> bytes:
    return _letter(
        "Mental health treatment plan",
        "Banksia Family Practice",
        (
            "Dear Psychologist,",
            "",
            "This patient has agreed to a treatment plan and to up to six sessions in the first",
            "course. Presenting: low mood and broken sleep since a change of work three months ago.",
            "",
            "Measures: K10 = 24 (moderate). Risk: none current, protective family.",
            "Goals: return to usual sleep; two enjoyable activities a week; review at session six.",
            "",
            "With thanks,",
            "",
            "Dr C. Sample (General Practitioner)",
        ),
    )


def imaging_report() -> bytes:
    return _letter(
        "Imaging report: left hand, two views",
        "Lantern Hill Imaging",
        (
            "Clinical details: fall on the outstretched hand. ? fracture.",
            "",
            "Findings: alignment of the carpal bones is normal. No fracture is seen. Joint spaces",
            "are kept. Mild soft tissue swelling over the back of the wrist.",
            "",
            "Conclusion: no bony injury. If tenderness persists over the scaphoid, repeat in ten days.",
            "",
            "Dr D. Sample (Radiologist)",
        ),
    )


def consent_form() -> bytes:
    page = _headed("Consent to treatment and to health records", "Allied Health Clinic")
    statements = (
        "I have been told what the treatment involves, its benefits and its risks.",
        "I may stop the treatment at any time.",
        "The clinic may write to my general practitioner about my care.",
        "The clinic may send me reminders by SMS and e-mail.",
        "I have read how the clinic keeps my information.",
    )
    for number, statement in enumerate(statements):
        y = TOP - 90 - 34 * number
        page.lines(((LEFT, y), (LEFT + 12, y), (LEFT + 12, y + 12), (LEFT, y + 12), (LEFT, y)))
        page.lines(((LEFT + 2, y + 6), (LEFT + 5, y + 2), (LEFT + 11, y + 11)), 1.6)
        page.text(LEFT + 24, y + 2, 11, statement)
    page.lines(((LEFT, 420), (LEFT + 220, 420)), 0.7)
    page.text(LEFT, 406, 9, "Signature of the patient, or of a parent or guardian")
    curl = [(LEFT + 20 + 7 * step, 432 + (14 if step % 2 else -4) * (1 if step < 9 else 0.4)) for step in range(20)]
    page.lines(curl, 1.2)
    return pdf("Consent form", [page])


def service_agreement() -> bytes:
    first, second = (
        _headed(f"Service agreement (NDIS), page {number} of 2", "Allied Health Clinic") for number in (1, 2)
    )
    _paragraph(
        first,
        (
            "This agreement is between the participant and the provider, for twelve months.",
            "",
            "1. The provider agrees to work towards the participant's goals, to keep notes, and to",
            "    give a report before the plan is reviewed.",
            "2. The participant agrees to tell the provider of changes to the plan.",
            "3. Either side may end the agreement with four weeks' notice.",
        ),
    )
    rows = (
        ("Support", "Hours", "Rate"),
        ("Assessment and report", "6", "as per price guide"),
        ("Therapy", "30", "same"),
    )
    for number, row in enumerate(rows):
        y = TOP - 110 - 26 * number
        if number == 0:
            second.band(LEFT, y - 8, RIGHT - LEFT, 26, 0.9)
        for x, cell in zip((LEFT + 8, LEFT + 230, LEFT + 310), row, strict=True):
            second.text(x, y, 11, cell, "R" if number else "B")
        second.lines(((LEFT, y - 8), (RIGHT, y - 8)), 0.5)
    return pdf("Service agreement", [first, second])


def exercise_sheet() -> bytes:
    page = _headed("Home exercises: shoulder and balance", "Allied Health Clinic")
    exercises = (
        ("1. Wall slides", "3 sets of 10, once a day. Stop short of pain.", (48, 30)),
        ("2. Band pull-apart", "3 sets of 12, every second day.", (44, 2)),
        ("3. Stand on one leg", "30 seconds each side, near a bench.", (30, -22)),
    )
    for number, (name, dose, hands) in enumerate(exercises):
        y = TOP - 190 - 180 * number
        _figure(page, LEFT + 70, y, hands, one_leg=number == 2)
        page.text(LEFT + 170, y + 60, 13, name, "B")
        page.text(LEFT + 170, y + 40, 11, dose)
        page.lines(((LEFT, y - 60), (RIGHT, y - 60)), 0.4)
    return pdf("Exercise sheet", [page])


def _letter(title: str, sender: str, lines: Sequence[str]) -> bytes:
    page = _headed(title, sender)
    _paragraph(page, lines)
    return pdf(title, [page])


def _headed(title: str, sender: str) -> Page:
    page = Page()
    page.band(0, A4_POINTS[1] - 40, A4_POINTS[0], 40, 0.85)
    page.text(LEFT, A4_POINTS[1] - 26, 14, sender, "B")
    page.text(LEFT, TOP - 30, 16, title, "B")
    page.lines(((LEFT, TOP - 40), (RIGHT, TOP - 40)), 0.8)
    page.text(LEFT, 40, 8, FOOTER, "O")
    return page


def _paragraph(page: Page, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines):
        if line:
            page.text(LEFT, TOP - 80 - LEADING * number, 11, line)


def _figure(page: Page, x: float, y: float, hands: tuple[float, float], *, one_leg: bool) -> None:
    """A stick figure whose hips are at x, y; `hands` says how far each hand is from the shoulders."""
    reach, lift = hands
    page.circle(x, y + 72, 12, 2)
    page.lines(((x, y), (x, y + 60)), 2)
    page.lines(((x - reach, y + 50 + lift), (x, y + 50), (x + reach, y + 50 + lift)), 2)
    page.lines(((x, y), (x - (4 if one_leg else 16), y - 52)), 2)
    page.lines(((x, y), (x + 22, y - 20), (x + 6, y - 38)) if one_leg else ((x, y), (x + 16, y - 52)), 2)
