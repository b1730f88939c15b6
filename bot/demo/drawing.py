"""Pictures in an answer, where they were asked for and the request takes them. Not for the event loop."""

import re

from bot.demo.pictures import draw
from bot.demo.questions import Question
from bot.demo.wire import Answer

_DRAW = re.compile(r"\b(draw|paint|sketch)\b|\b(make|create|generate)\b.{0,20}\b(picture|image|drawing)\b", re.I)


def drawn(question: Question) -> Answer | str | None:
    """The shape that was asked for; one sentence where pictures cannot be sent."""
    if not _DRAW.search(question.head):
        return None
    if not question.prompt.draws:
        return "I draw only where pictures may be part of the answer, and this request did not ask for any."
    return Answer("Here is what I drew; I know circles, squares and triangles.", pictures=(draw(question.head),))
