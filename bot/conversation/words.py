"""The short lines under an answer: what is going on, and how it ended. One place for all of them."""

from collections.abc import Iterable

from bot.errors import GatepostError, sentence_for

THINKING = "thinking…"
WAITING = "I've seen this; others are before you. I'll answer here."
NEXT = "I've seen this and will answer it next."
STOPPED = "Stopped."
CUT_OFF = "The answer reached its length limit."
GAVE_UP = "I tried this twice and did not get through, so I stopped."
TWICE = "I was interrupted while posting this, so part of it may stand here twice."
OUTSIDERS = (
    "I answer members of this workspace only. Its moderators can change that with /settings outsiders allow."
)
NOT_HERE = "Sorry, I am not set up to answer in this workspace. Whoever runs me can allow it."
EMPTY = "There is nothing to answer here."
DRAWING = "drawing…"
NO_PICTURE = "The model sent a picture that can't be opened, so it is left out."
PICTURE_NOT_KEPT = "My disk takes nothing more: this picture is shown, but I will not remember it."
MISSED = "I was away when this was asked. Is it still wanted? Press Regenerate, or ask again."

_TITLE_LIMIT = 80


def thread_title(question: str) -> str:
    """What the thread is called in which a question is answered."""
    return " ".join(question.split())[:_TITLE_LIMIT] or "Question"


def reading(names: Iterable[str]) -> str:
    """While files are read."""
    return f"reading {', '.join(names)}…"


def using(tools: Iterable[str]) -> str:
    """While tools run."""
    return f"using {', '.join(dict.fromkeys(tools))}…"


def may_i(asker: str, told: str) -> str:
    """Before a tool does what others will see; the buttons stand below."""
    plain = told.translate(str.maketrans("[]<>`", "()‹›'"))
    return f"{asker}, shall I {plain}?"


def retrying(seconds: float) -> str:
    """While the gateway is asked again."""
    return "trying again…" if seconds < 1.5 else f"trying again in {seconds:.0f} s…"


def too_many_pictures(most: int) -> str:
    """When a model draws without end."""
    return f"The model drew more than can be shown here; {most} pictures are the most."


def too_many_steps(steps: int) -> str:
    """When the model never stopped calling tools."""
    return f"Stopped after {steps} steps."


def failed(error: GatepostError, reference: str) -> str:
    """How a failure is told; the reference finds it in the log."""
    return f"⚠ {sentence_for(error)} (ref {reference})"


def warned(said: str) -> str:
    """A sentence that should not be overlooked."""
    return f"⚠ {said}"


def use(model: str) -> str:
    """What a button says that has another model answer."""
    return f"Use {model}"


def interrupted(error: GatepostError, reference: str) -> str:
    """When an answer broke off: what was said so far stands."""
    return f"⚠ Answer interrupted. {sentence_for(error)} (ref {reference})"


def gave_up(reference: str) -> str:
    """When a question took the program down twice."""
    return f"⚠ {GAVE_UP} (ref {reference})"


def with_notices(status: str | None, notices: Iterable[str]) -> str | None:
    """A status with what was not read, a line each."""
    lines = [*([status] if status else []), *(f"⚠ {notice}" for notice in notices)]
    return "\n".join(lines) or None
