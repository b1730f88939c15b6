"""Fresh ids."""

import os

LENGTH = 20
_BLOCK = 256


class Ids:
    """Makes ids of twenty hexadecimal digits that nobody can guess.

    Randomness is fetched for many at once: every fetch lets go of the interpreter, and a busy thread that lets go
    of it waits long to get it back.
    """

    def __init__(self) -> None:
        self._digits = ""

    def __call__(self) -> str:
        """The next id."""
        if not self._digits:
            self._digits = os.urandom(_BLOCK * LENGTH // 2).hex()
        fresh, self._digits = self._digits[:LENGTH], self._digits[LENGTH:]
        return fresh
