"""Discord's rate limits: buckets for a route and its place, fifty calls a second over all of them."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in so many seconds, from the first call on."""

    calls: int
    seconds: float


@dataclass(slots=True)
class _Window:
    ends: float
    used: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limits say to one call. `retry_after` is set when it is refused."""

    headers: dict[str, str]
    retry_after: float | None = None
    everywhere: bool = False


DEFAULT = Limit(50, 1.0)
USUAL = {
    "create_message": Limit(5, 5.0),
    "edit_message": Limit(5, 5.0),
    "delete_message": Limit(5, 1.0),
    "typing": Limit(5, 5.0),
    "reaction": Limit(1, 0.25),
    "webhook": Limit(5, 2.0),
    "open_thread": Limit(10, 10.0),
    "edit_channel": Limit(5, 15.0),
    "put_commands": Limit(5, 20.0),
}
"""What has been observed, by bucket; a place is a channel, a guild or a webhook's token."""

GLOBAL = Limit(50, 1.0)
OLD_EDITS = Limit(3, 3600.0)
"""Edits of one channel's messages that are older than an hour: error 30046 beyond."""


@dataclass
class RateLimits:
    """The bookkeeping. Each limit can be set for a test; `refused` counts the 429s by bucket."""

    limits: dict[str, Limit] = field(default_factory=lambda: dict(USUAL))
    total: Limit | None = GLOBAL
    old_edits: Limit = OLD_EDITS
    refused: Counter[str] = field(default_factory=Counter)
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def take(self, bucket: str, place: str, now: float, *, counts_globally: bool = True) -> Verdict:
        """Count a call and say whether it may go through."""
        if counts_globally and self.total is not None:
            wait, _ = self._count("", "", self.total, now)
            if wait is not None:
                self.refused["global"] += 1
                return Verdict({"x-ratelimit-global": "true", "x-ratelimit-scope": "global"}, wait, True)
        limit = self.limits.get(bucket, DEFAULT)
        wait, window = self._count(bucket, place, limit, now)
        headers = {
            "x-ratelimit-limit": str(limit.calls),
            "x-ratelimit-remaining": str(max(0, limit.calls - window.used)),
            "x-ratelimit-reset": f"{window.ends:.3f}",
            "x-ratelimit-reset-after": f"{window.ends - now + 0.0005:.3f}",
            "x-ratelimit-bucket": hashlib.md5(bucket.encode(), usedforsecurity=False).hexdigest(),
        }
        if wait is not None:
            self.refused[bucket] += 1
            headers["x-ratelimit-scope"] = "user"
        return Verdict(headers, wait)

    def take_old_edit(self, channel: str, now: float) -> float | None:
        """Count an edit of an old message; seconds to wait when there were too many."""
        return self._count("old edits", channel, self.old_edits, now)[0]

    def left(self, bucket: str, now: float) -> dict[str, int]:
        """How many calls each place has left in its window."""
        calls = self.limits.get(bucket, DEFAULT).calls
        return {
            key[1]: calls - one.used for key, one in self._windows.items() if key[0] == bucket and one.ends > now
        }

    def _count(self, bucket: str, place: str, limit: Limit, now: float) -> tuple[float | None, _Window]:
        window = self._windows.get((bucket, place))
        if window is None or window.ends <= now:
            window = self._windows[bucket, place] = _Window(now + limit.seconds, 0)
        if window.used >= limit.calls:
            return round(window.ends - now + 0.0005, 3), window
        window.used += 1
        return None, window
