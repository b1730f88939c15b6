"""Figures about the program's work, for Prometheus. Labels hold platforms, models and kinds, never people."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from bot.ports import CallFigures, TurnFigures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_WAITS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
_LAGS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

LAG_EVERY = 0.5
"""Seconds between two looks at how late the event loop is."""


class Metrics:
    """Counts what happens; implements `bot.ports.Meter`. Every call takes a few microseconds and never fails."""

    def __init__(self, version: str) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._gauge("gatepost_info", "The version that runs", ("version",)).labels(version).set(1)
        self._turns = self._counter("gatepost_turns", "Turns that ended", ("platform", "result"))
        self._errors = self._counter("gatepost_turn_errors", "Turns that failed, by error", ("error",))
        self._seconds = self._histogram(
            "gatepost_turn_seconds", "From the beginning of a turn to its end", ("platform",), _WAITS
        )
        self._first_text = self._histogram(
            "gatepost_first_text_seconds",
            "From the beginning of a turn to its first visible text",
            ("platform",),
            _WAITS,
        )
        self._tokens = self._counter("gatepost_tokens", "Tokens that answers used", ("model", "kind"))
        self._cost = self._counter(
            "gatepost_cost_dollars", "What answers cost, as the gateway reports it", ("model",)
        )
        self._calls = self._counter(
            "gatepost_platform_calls", "Posts, edits and deletions", ("platform", "verb", "result")
        )
        self._age = self._histogram(
            "gatepost_text_age_seconds",
            "Age of the oldest unseen text when it became visible",
            ("platform",),
            _WAITS,
        )
        self._saved = self._counter(
            "gatepost_edits_saved", "Changes of a reply that needed no call of their own", ("platform",)
        )
        self._events = self._counter("gatepost_events", "Events taken in", ("platform",))
        self._last_event = self._gauge(
            "gatepost_last_event_timestamp_seconds", "When the last event came in", ("platform",)
        )
        self._connected = self._gauge(
            "gatepost_platform_connected", "Whether a platform is connected", ("platform",)
        )
        self._lag = self._histogram("gatepost_loop_lag_seconds", "How late the event loop is", (), _LAGS)

    def turn(self, ended: TurnFigures) -> None:
        """A turn ended."""
        self._turns.labels(ended.platform, ended.result).inc()
        self._seconds.labels(ended.platform).observe(ended.seconds)
        if ended.first_text is not None:
            self._first_text.labels(ended.platform).observe(ended.first_text)
        if ended.error is not None:
            self._errors.labels(ended.error).inc()
        self._tokens.labels(ended.model, "prompt").inc(ended.prompt_tokens)
        self._tokens.labels(ended.model, "completion").inc(ended.completion_tokens)
        self._cost.labels(ended.model).inc(float(ended.cost))

    def call(self, made: CallFigures) -> None:
        """A platform was called."""
        self._calls.labels(made.platform, made.verb, made.result).inc()
        if made.age is not None:
            self._age.labels(made.platform).observe(made.age)
        if made.saved:
            self._saved.labels(made.platform).inc(made.saved)

    def event(self, platform: str, now: float) -> None:
        """An event came in at this time, in seconds since the epoch."""
        self._events.labels(platform).inc()
        self._last_event.labels(platform).set(now)

    def watch(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Show a figure that is asked for whenever somebody looks."""
        self._gauge(name, description, ()).set_function(value)

    def connections(self, connected: Mapping[str, bool]) -> None:
        """Which platforms are connected now."""
        for platform, holds in connected.items():
            self._connected.labels(platform).set(holds)

    async def watch_loop(self) -> None:
        """Note for ever how late the event loop is."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY
            await asyncio.sleep(LAG_EVERY)
            self._lag.observe(max(0.0, loop.time() - due))

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

    def names(self) -> Sequence[str]:
        """What our own figures are called, as they are scraped."""
        return sorted(
            f"{family.name}_total" if family.type == "counter" else family.name
            for family in self._registry.collect()
            if family.name.startswith("gatepost_")
        )

    def _counter(self, name: str, description: str, labels: Sequence[str]) -> Counter:
        return Counter(name, description, labels, registry=self._registry)

    def _gauge(self, name: str, description: str, labels: Sequence[str]) -> Gauge:
        return Gauge(name, description, labels, registry=self._registry)

    def _histogram(
        self, name: str, description: str, labels: Sequence[str], buckets: Sequence[float]
    ) -> Histogram:
        return Histogram(name, description, labels, buckets=buckets, registry=self._registry)
