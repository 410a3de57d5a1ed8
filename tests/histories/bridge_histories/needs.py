"""How many writes a history needs at the least."""

from collections import deque
from collections.abc import Collection, Mapping

from bridge_histories.asking import UNLINKED
from bridge_histories.at_jira import JiraDesk, ServiceDesk
from bridge_histories.at_zendesk import ZendeskDesk
from bridge_histories.field_needs import FieldNeeds
from bridge_histories.files import NOT_PASSED_ON
from bridge_histories.remarks import Remark
from bridge_histories.seen import ANSWERS, ON_HOLD, SPOKEN, End, Seen
from bridge_histories.world import World
from escalation_bridge.domain.routes.routes import Take
from escalation_bridge.domain.routes.sides import Keep, Side

DONE = frozenset({"Solved", "Resolved", "Closed", "Done"})


TOLD = (
    SPOKEN,
    ON_HOLD,
    NOT_PASSED_ON,
    "Customers can",
    "not copied to",
    "Could not deliver",
    "is resolved",
    *ANSWERS,
    UNLINKED,
)
"""What is in comments that nobody could do without."""


class Needs:
    """The writing requests that nobody could do without, as the vendors' interfaces are.

    Counted are:

    * handing on: the linked ticket (a request of a service desk: with its key and its labels), a pointer in each ticket (Zendesk
      and Freshdesk: a note, and the tag or field that is configured; Jira: a remote link), the status that the origin gets, the
      word to the customer where the route has one;
    * each comment that is carried over, and each note about a link on hold (internal ones of a service desk: the comment, and
      its key), and each answer to what agents asked for; that none of them is there twice is another promise;
    * each file that stands there (Zendesk: an upload and a comment; Jira: the file and its key, at a request with a temporary file and
      an internal comment's key), and each note about one;
    * each change of what was said, where it is carried over: one write, and those of a copy that does not stand any more;
    * each status that somebody set and the bridge could know of when it worked: one write on the other side, in Jira one for
      each transition of the shortest way. A status that was replaced before the bridge could know of it counts nothing;
    * where fields are kept in step, what changed of them in the same way: see `FieldNeeds`;
    * pointers that say something else now, where they can be written anew (not in Zendesk): at the origin after each change of the
      linked ticket's status or assignee, at the linked ticket when the origin becomes done or is taken up again, at both when a
      link or a field is held, and when it is not any more;
    * each write whose answer was lost, and each killed worker: one write may have to be made again.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[End, str] = {}
        self._fields = FieldNeeds(world)
        self._points_anew = False
        self._known_words: dict[int, tuple[str, bool, bool]] = {}
        self.count = 0

    def handed_on(self) -> None:
        desks = self._world.desks
        self.count += 3 if isinstance(desks[End.LINKED], ServiceDesk) else 1
        self.count += sum(1 if isinstance(desk, JiraDesk) else 2 for desk in desks.values())
        self.count += 1 + self._world.rulebook.tell_customer

    def with_words(self, seen: Mapping[End, Seen], *, held: int) -> int:
        """All that was needed, together with what the bridge said in tickets for people: passed on, or about what is on hold.

        Args:
            seen: Both tickets.
            held: How much is on hold now, of all that was.
        """
        count = self.count
        for end, ticket in seen.items():
            count += self._world.desks[end].file_writes * sum(file.by_bridge for file in ticket.files)
            is_desk = isinstance(self._world.desks[end], ServiceDesk)
            for said in ticket.comments:
                if said.by_bridge and any(words in said.text for words in TOLD):
                    count += 2 if is_desk and not said.public else 1
                    count += said.tells_of_a_hold and self._tells_news(end)
            released = sum(said.tells_of_a_hold for said in ticket.comments) - held
            count += max(released, 0) * self._tells_news(end)
        return count

    def again(self, times: int = 1) -> None:
        self.count += times

    def told_anew(self) -> None:
        """What a link is like changes: both tickets show it, where it can be written anew, and a command is answered."""
        self.count += 1 + sum(
            2 if isinstance(desk, ServiceDesk) else 1 for desk in self._world.desks.values()
        )

    def know(
        self, known: Collection[End], statuses: Mapping[End, str], fields: Mapping[End, Mapping[str, str]]
    ) -> None:
        """The bridge can know now what these ends show."""
        self._points_anew = False
        for end in known:
            self._knows(end, statuses[end], statuses[end.other])
        self.count += self._fields.know(known, fields)
        # One pointer tells of both.
        self.count += self._fields.reassigned and self._tells_news(End.ORIGIN) and not self._points_anew

    def _knows(self, end: End, status: str, other: str) -> None:
        """The bridge can know a status of one side now, while the other one shows `other`."""
        before = self._known.get(end)
        self._known[end] = status
        if before is None or before == status:
            return
        self._shown_anew(end, before, status)
        wish = self._world.pair.words(Side(end.value), self._world.rulebook).get(status, Keep.KEEP)
        if wish is Keep.KEEP or wish == other:
            return
        there = self._world.desks[end.other]
        self.count += _shortest(there, other, wish) if isinstance(there, JiraDesk) else 1
        self._shown_anew(end.other, other, wish)
        self._known[end.other] = wish

    def knows_words(self, remark: Remark) -> None:
        """The bridge can know what became of something that was said."""
        before = self._known_words.get(remark.number, remark.state)
        self._known_words[remark.number] = remark.state
        rulebook = self._world.rulebook
        rule = rulebook.to_linked if remark.end is End.ORIGIN else rulebook.to_origin
        if rule.take is Take.NONE or remark.state == before:
            return
        self.count += 1
        if remark.is_gone or remark.is_barred or not remark.public:
            self.count += 2 if isinstance(self._world.desks[remark.end.other], ServiceDesk) else 1

    def _shown_anew(self, end: End, before: str, status: str) -> None:
        """The ticket of one end has another status: agents at the origin see each, those at the other end whether it is done."""
        flips = (before in DONE) is not (status in DONE)
        self.count += self._tells_news(end.other) and (end is End.LINKED or flips)
        self._points_anew |= end is End.LINKED

    def _tells_news(self, end: End) -> bool:
        return not isinstance(self._world.desks[end], ZendeskDesk)


def _shortest(desk: JiraDesk, start: str, wish: str) -> int:
    """How many transitions lead from one status to another; 1 where none does, for the attempt."""
    site = desk.site.site
    names = {status.id: status.name for status in site.statuses.values()}
    issue = next(iter(site.issues.values()))
    transitions = site.workflow_of(issue).transitions
    ways = deque([(start, 0)])
    seen = {start}
    while ways:
        here, length = ways.popleft()
        if here == wish:
            return length
        for each in transitions:
            to = names[each.target]
            if to not in seen and (each.sources is None or here in {names[one] for one in each.sources}):
                seen.add(to)
                ways.append((to, length + 1))
    return 1
