"""How a turn ends: its state, the line under the answer, and what can be pressed there. Pure."""

from dataclasses import dataclass

from bot.conversation import words
from bot.errors import GatepostError, GatewayError, RequestRefused
from bot.messages import Action, ActionName, Finish, TurnState


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends: its state, the line under the answer, the buttons, and the error for the log."""

    state: TurnState
    status: str | None = None
    error: GatepostError | None = None
    may_continue: bool = False


def stopped() -> Ending:
    """Somebody pressed Stop: what is written stays."""
    return Ending(TurnState.STOPPED, words.STOPPED, may_continue=True)


def broken(error: GatewayError, reference: str, *, said: bool) -> Ending:
    """The gateway failed. What was said stands; without a word said, the sentence is the answer."""
    if said:
        may_continue = not isinstance(error, RequestRefused)
        return Ending(TurnState.INTERRUPTED, words.interrupted(error, reference), error, may_continue)
    return Ending(TurnState.FAILED, words.failed(error, reference), error)


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


def buttons(ending: Ending, turn_id: str) -> tuple[Action, ...]:
    """What can be pressed under an answer that has ended."""
    names = [ActionName.REGENERATE, ActionName.OTHER_MODEL]
    if ending.may_continue:
        names.insert(0, ActionName.CONTINUE)
    return tuple(Action(name, turn_id) for name in names)
