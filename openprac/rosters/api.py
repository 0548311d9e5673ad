"""Rosters, gathered: every collection and every action, in the order of the documentation."""

from openprac.rosters import override, roster
from openprac.rosters.assignment import ROSTER_ASSIGNMENT
from openprac.rosters.day_off import DAY_OFF
from openprac.rosters.override import ROSTER_OVERRIDE
from openprac.rosters.roster import ROSTER

COLLECTIONS = (ROSTER, ROSTER_OVERRIDE, ROSTER_ASSIGNMENT, DAY_OFF)

ACTIONS = (*roster.ACTIONS, *override.ACTIONS)
