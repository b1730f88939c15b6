"""What the gateway offers."""

from dataclasses import dataclass
from enum import StrEnum


class Ability(StrEnum):
    """What a model may be able to do. Each is called like the field of `Model` that says whether it is."""

    SEES = "sees"
    READS_FILES = "reads_files"
    HEARS = "hears"
    CALLS_TOOLS = "calls_tools"
    REASONS = "reasons"
    DRAWS = "draws"


class Purpose(StrEnum):
    """What a model is looked for."""

    CHAT = "chat"
    DRAW = "draw"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the gateway's catalogue. Abilities are three-valued: yes, no, or unknown (None).

    Prices are US dollars in decimal digits, None where none is published: for one token; `image_price` for one
    picture; `search_price` for a thousand searches. Where the price grows with the prompt, `input_price` and
    `output_price` are the lowest and `peak_input_price` and `peak_output_price` the highest.

    `parameters` are the fields of a request that the model takes, None where they are not listed. `caches` is
    `explicit` (the request has to ask for it), `implicit`, or unknown. `zdr` and `no_training` say which of its
    providers keep nothing and train on nothing (`all`, `some`, `none`). `withdrawn_at` is seconds since the epoch.
    """

    id: str
    name: str = ""
    type: str = "language"
    description: str = ""
    context_window: int | None = None
    max_tokens: int | None = None
    input_price: str | None = None
    output_price: str | None = None
    peak_input_price: str | None = None
    peak_output_price: str | None = None
    cached_price: str | None = None
    image_price: str | None = None
    search_price: str | None = None
    sees: bool | None = None
    reads_files: bool | None = None
    hears: bool | None = None
    calls_tools: bool | None = None
    reasons: bool | None = None
    draws: bool | None = None
    reasoning_levels: tuple[str, ...] = ()
    parameters: tuple[str, ...] | None = None
    caches: str | None = None
    zdr: str | None = None
    no_training: str | None = None
    free: bool = False
    knowledge: str | None = None
    withdrawn_at: float | None = None

    def takes(self, parameter: str) -> bool | None:
        """Whether a request to it may hold this field."""
        return None if self.parameters is None else parameter in self.parameters


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider of a model, with its own limits and prices (for one token). Latency is seconds to the first
    token, throughput tokens a second, both the median of the last hour; uptime is per cent of the last day."""

    name: str
    context_window: int | None = None
    max_tokens: int | None = None
    input_price: str | None = None
    output_price: str | None = None
    uptime: float | None = None
    latency: float | None = None
    throughput: float | None = None


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """A model with those who provide it; none where the endpoint does not tell."""

    model: Model
    providers: tuple[Provider, ...] = ()


@dataclass(frozen=True, slots=True)
class Credits:
    """What the account with the gateway holds and has used, in US dollars, in decimal digits."""

    balance: str
    used: str
