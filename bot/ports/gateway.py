"""The model's side."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from bot.messages import (
    NOBODY,
    Ability,
    Account,
    ChatRequest,
    Completed,
    Delta,
    Embedded,
    Model,
    ModelDetails,
    PictureRequest,
    Purpose,
)

if TYPE_CHECKING:
    from pydantic import BaseModel


Value = TypeVar("Value")


Answer = TypeVar("Answer", bound="BaseModel")


@dataclass(frozen=True, slots=True)
class Structured(Generic[Value]):
    """An answer as a checked value, and the answers that it took: one, or two where the first did not fit."""

    value: Value
    rounds: tuple[Completed, ...]


class Gateway(Protocol):
    """The OpenAI-compatible endpoint."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer as it is written; the last delta is a `Finish`.

        Fails with a `GatewayError`. Retries by itself, and says so with `Retrying`, only before the first
        visible text. Closing the iterator (`aclose`) closes the connection.
        """

    def whole(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """As `stream`, for whoever needs nothing before the end: the answer is asked for in one piece."""

    def draw(self, request: PictureRequest) -> AsyncGenerator[Delta, None]:
        """A picture from a model of type `image`; the last delta is a `Finish`. Nothing comes before it is done.

        Fails with a `GatewayError`; retries by itself, and says so, while nothing can have been made.
        """

    async def embed(
        self, texts: Sequence[str], model: str, dimensions: int | None = None, *, account: Account = NOBODY
    ) -> Embedded:
        """A vector for each text, in order; `account` pays.

        Sent in as few requests as providers allow; of a long text the beginning counts. `dimensions` is wished
        for: look at the vectors. Fails with a `GatewayError`.
        """

    async def complete(self, request: ChatRequest) -> Completed:
        """An answer as `stream` gives it, but whole: for tools and commands, where nobody reads along."""

    async def structured(self, request: ChatRequest, wanted: type[Answer]) -> Structured[Answer]:
        """An answer that is a `wanted`: asked for by its schema, checked, asked for once more if it does not fit.

        Fails with `AnswerUnfit` after that, and as `complete` does. The docstring of `wanted` says what it is.
        """

    @property
    def routes(self) -> bool:
        """Whether the endpoint is an AI gateway that takes routing and runs tools, as far as is known by now."""

    def model(self, model_id: str) -> Model | None:
        """What the catalogue says of a model, and what refusals taught since, from memory; None for nothing."""

    def models(self) -> Sequence[Model]:
        """The catalogue, from memory; empty until it has been read once."""

    def search(
        self, typed: str, limit: int = 25, *, purpose: Purpose = Purpose.CHAT, recent: Sequence[str] = ()
    ) -> Sequence[Model]:
        """Models for what somebody has typed so far, best first, among equals the `recent` ones; from memory, in a
        few milliseconds. One about to be withdrawn is found only by its whole id."""

    def learned(self, model_id: str, unable: Ability) -> None:
        """A refusal has shown that a model cannot do this. `model` says so too, for a day."""

    async def details(self, model_id: str) -> ModelDetails:
        """A model with its providers, asked for now.

        Raises `ModelUnknown`, or another `GatewayError` where nothing is known of it and the gateway is silent.
        """
