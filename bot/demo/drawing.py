"""Pictures in an answer, where they were asked for and the request takes them. Not for the event loop."""

import re

from bot.demo.pictures import COLOURS, draw
from bot.demo.questions import Question, speeches
from bot.demo.wire import Answer

_DRAW = re.compile(r"\b(draw|paint|sketch)\b|\b(make|create|generate)\b.{0,20}\b(picture|image|drawing)\b", re.I)
_CHANGE = re.compile(r"\b(make|paint|colour|color) it\b", re.I)
_COLOUR = re.compile("|".join(sorted(COLOURS, key=len, reverse=True)), re.I)


def drawn(question: Question) -> Answer | str | None:
    """The shape that was asked for, or the last one in another colour; a sentence where none can be sent."""
    before = _last_wish(question) if _CHANGE.search(question.head) else None
    if before is None and not _DRAW.search(question.head):
        return None
    if not question.prompt.draws:
        return "I draw only where pictures may be part of the answer, and this request did not ask for any."
    if before is None:
        said = "Here is what I drew; I know circles, squares and triangles."
        return Answer(said, pictures=(draw(question.head),))
    return Answer("The same, changed.", pictures=(draw(f"{_COLOUR.sub('', before)} {question.head}"),))


def _last_wish(question: Question) -> str | None:
    """What was to be drawn last, in this conversation."""
    return next((text for _, text in reversed(list(speeches(question.before))) if _DRAW.search(text)), None)
