"""How the time something takes grows with the length of the text it is given."""

import time
from collections.abc import Callable

_LONG = 32_000
_NOISE_SECONDS = 0.02


def assert_linear(read: Callable[[str], object], unit: str) -> None:
    """Four times the text takes at most nine times as long: in proportion it is four, by the square sixteen."""
    quarter = unit * (_LONG // len(unit) // 4)
    short, long = (min(_seconds(read, text) for _ in range(2)) for text in (quarter, quarter * 4))
    assert long <= 9 * short + _NOISE_SECONDS, f"{unit!r}: {short:.4f} s, then {long:.4f} s"


def _seconds(read: Callable[[str], object], text: str) -> float:
    begun = time.thread_time()  # what others do on this machine meanwhile is not counted
    read(text)
    return time.thread_time() - begun
