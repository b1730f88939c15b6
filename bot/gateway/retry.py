"""Whether a request that failed before its first word is tried again, and after how long. Pure."""

from random import Random

from bot.errors import AnswerCutOff, AnswerEmpty, GatewayBusy, GatewayDown, GatewayError

LONGEST_OBEYED = 20.0
"""Seconds; a gateway that asks for more is better left to the person who asked."""

_BUSY_PAUSES = (1.0, 3.0)
_DOWN_TRIES = 2
_DOWN_PAUSE = (0.5, 2.0)


def pause_before_retry(error: GatewayError, tries: int, random: Random) -> float | None:
    """Seconds until the next try after `tries` earlier retries; None when there is to be none.

    Zero means at once, and without a word about it.
    """
    if isinstance(error, GatewayBusy):
        return _pause_when_busy(error.retry_after, tries)
    if isinstance(error, AnswerEmpty):
        return 0.0 if tries == 0 else None
    if isinstance(error, GatewayDown | AnswerCutOff) and error.retriable and tries < _DOWN_TRIES:
        return random.uniform(*_DOWN_PAUSE)
    return None


def _pause_when_busy(retry_after: float | None, tries: int) -> float | None:
    if retry_after is None:
        return _BUSY_PAUSES[tries] if tries < len(_BUSY_PAUSES) else None
    # An eager zero would hit the limit again at once.
    return max(retry_after, _BUSY_PAUSES[0]) if tries == 0 and retry_after <= LONGEST_OBEYED else None
