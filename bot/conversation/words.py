"""The short lines under an answer: what is going on, and how it ended. One place for all of them."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.errors import (
    AnswerCutOff,
    GatepostError,
    GatewayBusy,
    GatewayError,
    GatewaySilent,
    ModelNotAllowed,
    ModelResting,
    ModelUnknown,
    sentence_for,
)
from bot.messages import Ability, Source, Standing

THINKING = "thinking…"
STILL_THINKING = "still thinking…"
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
ON_IT = "I'm on it: the answer comes in a message of its own."
DRAWING = "drawing…"
NO_PICTURE = "The model sent a picture that can't be opened, so it is left out."
PICTURE_NOT_KEPT = "My disk takes nothing more: this picture is shown, but I will not remember it."
MISSED = "I was away when this was asked. Is it still wanted? Press Regenerate, or ask again."

_TITLE_LIMIT = 80
_MOST_SOURCES = 10
_UNFIT = re.compile(r"[<>\s]|[^\x20-\x7e]")
_NOT_IN_A_TITLE = str.maketrans("[]()<>`*_~|@#\\", " " * 14)
_WISH_LIMIT = 500


def not_posted(standing: Standing | None) -> str:
    """Before an answer that its place did not take: why, as far as that is known."""
    if standing is None or standing.bar is None:
        return "I can't post where you asked, so here is my answer for you alone:"
    return f"I can't post in {standing.where}: {standing.bar.what}. So here is my answer for you alone:"


def on_it(standing: Standing | None) -> str:
    """That the answer to a command comes otherwise, and to whom."""
    if standing is None or standing.bar is None:
        return ON_IT
    return f"I can't post in {standing.where}: {standing.bar.what}. The answer comes to you alone."


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


def retrying(seconds: float, *, busy: bool = False) -> str:
    """While the gateway is asked again."""
    again = "trying again…" if seconds < 1.5 else f"trying again in {seconds:.0f} s…"
    return f"the AI service is busy, {again}" if busy else again


_WHY = {
    ModelUnknown: "no longer exists",
    ModelNotAllowed: "isn't available to this bot",
    GatewayBusy: "was busy",
    GatewaySilent: "took too long",
    ModelResting: "keeps failing",
}

_WITHOUT = "It was asked without: no links, reminders or searches in this answer. Another can, by /model."

_CANNOT = {
    Ability.SEES: "can't see pictures",
    Ability.READS_FILES: "can't read files",
    Ability.CALLS_TOOLS: "can't use tools",
}


def instead(asked: str, other: str, error: GatewayError) -> str:
    """When another model answers, because of how asking this one failed."""
    return f"Answered by {other}: {asked} {_WHY.get(type(error), 'was unavailable')}."


def taken_back(model: str) -> str:
    """Once, when the model that people chose is gone."""
    return f"So the choice of {model} is taken back; choose another one with /model."


def fell_back(asked: str, other: str, status: int) -> str:
    """When the gateway had another model answer; `status` is the failure's in HTTP, 0 if it is not known."""
    why = {429: "was busy", 404: "no longer exists", 408: "took too long", 504: "took too long"}
    return f"Answered by {other}: {asked} {why.get(status, 'was unavailable')}."


def unable(asked: str, lacking: Ability, other: str | None = None) -> str:
    """When a model could not do what was needed: another answers, or it answers without."""
    cannot = _CANNOT.get(lacking, "can't do that")
    return f"Answered by {other}: {asked} {cannot}." if other else f"{asked} {cannot}. {_WITHOUT}"


def searched(times: int) -> str:
    """Under an answer for which the gateway searched the web."""
    return f"Searched the web {'once' if times == 1 else f'{times} times'}."


def sources(found: Iterable[Source], said: str) -> str:
    """The pages an answer rests on, as Markdown, without those that it names itself. Their titles are not ours."""
    fit = (source for source in found if not _UNFIT.search(source.url))
    missing = [source for source in fit if source.url not in said][:_MOST_SOURCES]
    if not missing:
        return ""
    lines = (f"{n}. [{_title(source)}](<{source.url}>)" for n, source in enumerate(missing, 1))
    return "\n\n**Sources**\n\n" + "\n".join(lines)


def _title(source: Source) -> str:
    plain = " ".join(source.title.translate(_NOT_IN_A_TITLE).split())[:_TITLE_LIMIT]
    return plain or urlsplit(source.url).netloc or "page"


def heading(wish: str) -> str:
    """What stands above a picture that was asked for by command: others did not see the wish."""
    said = wish if len(wish) <= _WISH_LIMIT else f"{wish[: _WISH_LIMIT - 1]}…"
    return "".join(f"> {line}\n" for line in said.splitlines()) + "\n"


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
    why = "" if isinstance(error, AnswerCutOff) else f" {sentence_for(error)}"
    return f"⚠ Answer interrupted.{why} (ref {reference})"


def gave_up(reference: str) -> str:
    """When a question took the program down twice."""
    return f"⚠ {GAVE_UP} (ref {reference})"


def with_notices(status: str | None, facts: Iterable[str], warnings: Iterable[str]) -> str | None:
    """A status with what came of it, a line each; a warning bears a sign."""
    lines = [*([status] if status else []), *facts, *map(warned, warnings)]
    return "\n".join(lines) or None
