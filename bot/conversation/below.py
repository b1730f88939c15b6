"""What is said below an answer of how it came about: who answered, what was searched, its sources. Pure."""

from bot.conversation import words
from bot.messages import ChatRequest, Finish, Source


class Below:
    """The notes below one answer, gathered round by round."""

    def __init__(self) -> None:
        self._other: str | None = None
        self._searches = 0
        self._sources: list[Source] = []

    def take(self, request: ChatRequest, done: Finish) -> None:
        """A round has ended."""
        other = done.model if done.model != request.model else None
        if other is not None and (done.fell_back is not None or other in request.routing.fallbacks):
            self._other = words.fell_back(request.model, other, done.fell_back or 0)
        self._searches += done.searches
        self._sources += done.sources

    @property
    def facts(self) -> tuple[str, ...]:
        """What was done for it."""
        return (words.searched(self._searches),) if self._searches else ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is not as it was asked for."""
        return (self._other,) if self._other else ()

    def sources(self, said: str) -> str:
        """The list of pages, as Markdown, that the answer does not name itself."""
        return words.sources(self._sources, said)
