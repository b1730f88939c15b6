"""The page's refusals as the core understands them. The store is its server: where that fails, the page does."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from bot.errors import PlatformError, StoreError
from bot.messages import Failure, FailureKind

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def refusal(kind: FailureKind, detail: str) -> PlatformError:
    """A refusal of this kind; `detail` is for the log."""
    return PlatformError(Failure(kind), detail)


def asks_the_store(
    call: Callable[Given, Coroutine[Any, Any, Answer]],
) -> Callable[Given, Coroutine[Any, Any, Answer]]:
    """The same call, in which a store that can't be asked just now is a platform that only stumbles."""

    @wraps(call)
    async def mapped(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return await call(*args, **kwargs)
        except StoreError as error:
            raise refusal(FailureKind.TRANSIENT, str(error)) from error

    return mapped
