"""openprac: an open practice-management back end that speaks the PracSuite API v1."""

__version__ = "0.1.0"
