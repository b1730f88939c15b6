"""Who may do what. Asked with ids from the event, never with anything a model said."""

from collections.abc import Collection, Iterable

from bot.errors import NotAllowed
from bot.messages import MODERATOR, CommandSpec, Person, person_key
from bot.preferences import SHARED, Scope


class Access:
    """The operator's rules. `admins` are person keys, `platform:id`."""

    def __init__(self, admins: Collection[str]) -> None:
        self._admins = frozenset(admins)

    def is_admin(self, platform: str, person: Person) -> bool:
        """Whether this person runs the bot."""
        return person_key(platform, person) in self._admins

    def may_command(self, platform: str, person: Person, spec: CommandSpec) -> None:
        """Raises NotAllowed when the command is not for this person."""
        if spec.admins_only and not self.is_admin(platform, person):
            raise NotAllowed(f"/{spec.name} is for admins only.")

    def may_set(self, platform: str, person: Person, scope: Scope) -> None:
        """Raises NotAllowed when this person may not choose for others there."""
        if scope in SHARED and MODERATOR not in person.roles and not self.is_admin(platform, person):
            raise NotAllowed(f"Only admins and moderators can set that for the {scope}. Nothing was changed.")

    def may_press(self, platform: str, person: Person, speakers: Iterable[Person]) -> None:
        """Raises NotAllowed unless this person asked the question, with others perhaps, or keeps order there."""
        asked = any(person.id == speaker.id for speaker in speakers)
        if asked or MODERATOR in person.roles or self.is_admin(platform, person):
            return
        raise NotAllowed("Only those who asked can do that, and moderators.")
