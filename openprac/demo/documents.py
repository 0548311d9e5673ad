"""The few files that hang on the invented patients' records."""

import functools
from collections.abc import Callable
from typing import NamedTuple

from openprac.demo import sheets
from openprac.demo.pictures import pressure_scan, xray_hand

REFERRALS, IMAGING, FORMS = "Referrals", "Imaging", "Forms"
FOLDERS = (REFERRALS, IMAGING, FORMS)


class Document(NamedTuple):
    """`folder` is where it is filed when the patient has folders; None is the top of the patient's files.

    `needs` is the column that a patient with such a document has filled in.
    """

    file_name: str
    description: str
    folder: str | None
    make: Callable[[], bytes]
    needs: str | None = None


DOCUMENTS: tuple[Document, ...] = (
    Document("GP referral.pdf", "Referral from the GP, shoulder", REFERRALS, sheets.gp_referral, "referrer"),
    Document("Mental health plan.pdf", "Treatment plan from the GP", REFERRALS, sheets.care_plan, "referrer"),
    Document("Report to GP (session 4).pdf", "Progress report to the GP", None, sheets.report_to_gp, "referrer"),
    Document("X-ray left hand.png", "X-ray of the left hand", IMAGING, xray_hand),
    Document("X-ray report - left hand.pdf", "Report on the x-ray of the left hand", IMAGING, sheets.imaging_report),
    Document("Gait scan_R.png", "Pressure scan of the right foot, barefoot", IMAGING, pressure_scan),
    Document("Consent form – signed.pdf", "Consent to treatment, first visit", FORMS, sheets.consent_form),
    Document("NDIS service agreement.pdf", "NDIS service agreement", FORMS, sheets.service_agreement, "ndis_number"),
    Document("Exercises (shoulder & balance).pdf", "Home exercises given at the visit", None, sheets.exercise_sheet),
)


@functools.cache
def body_of(document: Document) -> bytes:
    """The file's bytes, made once a process and the same for every clinic."""
    return document.make()
