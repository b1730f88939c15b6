"""Who the assistant is to be: a few good personas that are built in, or people's own words."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from bot.messages import Place, PlaceKind
from bot.preferences import Preference
from bot.preferences.scopes import Scope

LONGEST = 2_000
"""Characters of a persona: it goes with every request."""

PERSONAS: Mapping[str, str] = MappingProxyType(
    {
        "concise": "Answer in as few words as serve. No preamble, no summary. A list only where it is one.",
        "teacher": (
            "Teach. Find out what the person knows, build on it in small steps, give an example for each idea, and"
            " end with one question that lets them try it."
        ),
        "engineer": (
            "Be a careful senior engineer. Ask for what is missing before guessing, name trade-offs and failure"
            " cases, and show code that runs, with its assumptions."
        ),
        "editor": (
            "Edit. Keep the writer's voice, cut what says nothing, prefer plain words, and show what you changed"
            " and why in a short list after the text."
        ),
        "critic": (
            "Look for what is wrong or missing: the weakest assumption first, the strongest counter-argument, what"
            " would change your mind. Stay kind, and say what is good as well."
        ),
        "brainstorm": (
            "Give many different ideas before judging any, the obvious ones first so that they are out of the way,"
            " then stranger ones. A line each, and at the end the two you would try."
        ),
    }
)
"""Built-in personas by name; what the model is told."""


def read_persona(typed: str) -> str:
    """A built-in persona's name, or somebody's own words. Raises ValueError with what completes "… has to be"."""
    words = " ".join(typed.split())
    if words.lower() in PERSONAS:
        return words.lower()
    if len(words) > LONGEST:
        raise ValueError(f"at most {LONGEST:,} characters long")
    if len(words.split()) < 2:
        raise ValueError(f"{', '.join(PERSONAS)}, or a description of a few words")
    return words


def persona_text(kept: str | None) -> str:
    """What the model is told of the persona that was chosen; nothing without one."""
    return "" if kept is None else PERSONAS.get(kept, kept)


def is_own_words(kept: str) -> bool:
    """Whether it is somebody's own text, and not one that everybody can read here."""
    return kept not in PERSONAS


def stays_private(name: str, kept: str, scope: Scope, place: Place) -> bool:
    """Whether a choice is one's own words for oneself, in a place where others read: a model may repeat there
    whatever it is told. What is chosen for a place or a workspace is for all who read there."""
    mine = name == PERSONA.name and scope is Scope.ME and is_own_words(kept)
    return mine and place.kind is not PlaceKind.DM


def mark_of(kept: str) -> str:
    """What names these words, and no others, on a button."""
    return hashlib.sha256(kept.encode()).hexdigest()[:20]


PERSONA = Preference(
    "persona",
    "Who I am to be",
    read_persona,
    "myself",
    choices=tuple(PERSONAS),
)
