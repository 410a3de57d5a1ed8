"""A history as it happens: each step is done by the people, the vendors, the network or the worker."""

from bridge_histories.asking import Asking, Asks, ask
from bridge_histories.desks import Desk
from bridge_histories.fields import Fields
from bridge_histories.files import packed
from bridge_histories.moving import Moving
from bridge_histories.needs import Needs
from bridge_histories.post import Mailbag, bring
from bridge_histories.refusals import Mends, Refuses, mend
from bridge_histories.remarks import Remark, wording
from bridge_histories.rewording import Rewords, reword
from bridge_histories.seen import End
from bridge_histories.severed import Severed
from bridge_histories.steps import (
    Alters,
    Dies,
    Looks,
    Mail,
    Moves,
    Ranks,
    Says,
    Settles,
    Step,
    Story,
    Trouble,
    Who,
    Works,
)
from bridge_histories.troubles import Troubles
from bridge_histories.world import ESCALATES_AFTER, World
from escalation_bridge_sandbox.kernel.outbox import OutgoingWebhook

QUIET_MINUTES = 6
"""Longer than the bridge waits before it tries anything again, and than a vendor's search or export may be behind."""
SECOND_LOOK_SECONDS = 30
"""Longer than until the bridge believes what it has to see twice, or takes an edit for the last one."""
MOST_ROUNDS = 8


class History:
    """One story in one world.

    Attributes:
        ticket: The customer's ticket.
        remarks: What people said, in both tickets.
        moved: The ends whose status people have changed since all was quiet last.
        moved_ever: The same since the beginning.
        edits: How often people have set a status.
        fields: What people did to other fields.
        asking: What agents asked the bridge for.
        held_for: Why the link was on hold when all was quiet last.
        left_at: What status people left an end at, by changing it.
        worked_between: Whether the bridge worked between the first and the last of the changes in `moved`.
        in_step: Whether, when all was quiet last, there was a link and it was not on hold.
        in_step_at: What both ends showed then.
    """

    def __init__(self, world: World, story: Story) -> None:
        self.world = world
        self.story = story
        self.needs = Needs(world)
        self.fields = Fields(world)
        self.asking = Asking()
        self.severed = Severed()
        self.held_for: str | None = None
        self.remarks: list[Remark] = []
        self.moved: set[End] = set()
        self.moved_ever: set[End] = set()
        self.edits = 0
        self.left_at: dict[End, str] = {}
        self.in_step = False
        self.in_step_at: dict[End, str] = {}
        self.worked_between = False
        self._worked_since_move = False
        self.troubles = Troubles(world, self.needs)
        self._untold: set[End] = set()
        self._last_mail: dict[End, OutgoingWebhook] = {}
        self._handed_on = False
        self.ticket = self.desk(End.ORIGIN).customer_opens("Printer on fire", "It burns.")
        if story.linked_first:
            self._bring_all()
            self.world.work()
            self.world.clock.advance(ESCALATES_AFTER.total_seconds() + 1)
            self.world.work()
            self._bring_all()
            self.world.work()
            linked = self.linked()
            assert linked is not None, "nothing was handed on"
            self._take_stock(known=set(End))
            ids = {End.ORIGIN: self.ticket, End.LINKED: linked}
            self.still({end: self.desk(end).status(ids[end]) for end in End}, held_for=None)
            view = self.world.view()
            assert view is not None
            self.fields.still(view.links[0], ids)

    def desk(self, end: End) -> Desk:
        return self.world.desks[end]

    def linked(self) -> str | None:
        """The linked ticket's id at its vendor."""
        made = self.desk(End.LINKED).made_by_bridge()
        assert len(made) <= 1, f"the bridge made {len(made)} tickets of one"
        return made[0] if made else None

    def id_at(self, end: End) -> str | None:
        return self.ticket if end is End.ORIGIN else self.linked()

    def bridge_writes(self) -> int:
        return sum(len(desk.writes()) for desk in self.world.desks.values())

    def happen(self, step: Step) -> None:
        """Do one step, except `Settles`, whose judgement is not this one's."""
        self.world.clock.advance(1)
        match step:
            case Says():
                self._says(step)
            case Rewords(end):
                ticket = self.id_at(end)
                if ticket is not None and reword(self.desk(end), ticket, self.remarks, step):
                    self._untold.add(end)
            case Moves(end, choice):
                self._moves(end, choice)
            case Ranks() | Alters():
                self._alters(step)
            case Asks():
                ask(self, step)
            case Works(minutes, mail):
                known = self._deliver(mail)
                self.world.clock.advance(60 * minutes)
                self._work(known)
            case Looks():
                self._look_around()
                self._work(set(End))
            case Trouble(end, kind, method, skip, times):
                self.troubles.add(end, kind, method, skip=skip, times=times)
            case Dies(after):
                self.world.deeds_left = after
                self.needs.again()
            case Refuses(end, choice):
                if self.linked() is not None:
                    self.troubles.refuse(end, choice)
            case Mends(by):
                mend(self, by)
            case Settles():
                self.settle()

    def _says(self, step: Says) -> None:
        ticket = self.id_at(step.end)
        if ticket is None:
            return
        public = step.public or step.who is Who.CUSTOMER
        number, earlier = len(self.remarks), [each for each in self.remarks if each.end is step.end]
        said, file = wording(number, public=public), packed(step.parcel, number, earlier)
        before_link = self.linked() is None
        desk = self.desk(step.end)
        with Moving(self, step.end, ticket):
            if step.who is Who.CUSTOMER:
                desk.customer_says(ticket, said.text, file)
            else:
                desk.agent_says(ticket, said.text, public=public, file=file)
        newest = desk.newest(ticket)
        self.remarks.append(Remark(number, step.end, newest, public, before_link, [said], file=file))

    def _moves(self, end: End, choice: int) -> None:
        ticket = self.id_at(end)
        if ticket is None:
            return
        # Nobody sets a status in the second after a ticket came to be: vendors date both to the second.
        self.world.clock.advance(1)
        desk = self.desk(end)
        others = [status for status in desk.moves(ticket) if status != desk.status(ticket)]
        if not others:
            return
        with Moving(self, end, ticket):
            desk.set_status(ticket, others[choice % len(others)])

    def _alters(self, step: Ranks | Alters) -> None:
        ticket = self.id_at(step.end)
        if ticket is not None:
            self.fields.alter(step, ticket)

    def _deliver(self, mail: Mail) -> set[End]:
        """Have the network do what it does with the webhooks; return the ends of which some news came."""
        known: set[End] = set()
        if mail is Mail.LATE:
            return known
        for end in End:
            webhooks = list(self._bag(end).emptied(newest_first=mail is Mail.BACKWARDS))
            if mail is Mail.LOST:
                continue
            if mail is Mail.SECOND_LOST:
                webhooks = webhooks[::2]
            for webhook in webhooks:
                self._bring(end, webhook, twice=mail is Mail.TWICE)
                known.add(end)
        return known

    def _bring_all(self, *, newest_first: bool = False) -> bool:
        found = False
        for end in End:
            for webhook in self._bag(end).emptied(newest_first=newest_first):
                self._bring(end, webhook)
                found = True
        return found

    def _bag(self, end: End) -> Mailbag:
        bag = self.desk(end).vendor.outbox
        assert isinstance(bag, Mailbag)
        return bag

    def _bring(self, end: End, webhook: OutgoingWebhook, *, twice: bool = False) -> None:
        self._last_mail[end] = webhook
        bring(webhook)
        if twice:
            bring(webhook, attempt=1)

    def _look_around(self) -> None:
        with self.troubles.about():
            self.world.look_around()

    def _work(self, known: set[End]) -> None:
        self._take_stock(known)
        self._worked_since_move = bool(self.moved)
        self.fields.bridge_works()
        with self.troubles.about():
            self.world.work()
        self._take_stock(set())

    def _take_stock(self, known: set[End]) -> None:
        """Note what the bridge could know now, and what it has to write for it."""
        linked = self.linked()
        if linked is None or self.asking.severed:
            return
        statuses = {End.ORIGIN: self.desk(End.ORIGIN).status(self.ticket)}
        statuses[End.LINKED] = self.desk(End.LINKED).status(linked)
        if not self._handed_on:
            self._handed_on = True
            self.needs.handed_on()
            known = set(End)
        ids = {End.ORIGIN: self.ticket, End.LINKED: linked}
        self.needs.know(known, statuses, {end: self.fields.values(end, ids[end]) for end in End})
        for remark in self.remarks:
            if remark.end in known:
                self.needs.knows_words(remark)

    def settle(self) -> None:
        """Nothing goes wrong any more: late webhooks come, the newest first, what was lost is found, and time passes.

        What a vendor tells nobody of is found when its ticket is read for another reason. In the end old webhooks bring nothing.
        """
        self.world.deeds_left = 0
        self.troubles.clear()
        for end in self._untold:
            ticket = self.id_at(end)
            if ticket is not None and not self.desk(end).tells_of_edits:
                self.desk(end).touch(ticket)
        self._untold.clear()
        self._bring_all(newest_first=True)
        quiet = False
        for _ in range(MOST_ROUNDS):
            writes = self.bridge_writes()
            self.world.clock.advance(60 * QUIET_MINUTES)
            self._work(set(End))
            self.world.go_on_looking()
            self.world.look_around()
            self._work(set(End))
            news = self._bring_all()
            self.world.clock.advance(SECOND_LOOK_SECONDS)
            self._work(set(End))
            waits = self._means_to_write() or self.world.is_about_to_work()
            quiet = not news and self.bridge_writes() == writes and not waits
            if quiet:
                break
        assert quiet, f"after {MOST_ROUNDS} rounds the bridge still writes"
        for end, webhook in self._last_mail.items():
            self._bring(end, webhook)
        self._work(set())
        assert self.bridge_writes() == writes, "old news brought new writes"

    def _means_to_write(self) -> bool:
        """Whether a write waits for its time."""
        view = self.world.view()
        return view is not None and any(record.state.outstanding for record in view.intents.values())

    def still(self, statuses: dict[End, str], *, held_for: str | None) -> None:
        """From here on counts what happens next."""
        self.in_step, self.in_step_at, self.held_for = held_for is None, statuses, held_for
        self.moved.clear()
        self.worked_between = self._worked_since_move = False

    def note_move(self, end: End, status: str) -> None:
        """People changed a status."""
        self.worked_between |= self._worked_since_move
        self.moved.add(end)
        self.moved_ever.add(end)
        self.left_at[end] = status
        self.edits += 1
