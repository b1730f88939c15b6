"""What is tried when a request fails for a reason that another request would not have. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.conversation import words
from bot.errors import (
    GatewayBusy,
    GatewayDown,
    GatewayError,
    ModelNotAllowed,
    ModelUnknown,
    PartNotSupported,
    PromptTooLong,
    RequestTooLarge,
)
from bot.messages import Ability, ChatRequest, FilePart, Model, PicturePart, TextPart

Known = Callable[[str], Model | None]
"""What is known of a model by its id."""

_CHARS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How the answer is asked for by now.

    `given_up` are models that were tried before `model`, `without` what it could not do. `halved` says that only
    half of the history is sent, `smaller` that pictures are shrunk and files sent as their text, `calls` whether
    tools may be called. `notices` tell people what differs from what they asked for.
    """

    model: str
    given_up: tuple[str, ...] = ()
    without: frozenset[Ability] = frozenset()
    halved: bool = False
    smaller: bool = False
    calls: bool = True
    notices: tuple[str, ...] = ()


def next_plan(
    error: GatewayError, request: ChatRequest, plan: Plan, fallbacks: Sequence[str], default: str, known: Known
) -> Plan | None:
    """What to try after this failure; None when there is nothing left that could help.

    For a model that lacks an ability, what is `known` of it has to say so already.
    """
    if isinstance(error, PromptTooLong):
        return None if plan.halved else replace(plan, halved=True)
    if isinstance(error, RequestTooLarge):
        heavy = bool({PicturePart, FilePart} & request.holds)
        return replace(plan, smaller=True) if heavy and not plan.smaller else None
    if isinstance(error, PartNotSupported):
        return _without(error, request, plan, fallbacks, known)
    if isinstance(error, ModelUnknown | ModelNotAllowed):
        others = (default, *fallbacks)
    elif isinstance(error, GatewayBusy | GatewayDown) and error.about != "account":
        others = tuple(fallbacks)
    else:
        return None
    other = next(_able(others, request, plan, known), None)
    return None if other is None else _instead(plan, other, words.instead(plan.model, other, error))


def fallbacks_for(request: ChatRequest, fallbacks: Sequence[str], known: Known) -> tuple[str, ...]:
    """Of the fallback models those that can take what this request holds."""
    return tuple(_able(fallbacks, request, Plan(request.model), known))


def _without(
    error: PartNotSupported, request: ChatRequest, plan: Plan, fallbacks: Sequence[str], known: Known
) -> Plan | None:
    """A fallback that can do what this model can't, or else the same model without it."""
    lacking = Ability(error.about) if error.about in list(Ability) else None
    if lacking is None or lacking in plan.without:
        return None
    other = next(_able(fallbacks, request, plan, known), None)
    if other is not None:
        return _instead(plan, other, words.unable(plan.model, lacking, other))
    # Of pictures and files it is said below the answer, by name, that they were not looked at.
    told = (words.unable(plan.model, lacking),) if lacking is Ability.CALLS_TOOLS else ()
    return replace(plan, without=plan.without | {lacking}, notices=(*plan.notices, *told))


def _instead(plan: Plan, other: str, notice: str) -> Plan:
    given_up = (*plan.given_up, plan.model)
    return replace(plan, model=other, given_up=given_up, without=frozenset(), notices=(*plan.notices, notice))


def _able(models: Sequence[str], request: ChatRequest, plan: Plan, known: Known) -> Iterator[str]:
    tried = {plan.model, *plan.given_up}
    for model_id in dict.fromkeys(models):
        if model_id not in tried and _takes(known(model_id), request):
            yield model_id


def _takes(model: Model | None, request: ChatRequest) -> bool:
    """Whether a model is known to take what the request holds. Of tools it is enough that nothing is known."""
    holds = request.holds
    if model is None:
        return not {PicturePart, FilePart} & holds
    if (PicturePart in holds and not model.sees) or (FilePart in holds and not model.reads_files):
        return False
    if (request.tools or request.server_tools) and model.calls_tools is False:
        return False
    return model.context_window is None or _tokens(request) + (request.max_tokens or 0) <= model.context_window


def _tokens(request: ChatRequest) -> int:
    texts = (part.text for message in request.messages for part in message.parts if isinstance(part, TextPart))
    return sum(map(len, texts)) // _CHARS_PER_TOKEN
