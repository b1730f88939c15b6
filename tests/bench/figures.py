"""What a measurement reports: a ratio or a count, beside the most it may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `limit` None is for reading only; otherwise the number must not pass it."""

    name: str
    value: float
    limit: float | None = None
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the number is within its limit."""
        return self.limit is None or self.value <= self.limit
