"""How commands and their choices must look, as Discord checks them."""

import re

from tests.discord_town import errors
from tests.discord_town.world import Json

_SLASH_NAME = re.compile(r"[-_'\w]{1,32}")
_BUDGET = 8000
_MENU_LIMIT = 15
_SLASH_LIMIT = 100


def check_commands(commands: list[Json]) -> None:
    """Raise 50035 for the first thing that is wrong with a whole table of commands."""
    by_kind = {kind: [one for one in commands if one.get("type", 1) == kind] for kind in (1, 2, 3)}
    if len(by_kind[1]) > _SLASH_LIMIT or any(len(by_kind[kind]) > _MENU_LIMIT for kind in (2, 3)):
        raise errors.DiscordError(400, 30032, "Maximum number of application commands reached")
    for kind, some in by_kind.items():
        names = [one["name"] for one in some]
        if len(names) != len(set(names)):
            raise errors.invalid(
                "name", "APPLICATION_COMMANDS_DUPLICATE_NAME", f"Names of type {kind} must be unique"
            )
    for index, one in enumerate(commands):
        _check_command(f"{index}", one)


def check_choices(choices: list[Json]) -> None:
    """Raise 50035 for choices that no menu would show."""
    if len(choices) > 25:
        raise errors.too_long("data.choices", 25)
    for index, one in enumerate(choices):
        _check_choice(f"data.choices.{index}", one)


def _check_command(where: str, one: Json) -> None:
    slash = one.get("type", 1) == 1
    _check_name(where, one["name"], slash=slash)
    if slash:
        _check_description(where, one)
        _check_options(where, one.get("options") or [])
        if _weight(one) > _BUDGET:
            raise errors.invalid(where, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds {_BUDGET} characters")
    elif one.get("description"):
        raise errors.invalid(f"{where}.description", "APPLICATION_COMMAND_DESCRIPTION", "Must be empty for a menu")


def _check_name(where: str, name: str, *, slash: bool) -> None:
    good = _SLASH_NAME.fullmatch(name) and name == name.lower() if slash else 1 <= len(name) <= 32
    if not good:
        raise errors.invalid(
            f"{where}.name", "APPLICATION_COMMAND_INVALID_NAME", f"Command name {name!r} is invalid"
        )


def _check_description(where: str, one: Json) -> None:
    if not 1 <= len(one.get("description") or "") <= 100:
        raise errors.invalid(
            f"{where}.description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."
        )


def _check_options(where: str, options: list[Json]) -> None:
    if len(options) > 25:
        raise errors.too_long(f"{where}.options", 25)
    optional = False
    for index, one in enumerate(options):
        here = f"{where}.options.{index}"
        _check_name(here, one["name"], slash=True)
        _check_description(here, one)
        _check_options(here, one.get("options") or [])
        if one.get("required") and optional:
            raise errors.invalid(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before others",
            )
        optional = optional or not one.get("required")
        choices = one.get("choices") or []
        if len(choices) > 25:
            raise errors.too_long(f"{here}.choices", 25)
        if choices and one.get("autocomplete"):
            raise errors.invalid(
                here, "APPLICATION_COMMAND_AUTOCOMPLETE", "Choices and autocomplete exclude each other"
            )
        for number, choice in enumerate(choices):
            _check_choice(f"{here}.choices.{number}", choice)


def _check_choice(where: str, choice: Json) -> None:
    if not 1 <= len(choice["name"]) <= 100:
        raise errors.invalid(f"{where}.name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if isinstance(choice["value"], str) and len(choice["value"]) > 100:
        raise errors.too_long(f"{where}.value", 100)


def _weight(one: Json) -> int:
    own = len(one["name"]) + len(one.get("description") or "")
    choices = sum(len(c["name"]) + len(str(c["value"])) for c in one.get("choices") or ())
    return own + choices + sum(_weight(inner) for inner in one.get("options") or ())
