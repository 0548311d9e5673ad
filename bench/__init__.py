"""`make bench`: openprac beside the same SQL alone, asyncpg alone and a typical service. See README.md."""
