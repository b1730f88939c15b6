"""How a turn ends: its state, the line under the answer, and what can be pressed there. Pure."""

from dataclasses import dataclass, replace

from bot.conversation import words
from bot.errors import BudgetReached, GatepostError, GatewayError, RequestRefused
from bot.messages import Action, ActionName, Finish, Turn, TurnKind, TurnState


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends: its state, the line under the answer, the buttons, and the error for the log.

    `other_model` is one that could answer instead.
    """

    state: TurnState
    status: str | None = None
    error: GatepostError | None = None
    may_continue: bool = False
    other_model: str | None = None


def stopped() -> Ending:
    """Somebody pressed Stop: what is written stays."""
    return Ending(TurnState.STOPPED, words.STOPPED, may_continue=True)


def broken(error: GatewayError, reference: str, *, said: bool) -> Ending:
    """The gateway failed. What was said stands; without a word said, the sentence is the answer."""
    if said:
        may_continue = not isinstance(error, RequestRefused)
        return Ending(TurnState.INTERRUPTED, words.interrupted(error, reference), error, may_continue)
    return Ending(TurnState.FAILED, words.failed(error, reference), error)


def unaffordable(error: BudgetReached, *, said: bool) -> Ending:
    """The limit of what may be spent is reached; what was said stands."""
    state = TurnState.INTERRUPTED if said else TurnState.FAILED
    return Ending(state, words.warned(error.said), error, other_model=error.cheaper)


def whole(done: Finish, reference: str, *, said: bool) -> Ending:
    """The model finished by itself, though not always as one would wish."""
    if done.reason == "length":
        return Ending(TurnState.DONE, words.CUT_OFF, may_continue=True)
    if done.reason == "content_filter":
        return broken(RequestRefused("finish_reason content_filter"), reference, said=said)
    return Ending(TurnState.DONE)


def too_many_steps(steps: int) -> Ending:
    """The model never stopped calling tools."""
    return Ending(TurnState.DONE, words.too_many_steps(steps), may_continue=True)


def buttons(ending: Ending, turn: Turn) -> tuple[Action, ...]:
    """What can be pressed under an answer that has ended. A picture or a summary can be made again, no more; the
    summary by the model that would still fit what may be spent."""
    regenerate, other = Action(ActionName.REGENERATE, turn.id), Action(ActionName.OTHER_MODEL, turn.id)
    if ending.other_model is not None:
        other = replace(other, value=ending.other_model, label=words.use(ending.other_model))
    if turn.kind is TurnKind.IMAGINE:
        return (regenerate,)
    if turn.kind is TurnKind.SUMMARY:
        return (regenerate, other) if ending.other_model is not None else (regenerate,)
    again = (regenerate, other)
    return (Action(ActionName.CONTINUE, turn.id), *again) if ending.may_continue else again
