"""What is out of order and is left alone for a while: the key, or a model. Decides; it asks nobody."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import (
    AddressWrong,
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewayUnpaid,
    KeyLimitReached,
    ModelResting,
)
from bot.gateway.retry import LONGEST_OBEYED

MOST_FAILURES = 5
"""Failures of a model in a row after which it is left alone."""

REST = 60.0
"""Seconds for which it is."""

LONGEST_REST = 300.0
"""Seconds; a provider may ask for hours."""

REFUSED_PAUSE, UNPAID_PAUSE, LIMIT_PAUSE, ACCOUNT_PAUSE = 60.0, 300.0, 60.0, 120.0
"""Seconds until the key is looked at again: when it was refused, when its credit is used up, when its limit is
reached, or when the whole account is throttled and no time was named."""


@dataclass(slots=True)
class Pause:
    """Nothing is sent for anybody until then: the reason, the length, and whether the balance can end it."""

    reason: GatewayError
    seconds: float
    until: float
    probed: bool


@dataclass(slots=True)
class _Record:
    failures: int = 0
    until: float = 0.0
    reason: GatewayError | None = None


class Health:
    """Remembers how requests ended. `now` is seconds by any clock that only goes forward."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._models: dict[str, _Record] = {}
        self.pause: Pause | None = None

    def refusal(self, model: str) -> GatewayError | None:
        """Why a request to this model would be sent in vain now; None to go ahead."""
        if self.pause is not None:
            return self.pause.reason
        record = self._models.get(model)
        return record.reason if record is not None and self._now() < record.until else None

    def look_now(self) -> bool:
        """Whether it is time to look at the key again. Whoever is told so looks; others are not told meanwhile."""
        if self.pause is None or self._now() < self.pause.until:
            return False
        self.pause.until = self._now() + self.pause.seconds
        return True

    def resume(self) -> None:
        """The key is in order again, or nobody can tell."""
        self.pause = None

    def answered(self, model: str) -> None:
        """A request to the model was answered."""
        self._models.pop(model, None)

    def failed(self, model: str, error: GatewayError) -> Pause | None:
        """A request failed before its first word. The pause, if that begins one for the key."""
        begun = self._pause_for(error)
        if begun is not None:
            fresh, self.pause = self.pause is None, begun
            return begun if fresh else None
        record = self._models.setdefault(model, _Record())
        if isinstance(error, GatewayBusy) and (error.retry_after or 0) > LONGEST_OBEYED:
            record.until = self._now() + min(error.retry_after or 0.0, LONGEST_REST)
            record.reason = error
        elif isinstance(error, GatewayDown) and not isinstance(error, ModelResting):
            record.failures += 1
            if record.failures >= MOST_FAILURES:
                # After the rest one more failure is enough: the model is on trial.
                record.failures, record.until = MOST_FAILURES - 1, self._now() + REST
                record.reason = ModelResting(f"{model} failed {MOST_FAILURES} times in a row")
        return None

    def _pause_for(self, error: GatewayError) -> Pause | None:
        if isinstance(error, GatewayBusy):
            seconds = (error.retry_after or ACCOUNT_PAUSE) if error.about == "account" else None
        elif isinstance(error, KeyLimitReached):
            seconds = LIMIT_PAUSE
        elif isinstance(error, GatewayUnpaid):
            seconds = UNPAID_PAUSE
        else:
            seconds = REFUSED_PAUSE if isinstance(error, GatewayRefused) else None
        if seconds is None:
            return None
        probed = isinstance(error, GatewayRefused | GatewayUnpaid) and not isinstance(error, KeyLimitReached)
        return Pause(error, seconds, self._now() + seconds, probed)


def advice(error: GatewayError) -> str:
    """What the operator can do about a pause."""
    if isinstance(error, KeyLimitReached):
        return "raise the limit of the key, its project or its team, or wait for its reset"
    if isinstance(error, GatewayUnpaid):
        return "add credits to the gateway's account"
    if isinstance(error, GatewayBusy):
        return "the free tier is throttled as a whole; buying credits ends that"
    if isinstance(error, AddressWrong):
        return "check AI_GATEWAY_BASE_URL; it usually ends in /v1"
    if "customer_verification_required" in str(error):
        return "add a card to the gateway's account"
    return "check AI_GATEWAY_API_KEY, VERCEL_OIDC_TOKEN and AI_GATEWAY_BASE_URL"
