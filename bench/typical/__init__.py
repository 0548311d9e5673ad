"""The same three operations the way most would write them today: FastAPI, SQLAlchemy 2 async ORM, pydantic v2.

Set up well, so that the comparison says something: uvloop and httptools, one engine with a pool of the same size,
expire_on_commit off, related names by one eager join with only the columns that are shown, both keys in one
statement, response models compiled once and serialised once, no debug, no middleware, no access log.
What it does not do, and openprac does: row-level security, audit, rate limit, filters, idempotency, structured logs.
"""
