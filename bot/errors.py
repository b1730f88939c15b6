"""Everything that can go wrong, and the one sentence a person is told about it.

GatepostError
├── StartError            the program cannot start: settings, port, data directory, second process
├── GatewayError          the model's side
│   ├── GatewayRefused    key refused or missing
│   │   └── AddressWrong  no gateway is at the address that is set
│   ├── GatewayUnpaid     no credit
│   │   └── KeyLimitReached  a spending limit of the key
│   ├── ModelUnknown      no such model
│   ├── ModelNotAllowed   the model is not open to this key
│   ├── PrivacyUnmet      nobody serves the model with the privacy that was asked for
│   ├── RequestRefused    the provider declined the content
│   ├── RequestInvalid    the request was not understood
│   │   └── ParameterNotSupported  the model takes no such parameter
│   ├── PromptTooLong     more than the model can take
│   ├── PartNotSupported  the model cannot take a picture or a file
│   │   └── ToolsNotSupported  it cannot be offered tools
│   ├── RequestTooLarge   the body is too large
│   ├── GatewayBusy       rate limited
│   ├── GatewayDown       unreachable or failing
│   │   ├── GatewaySilent it did not begin to answer in time
│   │   └── ModelResting  it failed so often that it is left alone for a while
│   ├── NotOffered        this gateway tells no such thing, or nothing about this answer
│   ├── AnswerEmpty       it finished without saying anything
│   ├── AnswerUnfit       it does not have the form that was asked for
│   └── AnswerCutOff      the stream broke after it had begun
├── StoreError            the database or the disk
│   └── StoreFull         no room left
├── PlatformError         a platform refused a call; carries a `Failure`
├── FileRefused           a file could not be read; the sentence says why
├── ToolFailed            a tool could not do it; the sentence is for the model
├── CommandRefused        a command that cannot be carried out as it was typed
├── BudgetReached         a request may cost more than is left for today; says when that changes
├── SearchNotReady        a platform can't search just now; its text says why, and what to do
├── SummaryRefused        a summary that can't be made; its text says why
├── TimeUnclear           words that name no time, a past one, or more than one; the sentence asks
├── ReminderRefused       a reminder that can't be kept or found
└── NotAllowed            this person may not do this here

`sentence` on the class is what people read. `str(error)` is for the log and never shown.
"""

from typing import ClassVar

from bot.messages import Failure


class GatepostError(Exception):
    """The root. `sentence` is fit for any person to read; `str()` holds the detail for the log."""

    sentence: ClassVar[str] = "Something went wrong on my side."


class SaidError(GatepostError):
    """An error whose own text is the sentence, written by us for the person who reads it."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class StartError(SaidError):
    """The program cannot start; its text is the one sentence printed before exit status 1."""


class GatewayError(GatepostError):
    """The model's side failed.

    `retry_after` is seconds, where the gateway named them, `generation_id` the answer's, if it had one. `about` is
    one word for what exactly is at fault: an ability, a parameter, or `account` where every model is concerned.
    `billable` tells that a model may have been at work, so that it may have to be paid for all the same.
    """

    sentence = "I can't reach my AI service right now."
    retriable: ClassVar[bool] = False
    billable = False

    def __init__(
        self,
        detail: str,
        *,
        retry_after: float | None = None,
        generation_id: str | None = None,
        about: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.generation_id = generation_id
        self.about = about


class GatewayRefused(GatewayError):
    """401, or 403 for an account that is not set up: the operator has to act."""

    sentence = "I can't reach my AI service right now. The operator has been told."


class AddressWrong(GatewayRefused):
    """404 or 405 as no gateway says it: it is not at this address, or not all of it."""


class GatewayUnpaid(GatewayError):
    """402: no credit is left."""

    sentence = "The AI credit for this bot is used up. Ask the operator."


class KeyLimitReached(GatewayUnpaid):
    """402: a limit that was set on the key, its project or its team is reached. It resets in UTC."""

    sentence = "The spending limit of this bot's key is reached; it resets at midnight UTC at the earliest."


class ModelUnknown(GatewayError):
    """404 for a model."""

    sentence = "That model no longer exists. Try /model."


class ModelNotAllowed(GatewayError):
    """403: the model exists but not for this key."""

    sentence = "That model isn't available to this bot. Try /model."


class PrivacyUnmet(GatewayError):
    """Zero data retention, or no training, was asked for and nobody who promises it serves this model."""

    sentence = "No privacy-approved provider offers this model here. Pick another model with /model."


class RequestRefused(GatewayError):
    """The provider declined the content."""

    sentence = "The model's provider declined this request."


class RequestInvalid(GatewayError):
    """400 or 424 that nothing else explains: a bug of ours."""

    sentence = "I couldn't build a valid request."


class ParameterNotSupported(RequestInvalid):
    """The model does not take the parameter that `about` names."""


class PromptTooLong(GatewayError):
    """The conversation holds more than the model can take."""

    sentence = "This conversation is too long; use /reset or a thread."


class PartNotSupported(GatewayError):
    """The model cannot do what the request needs; `about` names the ability as `Model` does: `sees`, …."""

    sentence = "This model can't take what is attached; switch with /model."


class ToolsNotSupported(PartNotSupported):
    """The model cannot be offered tools, nor asked without any."""

    sentence = "This model can't use tools, and did not answer without them; switch with /model."


class RequestTooLarge(GatewayError):
    """413, or a body past the limit."""

    sentence = "That file is too large for the AI service."


class GatewayBusy(GatewayError):
    """429."""

    sentence = "The AI service is busy; please try again in a few minutes."
    retriable = True


class GatewayDown(GatewayError):
    """408, 5xx, or no connection."""

    sentence = "The AI service has a problem; please try again shortly."
    retriable = True


class GatewaySilent(GatewayDown):
    """No first word in time. People have waited long enough: it is not tried again."""

    sentence = "The AI service took too long to answer; please try again shortly."
    billable = True
    retriable = False


class ModelResting(GatewayDown):
    """The model failed several times in a row, for whomever it was; nothing is sent to it for a while."""

    sentence = "This model keeps failing. Try again in a minute, or switch with /model."
    retriable = False


class NotOffered(GatewayError):
    """The gateway has no such service, or will never know what was asked about."""

    sentence = "The AI service here does not offer that."


class AnswerEmpty(GatewayError):
    """A finish without text and without tool calls."""

    sentence = "The model returned nothing; try again or switch model."
    billable = True


class AnswerUnfit(GatewayError):
    """The answer, asked for twice, does not satisfy the schema."""

    sentence = "The model's answer did not have the form I need; try again or switch model."


class AnswerCutOff(GatewayError):
    """The stream broke, stalled or ended without a finish. What was said so far stands."""

    sentence = "The answer was interrupted."
    billable = True
    retriable = True


class StoreError(GatepostError):
    """The database refused; nothing of the refused intent is kept."""

    sentence = "I can't remember things right now. The operator has been told."


class StoreFull(StoreError):
    """No room on the disk."""

    sentence = "My disk is full, so I can't take this in. The operator has been told."


class PlatformError(GatepostError):
    """A platform refused a call, as its adapter classified it."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure


class FileRefused(SaidError):
    """A file could not be read; its text says why, for the person and for the model."""


class ToolFailed(SaidError):
    """A tool could not do what was asked; its text tells the model why."""


class CommandRefused(SaidError):
    """A command cannot be carried out as it was typed; its text says why, and the way out."""


class BudgetReached(SaidError):
    """A request may cost more than is left for today; its text says so. `cheaper` is a model that still fits."""

    def __init__(self, said: str, cheaper: str | None = None) -> None:
        super().__init__(said)
        self.cheaper = cheaper


class SearchNotReady(SaidError):
    """A platform's own search can't be used just now, or not for this question; its text says why."""


class SummaryRefused(SaidError):
    """A summary can't be made: of nothing, or of what can't be read just now; its text says so."""


class TimeUnclear(SaidError):
    """Words that name no time, a past one, or more than one; its text is the question to ask."""


class ReminderRefused(SaidError):
    """A reminder that can't be kept or found; its text says why."""


class NotAllowed(SaidError):
    """This person may not do this here; its text says so."""


def sentence_for(error: GatepostError) -> str:
    """What a person is told about this error."""
    return error.said if isinstance(error, SaidError) else error.sentence
