"""An answer that is waited for until it is whole."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.errors import AnswerCutOff
from bot.messages import Completed, Delta, Finish, ImageDelta, Started, TextDelta


async def completed(answer: AsyncGenerator[Delta, None]) -> Completed:
    """What these deltas say, put together. Raises what they raise."""
    said: list[str] = []
    pictures: list[ImageDelta] = []
    generation: str | None = None
    async with aclosing(answer) as deltas:
        async for delta in deltas:
            match delta:
                case Started():
                    generation = delta.generation_id
                case TextDelta(text=text):
                    said.append(text)
                case ImageDelta():
                    pictures.append(delta)
                case Finish():
                    return Completed("".join(said), delta, tuple(pictures), generation)
    raise AnswerCutOff("the answer had no finish")
