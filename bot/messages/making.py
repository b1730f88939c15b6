"""What is made of words beside answers: pictures, and the vectors by which words are found again."""

import re
from dataclasses import dataclass, field

from bot.messages.deltas import Usage
from bot.messages.money import Account
from bot.messages.prompt import PicturePart, Routing


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """One request for a picture, to a model that does nothing else. With `sources` those are changed as the prompt
    says. `size` is WIDTHxHEIGHT in pixels; None leaves it to the model. `account` pays for it."""

    model: str
    prompt: str
    size: str | None = None
    sources: tuple[PicturePart, ...] = ()
    routing: Routing = field(default_factory=Routing)
    account: Account = field(default_factory=Account)


@dataclass(frozen=True, slots=True)
class Embedded:
    """Texts as vectors, in the order of the texts, all of one length. `generations` name the requests it took,
    `usage` is what they used in all."""

    model: str
    vectors: tuple[tuple[float, ...], ...]
    usage: Usage = field(default_factory=Usage)
    generations: tuple[str, ...] = ()


_WISH = re.compile(r"Draw(?: this, (?P<size>\d+x\d+))?: (?P<prompt>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PictureWish:
    """A picture that was asked for by command: what it is to show, and its size, WIDTHxHEIGHT in pixels."""

    prompt: str
    size: str | None = None

    @property
    def text(self) -> str:
        """The wish in words: so it stands in history, and so a model that chats is asked."""
        return f"Draw this, {self.size}: {self.prompt}" if self.size else f"Draw: {self.prompt}"

    @classmethod
    def read(cls, text: str) -> "PictureWish":
        """The wish again, from its words; from any others, a wish for what they say."""
        found = _WISH.fullmatch(text)
        return cls(found["prompt"], found["size"]) if found else cls(text)
