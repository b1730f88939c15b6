"""How a method of the Web API says no."""

from typing import Any


class Refusal(Exception):
    """`ok: false` with this error and these further fields; the HTTP status stays 200."""

    def __init__(self, error: str, **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields
