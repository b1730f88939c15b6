"""What people can choose about how they are answered: declared as data, chosen by scope, the nearest wins."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from bot.messages import Person, Place, PlaceKind, person_key


class Scope(StrEnum):
    """For whom or where a choice holds."""

    HERE = "here"
    CHANNEL = "channel"
    ME = "me"
    WORKSPACE = "workspace"


NEAREST_FIRST = (Scope.HERE, Scope.CHANNEL, Scope.ME, Scope.WORKSPACE)
"""Which choice wins: the thread's or conversation's, then the channel's, the person's, the workspace's."""

SHARED = frozenset({Scope.CHANNEL, Scope.WORKSPACE})
"""Scopes in which one person chooses for others."""


def scope_keys(place: Place, asker: str) -> Mapping[Scope, str]:
    """Where choices are looked for: the key of each scope. `asker` is a person's key."""
    return {
        Scope.HERE: place.key,
        Scope.CHANNEL: place.parent.key,
        Scope.ME: asker,
        Scope.WORKSPACE: place.workspace_key,
    }


def scope_key(scope: Scope, place: Place, person: Person) -> str:
    """The key under which a choice of this scope is kept."""
    return scope_keys(place, person_key(place.platform, person))[scope]


@dataclass(frozen=True, slots=True)
class Preference:
    """One thing that can be chosen.

    `read` turns what was typed into the value that is kept, or raises ValueError with words that complete
    "NAME has to be …". `default` says in words what holds where nobody chose. Without `scopes` named it may be
    chosen in all of them.
    """

    name: str
    description: str
    read: Callable[[str], str]
    default: str
    choices: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = NEAREST_FIRST


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these words, however it is capitalised."""

    def read(typed: str) -> str:
        if typed.lower() not in choices:
            raise ValueError(f"{', '.join(choices[:-1])} or {choices[-1]}")
        return typed.lower()

    return read


def whole_number(least: int, most: int) -> Callable[[str], str]:
    """A whole number within limits."""

    def read(typed: str) -> str:
        digits = typed.replace(",", "").replace("_", "")
        if not (digits.isascii() and digits.isdigit() and least <= int(digits) <= most):
            raise ValueError(f"a whole number from {least:,} to {most:,}")
        return str(int(digits))

    return read


def number(least: float, most: float) -> Callable[[str], str]:
    """A number within limits, with decimals if need be."""

    def read(typed: str) -> str:
        try:
            value = float(typed.replace(",", "."))
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise ValueError(f"a number from {least:g} to {most:g}")
        return f"{value:g}"

    return read


def names(what: str, most: int = 8) -> Callable[[str], str]:
    """Several plain names with commas between them, kept in order, each once."""

    def read(typed: str) -> str:
        named = list(dict.fromkeys(part.strip().lower() for part in typed.split(",") if part.strip()))
        if not named or len(named) > most or not all(_NAME.fullmatch(name) for name in named):
            raise ValueError(f"{what}, with commas between them, {most} at most")
        return ",".join(named)

    return read


def short_texts(most: int) -> Callable[[str], str]:
    """Up to so many short texts with `|` between them."""

    def read(typed: str) -> str:
        texts = list(dict.fromkeys(part for part in typed.split("|") if part))
        if not texts or len(texts) > most or max(map(len, texts)) > _LONGEST_STOP:
            raise ValueError(f"1 to {most} texts of at most {_LONGEST_STOP} characters, with | between them")
        return "|".join(texts)

    return read


_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_LONGEST_STOP = 64


def model_id(typed: str) -> str:
    """A model's id, listed or not."""
    if not typed.isprintable() or " " in typed or len(typed) > _LONGEST_ID:
        raise ValueError("a model's id, such as creator/model")
    return typed


_LONGEST_ID = 200


def time_zone(typed: str) -> str:
    """The IANA name of a time zone, by its whole name or by the city alone, however it is capitalised."""
    wanted = typed.strip().replace(" ", "_").lower()
    found = {name for name in _zones() if name.lower() == wanted or name.lower().rpartition("/")[2] == wanted}
    whole = [name for name in found if name.lower() == wanted] or sorted(found)
    if not whole:
        raise ValueError("a time zone such as Europe/Berlin or America/New_York")
    return whole[0]


@cache
def _zones() -> frozenset[str]:
    """The names of all zones; read from disk, once."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


def language(typed: str) -> str:
    """The name of a language: a few words of letters, as it goes to the model."""
    plain = " ".join(typed.split())
    words = re.split(r"[ -]", plain)
    if len(plain) > _LONGEST_LANGUAGE or len(words) > 3 or not all(word.isalpha() for word in words):
        raise ValueError("the name of a language, such as German or Brazilian Portuguese")
    return plain


_LONGEST_LANGUAGE = 40

LANGUAGE = Preference(
    "language",
    "The language I answer in",
    language,
    "that of the question",
)

MAX_TOKENS = Preference(
    "max_tokens",
    "How long an answer may get, in tokens",
    whole_number(16, 200_000),
    "8,000",
)

IMAGE_MODEL = Preference(
    "image_model",
    "The model that draws what /imagine asks for",
    model_id,
    "a good one that is listed",
)

REPLY_IN = Preference(
    "reply_in",
    "Where a mention in a channel is answered: in a thread of its own, or in place",
    one_of("thread", "place"),
    "as the operator has set it",
    choices=("thread", "place"),
    scopes=(Scope.CHANNEL, Scope.WORKSPACE),
)

FOLLOW_UPS = Preference(
    "follow_ups",
    "Whether I answer in a thread I take part in without being mentioned",
    one_of("always", "mention"),
    "always",
    choices=("always", "mention"),
    scopes=(Scope.HERE, Scope.CHANNEL, Scope.WORKSPACE),
)

OUTSIDERS = Preference(
    "outsiders",
    "Whether I answer guests, and people of other workspaces in shared channels",
    one_of("deny", "allow"),
    "deny",
    choices=("deny", "allow"),
    scopes=(Scope.CHANNEL, Scope.WORKSPACE),
)

_MODELS_OWN = "the model's own"
_ON_OFF = ("on", "off")

TEMPERATURE = Preference(
    "temperature", "How freely words are chosen: 0 is strict, 2 is wild", number(0, 2), _MODELS_OWN
)
TOP_P = Preference("top_p", "From how much of what is likely words are chosen", number(0, 1), _MODELS_OWN)
FREQUENCY_PENALTY = Preference(
    "frequency_penalty", "How much a word is avoided the more often it was used", number(-2, 2), _MODELS_OWN
)
PRESENCE_PENALTY = Preference(
    "presence_penalty", "How much a word is avoided once it was used", number(-2, 2), _MODELS_OWN
)
STOP = Preference("stop", "Texts at which an answer ends, `|` between two", short_texts(4), "none")

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
REASONING = Preference(
    "reasoning",
    "How hard a model that can think does so before it answers; thinking is paid for like text",
    one_of(*EFFORTS),
    _MODELS_OWN,
    choices=EFFORTS,
)
SHOW_REASONING = Preference(
    "show_reasoning", "Whether what a model thinks is shown above its answer", one_of(*_ON_OFF), "off", _ON_OFF
)

PROVIDER_ORDER = Preference(
    "provider_order", "Which providers of a model are tried first", names("providers' names"), "the gateway's"
)
PROVIDER_ONLY = Preference(
    "provider_only", "The only providers that may be used", names("providers' names"), "all of them"
)
SORTS = ("cost", "ttft", "tps")
SORT = Preference(
    "sort",
    "What is best in a provider: its price (cost), its first word (ttft), its pace (tps)",
    one_of(*SORTS),
    "the gateway's order",
    choices=SORTS,
)
ZERO_DATA_RETENTION = Preference(
    "zero_data_retention",
    "Whether only providers may answer that keep nothing; where there is none, nobody answers",
    one_of(*_ON_OFF),
    "off",
    _ON_OFF,
    (Scope.CHANNEL, Scope.WORKSPACE),
)
NO_TRAINING = Preference(
    "no_training",
    "Whether only providers may answer that train on nothing; where there is none, nobody answers",
    one_of(*_ON_OFF),
    "off",
    _ON_OFF,
    (Scope.CHANNEL, Scope.WORKSPACE),
)

SEARCHES = ("exa", "parallel", "perplexity", "tako", "off")
WEB_SEARCH = Preference(
    "web_search",
    "Whether the model may search the web, and by whom; about $5 to $7 for 1,000 searches, on the gateway's bill",
    one_of(*SEARCHES),
    "off",
    SEARCHES,
)
ATTRIBUTE_APP = Preference(
    "attribute_app",
    "Whether the gateway is told, and may publish, that Gatepost is asking",
    one_of(*_ON_OFF),
    "off",
    _ON_OFF,
    (Scope.WORKSPACE,),
)
ATTRIBUTE_PEOPLE = Preference(
    "attribute_people",
    "Whether the gateway's reports tell people apart, by a code; it charges $0.075 for 1,000 of them",
    one_of(*_ON_OFF),
    "off",
    _ON_OFF,
    (Scope.WORKSPACE,),
)

RECAP = Preference(
    "recap",
    "Whether I remember in a few words what a conversation has outgrown, or not at all",
    one_of(*_ON_OFF),
    "on",
    _ON_OFF,
)

TIME_ZONE = Preference(
    "time_zone",
    "In which time zone reminders are meant",
    time_zone,
    "as your profile says, where the platform tells",
    scopes=(Scope.ME, Scope.WORKSPACE),
)

SEARCH_BY_MEANING = Preference(
    "search_by_meaning",
    "Whether an embedding model puts what is found in order by meaning; a search then costs a little",
    one_of(*_ON_OFF),
    "off",
    _ON_OFF,
    (Scope.CHANNEL, Scope.WORKSPACE),
)

RECORDING = Preference(
    "recording",
    "Whether I keep what is said in this channel, so that people who can read it can search it",
    one_of(*_ON_OFF),
    "off",
    _ON_OFF,
    (Scope.CHANNEL,),
)

PREFERENCES: tuple[Preference, ...] = (
    REPLY_IN,
    FOLLOW_UPS,
    OUTSIDERS,
    LANGUAGE,
    MAX_TOKENS,
    IMAGE_MODEL,
    TEMPERATURE,
    TOP_P,
    FREQUENCY_PENALTY,
    PRESENCE_PENALTY,
    STOP,
    REASONING,
    SHOW_REASONING,
    WEB_SEARCH,
    PROVIDER_ORDER,
    PROVIDER_ONLY,
    SORT,
    ZERO_DATA_RETENTION,
    NO_TRAINING,
    ATTRIBUTE_APP,
    ATTRIBUTE_PEOPLE,
    RECAP,
    TIME_ZONE,
    SEARCH_BY_MEANING,
    RECORDING,
)
"""Everything that can be chosen with /settings, in the order in which it is listed."""

BY_NAME: Mapping[str, Preference] = MappingProxyType({one.name: one for one in PREFERENCES})


def default_scope(preference: Preference, place: Place) -> Scope:
    """The scope that is meant when none is named: this place, or the nearest in which it may be chosen."""
    if place.kind is PlaceKind.CHANNEL and Scope.CHANNEL in preference.scopes:
        return Scope.CHANNEL
    return next(scope for scope in NEAREST_FIRST if scope in preference.scopes)
