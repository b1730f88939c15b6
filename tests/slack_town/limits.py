"""How many calls Slack takes: by method, app and workspace; for posts by channel too."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many calls in any stretch of so many seconds."""

    calls: int
    seconds: float = 60.0


TIER_1 = Allowance(1)
TIER_2 = Allowance(20)
TIER_3 = Allowance(50)
TIER_4 = Allowance(100)
SPECIAL = Allowance(600)
"""Where Slack says only that special limits apply: more than a well-behaved app needs."""
POSTS_IN_A_CHANNEL = Allowance(5, 5.0)
"""Slack: about one a second, short bursts tolerated."""


@dataclass(slots=True)
class Limits:
    """Counts calls and says when one is too many. `changed` puts other allowances in for some methods."""

    on: bool = True
    changed: Mapping[str, Allowance] = field(default_factory=dict)
    posts_in_a_channel: Allowance = POSTS_IN_A_CHANNEL
    _windows: dict[str, deque[float]] = field(default_factory=dict)

    def count(self, method: str, allowance: Allowance, now: float, channel: str = "") -> int | None:
        """Count a call. None if it may come in, else the whole seconds to wait, as `Retry-After` has them."""
        if not self.on:
            return None
        asked = [(method, self.changed.get(method, allowance))]
        if method == "chat.postMessage" and channel:
            asked.append((f"{method} {channel}", self.posts_in_a_channel))
        waits = [self._wait(name, limit, now) for name, limit in asked]
        if max(waits) > 0:
            return max(math.ceil(max(waits)), 1)
        for name, _ in asked:
            self._windows[name].append(now)
        return None

    def _wait(self, name: str, allowance: Allowance, now: float) -> float:
        window = self._windows.setdefault(name, deque())
        while window and window[0] <= now - allowance.seconds:
            window.popleft()
        return window[0] + allowance.seconds - now if len(window) >= allowance.calls else 0.0
