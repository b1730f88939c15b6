"""Who may do what. Asked with ids from the event, never with anything a model said."""

from collections.abc import Collection, Iterable, Sequence

from bot.errors import NotAllowed
from bot.messages import MODERATOR, CommandSpec, Person, Place, person_key
from bot.preferences.scopes import SHARED, Scope


class Access:
    """The operator's rules.

    `admins` are person keys, `platform:id`. `workspaces` are written alike, and are the only ones served; without
    any, all are. The platforms in `own` are the operator's, and are served whatever is named.
    """

    def __init__(
        self, admins: Collection[str], workspaces: Collection[str] = (), own: Collection[str] = ()
    ) -> None:
        self._admins = frozenset(admins)
        self._workspaces = tuple(dict.fromkeys(workspaces))
        self._own = frozenset(own)

    def serves(self, place: Place) -> bool:
        """Whether people in the workspace of this place may use the bot at all."""
        if not self._workspaces or place.platform in self._own:
            return True
        return f"{place.platform}:{place.workspace}" in self._workspaces

    def served_on(self, platform: str) -> Sequence[str]:
        """The ids of the workspaces that are named for a platform."""
        pairs = (workspace.partition(":") for workspace in self._workspaces)
        return tuple(id_ for named, _, id_ in pairs if named == platform)

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
        raise NotAllowed("Only those who asked, and moderators, can do that.")
