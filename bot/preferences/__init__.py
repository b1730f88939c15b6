"""What people can choose about how they are answered: declared as data, chosen by scope, the nearest wins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.messages import Place, PlaceKind
from bot.preferences.readers import (
    language,
    model_id,
    names,
    number,
    one_of,
    short_texts,
    time_zone,
    whole_number,
)
from bot.preferences.scopes import NEAREST_FIRST, Scope


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


def _choice(
    name: str,
    description: str,
    choices: tuple[str, ...],
    default: str,
    scopes: tuple[Scope, ...] = NEAREST_FIRST,
) -> Preference:
    """One of a few words."""
    return Preference(name, description, one_of(*choices), default, choices, scopes)


def _switch(name: str, description: str, default: str, scopes: tuple[Scope, ...] = NEAREST_FIRST) -> Preference:
    """On or off."""
    return _choice(name, description, ("on", "off"), default, scopes)


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

REPLY_IN = _choice(
    "reply_in",
    "Where a mention in a channel is answered: in a thread of its own, or in place",
    ("thread", "place"),
    "as the operator has set it",
    (Scope.CHANNEL, Scope.WORKSPACE),
)

FOLLOW_UPS = _choice(
    "follow_ups",
    "Whether I answer in a thread I take part in without being mentioned",
    ("always", "mention"),
    "always",
    (Scope.HERE, Scope.CHANNEL, Scope.WORKSPACE),
)

OUTSIDERS = _choice(
    "outsiders",
    "Whether I answer guests, and people of other workspaces in shared channels",
    ("deny", "allow"),
    "deny",
    (Scope.CHANNEL, Scope.WORKSPACE),
)

_MODELS_OWN = "the model's own"

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
REASONING = _choice(
    "reasoning",
    "How hard a model that can think does so before it answers; thinking is paid for like text",
    EFFORTS,
    _MODELS_OWN,
)
SHOW_REASONING = _switch("show_reasoning", "Whether what a model thinks is shown above its answer", "off")

PROVIDER_ORDER = Preference(
    "provider_order", "Which providers of a model are tried first", names("providers' names"), "the gateway's"
)
PROVIDER_ONLY = Preference(
    "provider_only", "The only providers that may be used", names("providers' names"), "all of them"
)
SORTS = ("cost", "ttft", "tps")
SORT = _choice(
    "sort",
    "What is best in a provider: its price (cost), its first word (ttft), its pace (tps)",
    SORTS,
    "the gateway's order",
)
ZERO_DATA_RETENTION = _switch(
    "zero_data_retention",
    "Whether only providers may answer that keep nothing; where there is none, nobody answers",
    "off",
    (Scope.CHANNEL, Scope.WORKSPACE),
)
NO_TRAINING = _switch(
    "no_training",
    "Whether only providers may answer that train on nothing; where there is none, nobody answers",
    "off",
    (Scope.CHANNEL, Scope.WORKSPACE),
)

SEARCHES = ("exa", "parallel", "perplexity", "tako", "off")
WEB_SEARCH = _choice(
    "web_search",
    "Whether the model may search the web, and by whom; about $5 to $7 for 1,000 searches, on the gateway's bill",
    SEARCHES,
    "off",
)
ATTRIBUTE_APP = _switch(
    "attribute_app",
    "Whether the gateway is told, and may publish, that Gatepost is asking",
    "off",
    (Scope.WORKSPACE,),
)
ATTRIBUTE_PEOPLE = _switch(
    "attribute_people",
    "Whether the gateway's reports tell people apart, by a code; it charges $0.075 for 1,000 of them",
    "off",
    (Scope.WORKSPACE,),
)

RECAP = _switch(
    "recap",
    "Whether I remember in a few words what a conversation has outgrown, or not at all",
    "on",
)

TIME_ZONE = Preference(
    "time_zone",
    "In which time zone reminders are meant",
    time_zone,
    "as your profile says, where the platform tells",
    scopes=(Scope.ME, Scope.WORKSPACE),
)

SEARCH_BY_MEANING = _switch(
    "search_by_meaning",
    "Whether an embedding model puts what is found in order by meaning; a search then costs a little",
    "off",
    (Scope.CHANNEL, Scope.WORKSPACE),
)

RECORDING = _switch(
    "recording",
    "Whether I keep what is said in this channel, so that people who can read it can search it",
    "off",
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
