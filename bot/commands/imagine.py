"""Has a picture made. A turn answers, as it does a question: nothing that happens meanwhile loses it."""

from collections.abc import Sequence
from decimal import Decimal

from bot.commands.base import Command, CommandContext, Completion, Question
from bot.commands.wording import label
from bot.errors import CommandRefused
from bot.gateway.search import spelled_as_listed
from bot.messages import (
    Choice,
    CommandOption,
    CommandSpec,
    Model,
    PictureWish,
    Purpose,
    TurnKind,
    person_key,
)
from bot.ports import Gateway
from bot.preferences import IMAGE_MODEL
from bot.store.intents.settings import in_force

SIZES = {"square": "1024x1024", "wide": "1536x1024", "tall": "1024x1536"}
LONGEST = 4_000
"""Characters of a wish; no model that draws reads further."""

PREFERRED = ("google/gemini-2.5-flash-image", "openai/gpt-image-1", "google/imagen-4.0-generate-001")
"""What draws where nobody chose, if it is listed; else the cheapest that is."""

_ALL = 1_000


async def ask(context: CommandContext) -> Question:
    """The wish as a question. Raises CommandRefused for what can't be drawn, or by nobody here."""
    prompt = context.option("prompt")
    if not prompt:
        raise CommandRefused("/imagine needs words: what is the picture to show?")
    if len(prompt) > LONGEST:
        raise CommandRefused(f"That is too long to be drawn: {LONGEST:,} characters are the most.")
    model = await _model(context)
    return Question(PictureWish(prompt, SIZES.get(context.option("size"))).text, TurnKind.IMAGINE, model)


async def run(context: CommandContext) -> str:
    """Why it can't be asked; that it can be after all where that has just changed."""
    await ask(context)
    return "That can be drawn now. Please type it again."


async def _model(context: CommandContext) -> str:
    """Who draws: the model named here, or chosen for this place, or else the best guess."""
    ports, place = context.ports, context.place
    chosen = await ports.store.read(in_force, place, person_key(place.platform, context.person))
    wanted = context.option("model") or chosen.get(IMAGE_MODEL.name)
    return checked(ports.gateway, wanted) if wanted else _default(context)


def checked(gateway: Gateway, wanted: str) -> str:
    """A model that may draw, as it is listed. Raises CommandRefused for one that is not, or is known not to."""
    wanted = spelled_as_listed(gateway.models(), wanted)
    known = gateway.model(wanted)
    if known is None and gateway.models():
        raise CommandRefused(f"There is no model `{wanted}`. {_hint(gateway, wanted)}")
    if known is not None and known.draws is False:
        raise CommandRefused(f"`{wanted}` does not draw. {_hint(gateway, wanted)}")
    return wanted


def _default(context: CommandContext) -> str:
    drawing = context.ports.gateway.search("", _ALL, purpose=Purpose.DRAW)
    listed = {model.id for model in drawing}
    preferred = next((model_id for model_id in PREFERRED if model_id in listed), None)
    if preferred or drawing:
        return preferred or min(drawing, key=_cost).id
    if context.ports.gateway.models():
        raise CommandRefused(f"No model is known to draw here. Name one with {_CHOOSE}.")
    return PREFERRED[0]


def _cost(model: Model) -> tuple[Decimal, bool, str]:
    """By price, where it is published; models that do nothing else before those that also chat."""
    price = Decimal("Infinity") if model.image_price is None else Decimal(model.image_price)
    return (price, model.type != "image", model.id)


def _hint(gateway: Gateway, wanted: str) -> str:
    near = gateway.search(wanted.rpartition("/")[2], 3, purpose=Purpose.DRAW)
    drawing = near or gateway.search("", 3, purpose=Purpose.DRAW)
    named = ", ".join(f"`{model.id}`" for model in drawing)
    return f"These draw: {named}." if named else f"Name one that does with {_CHOOSE}."


_CHOOSE = f"`/settings {IMAGE_MODEL.name} ID`"


def complete(completion: Completion) -> Sequence[Choice]:
    """The models that draw; those used in this channel lately first."""
    if completion.option != "model":
        return ()
    ports = completion.ports
    recent = ports.recent.of(completion.place)
    found = ports.gateway.search(completion.typed, purpose=Purpose.DRAW, recent=recent)
    return [Choice(model.id, label(model)) for model in found]


IMAGINE = Command(
    CommandSpec(
        "imagine",
        "Make a picture, or change the one that is attached",
        (
            CommandOption("prompt", "What it is to show, or how to change it", required=True, rest=True),
            CommandOption("size", "Its shape", choices=tuple(SIZES)),
            CommandOption("model", "The model that draws", complete=True),
        ),
        takes_files=True,
        aloud=True,
    ),
    run,
    complete,
    ask,
)
