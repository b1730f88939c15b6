"""How a turn went, in figures, for the log and for whoever watches. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from bot.conversation.endings import Ending
from bot.messages import Turn, Usage
from bot.ports import TurnFigures


def figures_of(
    turn: Turn, ending: Ending, used: Sequence[Usage], seconds: float, first_text: float | None
) -> TurnFigures:
    """The figures of a turn that took `seconds`, its first text visible after `first_text` of them."""
    cost = sum((Decimal(one.cost) for one in used if one.cost is not None), Decimal())
    return TurnFigures(
        platform=turn.place.platform,
        result=ending.state.value,
        model=turn.model or "",
        seconds=seconds,
        first_text=first_text,
        prompt_tokens=sum(one.prompt_tokens for one in used),
        completion_tokens=sum(one.completion_tokens for one in used),
        cost=f"{cost:f}",
        error=type(ending.error).__name__ if ending.error else None,
    )


def log_line(turn: Turn, figures: TurnFigures) -> dict[str, Any]:
    """The one line that the log holds of a turn."""
    told = {
        name: round(v, 3) if isinstance(v, float) else v for name, v in asdict(figures).items() if v is not None
    }
    return {"place": turn.place.key, "turn": turn.id, **told}
