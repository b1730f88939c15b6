"""What answers used, by person, place and model."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert

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
