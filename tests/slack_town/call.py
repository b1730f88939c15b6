"""One call of the Web API: how it came in, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from tests.slack_town.errors import Refusal
from tests.slack_town.limits import Allowance
from tests.slack_town.values import Json

if TYPE_CHECKING:
    from tests.slack_town.world import World

_STRUCTURED = frozenset(
    ["blocks", "attachments", "metadata", "chunks", "view", "prompts", "loading_messages", "files", "term_clauses"]
)


@dataclass(slots=True, eq=False)
class Call:
    """A call that arrived `at`; `status`, `body` and `finished` once it was answered."""

    method: str
    args: Json
    token: str
    at: float
    peer: int = 0
    """The port it came from: one connection, one port."""
    status: int = 0
    body: Json = field(default_factory=dict)
    finished: float | None = None
    lost: bool = False
    """The work was done, the answer never sent."""

    @property
    def ok(self) -> bool:
        """It did its work."""
        return bool(self.body.get("ok"))

    @property
    def error(self) -> str:
        """What Slack said against it."""
        return str(self.body.get("error", ""))

    def text(self, name: str) -> str:
        """An argument as text, empty if it was not given."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def needed(self, name: str) -> str:
        """An argument that has to be there. Raises Refusal."""
        value = self.text(name)
        if not value:
            message = f"[ERROR] missing required field: {name}"
            raise Refusal("invalid_arguments", response_metadata={"messages": [message]})
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """An argument that is true or false."""
        value = self.args.get(name)
        return default if value is None else value in (True, 1, "1", "true", "True")

    def number(self, name: str, default: int) -> int:
        """An argument that is a whole number. Raises Refusal."""
        try:
            return int(self.args.get(name, default))
        except (TypeError, ValueError):
            raise Refusal("invalid_arguments") from None


Handler = Callable[["World", Call], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Web API. One of `scopes` is needed; `app` says that it wants an app-level token."""

    handler: Handler
    allowance: Allowance
    scopes: tuple[str, ...] = ()
    app: bool = False


def decoded(args: dict[str, Any]) -> Json:
    """Arguments with what came as JSON in a string read. Raises Refusal."""
    return {name: _read(name, value) for name, value in args.items() if value is not None}


def _read(name: str, value: Any) -> Any:
    if name not in _STRUCTURED or not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise Refusal(
            f"invalid_{name}_format" if name in ("blocks", "metadata") else "invalid_arguments"
        ) from None
