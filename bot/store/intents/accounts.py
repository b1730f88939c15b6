"""What answers used, by person, place and model."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from bot.messages import Turn, Usage, person_key
from bot.store.schema import usage

_ADD = insert(usage)


def book_usage(conn: Connection, turn: Turn, used: Mapping[str, Usage], now: float) -> None:
    """Write down what requests used, by the gateway's id for each; an aborted one too."""
    for generation, spent in used.items():
        row = {
            "turn_id": turn.id,
            "generation_id": generation,
            "person": person_key(turn.place.platform, turn.requester),
            "place": turn.place.parent.key,
            "model": turn.model or "",
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
            "cached_tokens": spent.cached_tokens,
            "cost": spent.cost,
            "at": now,
        }
        conn.execute(_ADD, row)


_RECENT = 2_000
"""The most answers that are looked at for what was used lately."""


def models_used(conn: Connection, since: float) -> Mapping[str, tuple[str, ...]]:
    """The models that answered in each channel since then, by `Place.key` of the channel, the last one first."""
    rows = (
        select(usage.c.place, usage.c.model).where(usage.c.at > since).order_by(usage.c.at.desc()).limit(_RECENT)
    )
    found: dict[str, dict[str, None]] = {}
    for row in conn.execute(rows):
        found.setdefault(row.place, {})[row.model] = None
    return {place: tuple(models) for place, models in found.items()}
