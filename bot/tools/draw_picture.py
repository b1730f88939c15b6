"""Makes a picture, or changes one from the conversation, with the model that the operator named for it."""

from contextlib import aclosing
from decimal import Decimal

from pydantic import BaseModel, Field

from bot.errors import GatewayError, ToolFailed
from bot.messages import (
    Finish,
    ImageDelta,
    OutFile,
    PicturePart,
    PictureRequest,
    Reading,
    Retrying,
    account_of,
)
from bot.store.intents.history import earlier_files
from bot.tools.base import Tool, ToolContext, ToolResult

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
_DESCRIPTION = 300


class DrawPicture(BaseModel):
    """Make a picture, shown under your answer; or change one that was sent or made here. It costs money each time.

    Draw only what somebody asked for.
    """

    prompt: str = Field(description="What it shows, or what is to be changed.", min_length=1, max_length=4_000)
    change: str = Field(default="", description="The name of the picture to change; without it, a new one.")
    size: str = Field(default="", description="WIDTHxHEIGHT, if asked for.", pattern=r"^(\d{2,4}x\d{2,4})?$")


async def draw_picture(context: ToolContext, arguments: DrawPicture) -> ToolResult:
    """The picture, and what it cost."""
    model = context.world.outside.image_model
    if model is None:
        raise ToolFailed("no model that draws is set here")
    sources = (await _source(context, arguments.change),) if arguments.change else ()
    context.progress(f"drawing with {model}{_price(context, model)}…")
    request = PictureRequest(
        model,
        arguments.prompt,
        arguments.size or None,
        sources,
        context.routing,
        account=account_of(context.place, context.requester, context.turn_id),
    )
    try:
        pictures, cost = await _draw(context, request)
    except GatewayError as error:
        raise ToolFailed(f"the model that draws could not: {error.sentence}") from error
    files = tuple(_file(n, one, arguments.prompt) for n, one in enumerate(pictures, 1))
    told = f"; it cost ${Decimal(cost).normalize():f}" if cost is not None else ""
    return ToolResult(f"Drawn by {model}{told}. It is shown under your answer.", files)


async def _draw(context: ToolContext, request: PictureRequest) -> tuple[list[ImageDelta], str | None]:
    pictures: list[ImageDelta] = []
    cost = None
    async with aclosing(context.world.gateway.draw(request)) as deltas:
        async for delta in deltas:
            match delta:
                case ImageDelta():
                    pictures.append(delta)
                case Retrying():
                    context.progress("trying again…")
                case Finish(usage=usage) if usage is not None:
                    cost = usage.cost
    return pictures, cost


async def _source(context: ToolContext, name: str) -> PicturePart:
    """The picture of this name, the latest first. Raises `ToolFailed`."""
    files = await context.world.store.read(earlier_files, context.conversation)
    found = next((one for one in files if one.pictures and name.casefold() in one.name.casefold()), None)
    if found is None:
        raise ToolFailed(f"no picture here is called {name!r}; there are: {_names(files)}")
    kept = found.pictures[0]
    return PicturePart(kept.media_type, await context.world.files.get(kept.sha256))


def _names(files: tuple[Reading, ...]) -> str:
    return ", ".join(one.name for one in files if one.pictures) or "none"


def _file(number: int, picture: ImageDelta, prompt: str) -> OutFile:
    name = f"picture-{number}.{_EXTENSIONS.get(picture.media_type, 'png')}"
    return OutFile(name, picture.media_type, picture.data, " ".join(prompt.split())[:_DESCRIPTION])


def _price(context: ToolContext, model_id: str) -> str:
    model = context.world.gateway.model(model_id)
    if model is None or model.image_price is None:
        return ""
    return f" (${Decimal(model.image_price).normalize():f})"


DRAW_PICTURE = Tool(
    name="draw_picture",
    label="draw and change pictures",
    arguments=DrawPicture,
    run=draw_picture,
    once=True,
    available=lambda here: here.ports.outside.image_model is not None,
    seconds=240.0,
)
