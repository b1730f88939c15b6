"""The steps from an older schema to the present one; Alembic runs them, and only when they are needed."""

from typing import Final

# Oldest first. Known without Alembic, so that opening a database that needs nothing stays quick.
REVISIONS: Final = ("0001",)
HEAD: Final = REVISIONS[-1]
