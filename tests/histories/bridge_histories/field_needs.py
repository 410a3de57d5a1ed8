"""How many writes the fields of a history need at the least: priorities, tags, a custom field, the assignee."""

from collections.abc import Collection, Iterator, Mapping

from bridge_histories.at_jira import JiraDesk
from bridge_histories.at_zendesk import ZendeskDesk
from bridge_histories.desks import Desk
from bridge_histories.kept import YES
from bridge_histories.seen import End
from bridge_histories.world import World
from escalation_bridge.domain.routes.fields.assignee import ASSIGNEE

Values = Mapping[str, str]


class FieldNeeds:
    """What was carried over, as far as the bridge could know of it.

    All fields of a ticket that changed together need one request, but for what a vendor takes by itself only: Zendesk tags that are
    added and tags that are removed, Jira the assignee.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[End, dict[str, str]] = {}
        self.reassigned = False
        """Whether, by what the bridge can know since the last look, the linked ticket has another assignee."""

    def know(self, known: Collection[End], values: Mapping[End, Values]) -> int:
        """The bridge can know now what these ends show: how many requests it needs for that.

        At the beginning all that the origin shows counts as if it had just been set.
        """
        if not self._known:
            self._known = {End.ORIGIN: {}, End.LINKED: dict(values[End.LINKED])}
        assignee = self._known[End.LINKED][ASSIGNEE]
        changes = {end: dict(self._news(end, values)) if end in known else {} for end in End}
        for end in known:
            self._known[end] = dict(values[end])
        owner = self._world.rulebook.owner
        for key in changes[End.ORIGIN].keys() & changes[End.LINKED].keys():
            # Where both changed, the owner's is carried over; without one, none is.
            for end in End:
                if owner is None or End(owner.value) is not end:
                    del changes[end][key]
        needed = 0
        for end, wishes in changes.items():
            self._known[end.other] |= wishes
            needed += _requests(self._world.desks[end.other], wishes)
        self.reassigned = self._known[End.LINKED][ASSIGNEE] != assignee
        return needed

    def _news(self, end: End, values: Mapping[End, Values]) -> Iterator[tuple[str, str]]:
        """What the other end has to show for what changed at one."""
        book, rulebook = self._world.pair.book, self._world.rulebook
        for key, value in values[end].items():
            if value == self._known[end].get(key, "") or not book.carries(rulebook.kept, key, end):
                continue
            wish = book.counterpart(rulebook.kept, end, key, value)
            if wish is not None and wish != values[end.other][key]:
                yield key, wish


def _requests(desk: Desk, wishes: Values) -> int:
    if not wishes:
        return 0
    tags = {key: wish for key, wish in wishes.items() if key.startswith("tag:")}
    if isinstance(desk, ZendeskDesk):
        added = YES in tags.values()
        return (len(tags) < len(wishes)) + added + ("" in tags.values())
    if isinstance(desk, JiraDesk):
        return (ASSIGNEE in wishes) + (wishes.keys() != {ASSIGNEE})
    return 1
