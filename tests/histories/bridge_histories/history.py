"""A history as it happens: each step is done by the people, the vendors, the network or the worker."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge_histories.desks import RANKS, TAKES_EFFECT, Desk
from bridge_histories.needs import Needs
from bridge_histories.post import Mailbag, bring
from bridge_histories.seen import SPOKEN, End
from bridge_histories.steps import (
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
from bridge_histories.world import ESCALATES_AFTER, World
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.outbox import OutgoingWebhook

SECRET = "TOP-SECRET"
QUIET_MINUTES = 6
"""Longer than the bridge waits before it tries anything again, and than a vendor's search or export may be behind."""
MOST_ROUNDS = 8
ODD = (FaultKind.EMPTY_200, FaultKind.HTML_LOGIN_PAGE)
MOST_ODD = 3
"""An answer that cannot be understood is tried again three times: after the fourth a write is given up, and people are told."""


@dataclass(frozen=True)
class Remark:
    """What a person said, found again by its `token`.

    Attributes:
        before_link: It was said when there was no linked ticket yet.
    """

    token: str
    end: End
    public: bool
    before_link: bool


class History:
    """One story in one world.

    Attributes:
        ticket: The customer's ticket.
        remarks: What people said, in both tickets.
        moved: The ends whose status people have changed since all was quiet last.
        moved_ever: The same since the beginning.
        ranked, ranked_ever, ranked_at: The same of priorities.
        edits: How often people have set a status or a priority.
        left_at: What status people left an end at, by changing it.
        worked_between: Whether the bridge worked between the first and the last of the changes in `moved`.
        in_step: Whether, when all was quiet last, there was a link and it was not on hold.
        in_step_at: What both ends showed then.
    """

    def __init__(self, world: World, story: Story) -> None:
        self.world = world
        self.story = story
        self.needs = Needs(world)
        self.remarks: list[Remark] = []
        self.moved: set[End] = set()
        self.moved_ever: set[End] = set()
        self.ranked: set[End] = set()
        self.ranked_ever: set[End] = set()
        self.ranked_at: dict[End, str] = {}
        self.edits = 0
        self.left_at: dict[End, str] = {}
        self.in_step = False
        self.in_step_at: dict[End, str] = {}
        self.worked_between = False
        self._worked_since_move = False
        self._faults: list[tuple[End, Fault]] = []
        self._odd = 0
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
            self.still({end: self.desk(end).status(ids[end]) for end in End}, in_step=True)

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

    # --- steps --------------------------------------------------------------------------------------------------------

    def happen(self, step: Step) -> None:
        """Do one step, except `Settles`, whose judgement is not this one's."""
        self.world.clock.advance(1)
        match step:
            case Says():
                self._says(step)
            case Moves(end, choice):
                self._moves(end, choice)
            case Ranks(end, choice):
                self._ranks(end, choice)
            case Works(minutes, mail):
                known = self._deliver(mail)
                self.world.clock.advance(60 * minutes)
                self._work(known)
            case Looks():
                self._look_around()
                self._work(set(End))
            case Trouble(end, kind, method, skip, times):
                self._trouble(end, Fault(kind, method, times=times, skip=skip, retry_after=_wait(kind)))
            case Dies(after):
                self.world.deeds_left = after
                self.needs.again()
            case Settles():
                self.settle()

    def _says(self, step: Says) -> None:
        ticket = self.id_at(step.end)
        if ticket is None:
            return
        public = step.public or step.who is Who.CUSTOMER
        token = f"{SPOKEN}{len(self.remarks):02}x"
        self.remarks.append(Remark(token, step.end, public, before_link=self.linked() is None))
        text = token if public else f"{token} {SECRET}"
        desk = self.desk(step.end)
        with self._moving(step.end, ticket):
            if step.who is Who.CUSTOMER:
                desk.customer_says(ticket, text)
            else:
                desk.agent_says(ticket, text, public=public)

    def _moves(self, end: End, choice: int) -> None:
        ticket = self.id_at(end)
        if ticket is None:
            return
        desk = self.desk(end)
        others = [status for status in desk.moves(ticket) if status != desk.status(ticket)]
        if not others:
            return
        with self._moving(end, ticket):
            desk.set_status(ticket, others[choice % len(others)])

    def _ranks(self, end: End, choice: int) -> None:
        ticket = self.id_at(end)
        if ticket is None:
            return
        desk = self.desk(end)
        others = [rank for rank in RANKS if rank != desk.rank(ticket)]
        rank = others[choice % len(others)]
        desk.set_rank(ticket, rank)
        self.ranked.add(end)
        self.ranked_ever.add(end)
        self.ranked_at[end] = rank
        self.edits += 1

    def _moving(self, end: End, ticket: str) -> "_Moving":
        return _Moving(self, end, ticket)

    def _trouble(self, end: End, fault: Fault) -> None:
        if fault.kind in ODD:
            times = min(fault.times, MOST_ODD - self._odd)
            if times <= 0:
                return
            self._odd += times
            fault = replace(fault, times=times)
        self._faults.append((end, fault))

    # --- the network and the worker -----------------------------------------------------------------------------------

    def _deliver(self, mail: Mail) -> set[End]:
        """Have the network do what it does with the webhooks; return the ends of which some news came."""
        known: set[End] = set()
        if mail is Mail.LATE:
            return known
        for end in End:
            webhooks = list(self._empty_bag(end, newest_first=mail is Mail.BACKWARDS))
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
            for webhook in self._empty_bag(end, newest_first=newest_first):
                self._bring(end, webhook)
                found = True
        return found

    def _empty_bag(self, end: End, *, newest_first: bool) -> Iterator[OutgoingWebhook]:
        bag = self.desk(end).vendor.outbox
        assert isinstance(bag, Mailbag)
        while (webhook := bag.take(newest=newest_first)) is not None:
            yield webhook

    def _bring(self, end: End, webhook: OutgoingWebhook, *, twice: bool = False) -> None:
        self._last_mail[end] = webhook
        bring(webhook)
        if twice:
            bring(webhook, attempt=1)

    def _look_around(self) -> None:
        with self._troubled():
            self.world.look_around()

    def _work(self, known: set[End]) -> None:
        self._take_stock(known)
        self._worked_since_move = bool(self.moved)
        with self._troubled():
            self.world.work()
        self._take_stock(set())

    def _troubled(self) -> "_Troubled":
        return _Troubled(self)

    def _take_stock(self, known: set[End]) -> None:
        """Note what the bridge could know now, and what it has to write for it."""
        linked = self.linked()
        if linked is None:
            return
        statuses = {End.ORIGIN: self.desk(End.ORIGIN).status(self.ticket)}
        statuses[End.LINKED] = self.desk(End.LINKED).status(linked)
        if not self._handed_on:
            self._handed_on = True
            self.needs.handed_on()
            known = set(End)
        ids = {End.ORIGIN: self.ticket, End.LINKED: linked}
        ranks = {end: self.desk(end).rank(ids[end]) for end in End}
        for end in known:
            self.needs.knows(end, statuses[end], statuses[end.other])
            self.needs.knows_rank(end, ranks[end], ranks[end.other])

    def settle(self) -> None:
        """Nothing goes wrong any more: late webhooks come, the newest first, what was lost is found, and time passes.

        In the end the newest webhooks come once more, and nothing may come of them.
        """
        self.world.deeds_left = 0
        self._faults.clear()
        self._bring_all(newest_first=True)
        quiet = 0
        for _ in range(MOST_ROUNDS):
            writes = self.bridge_writes()
            self.world.clock.advance(60 * QUIET_MINUTES)
            self._work(set(End))
            self.world.look_around()
            self._work(set(End))
            news = self._bring_all()
            self._work(set(End))
            quiet = quiet + 1 if not news and self.bridge_writes() == writes else 0
            if quiet:
                break
        assert quiet, f"after {MOST_ROUNDS} rounds the bridge still writes"
        for end, webhook in self._last_mail.items():
            self._bring(end, webhook)
        self._work(set())
        assert self.bridge_writes() == writes, "old news brought new writes"

    def still(self, statuses: dict[End, str], *, in_step: bool) -> None:
        """From here on counts what happens next."""
        self.in_step, self.in_step_at = in_step, statuses
        self.moved.clear()
        self.ranked.clear()
        self.worked_between = self._worked_since_move = False

    def note_move(self, end: End, status: str) -> None:
        """People changed a status."""
        self.worked_between |= self._worked_since_move
        self.moved.add(end)
        self.moved_ever.add(end)
        self.left_at[end] = status
        self.edits += 1


class _Moving:
    """Notes whether what a person does changes a ticket's status: a customer's answer may reopen it."""

    def __init__(self, history: History, end: End, ticket: str) -> None:
        self._history, self._end, self._ticket = history, end, ticket

    def __enter__(self) -> None:
        self._before = self._history.desk(self._end).status(self._ticket)

    def __exit__(self, *_: object) -> None:
        after = self._history.desk(self._end).status(self._ticket)
        if after != self._before:
            self._history.note_move(self._end, after)


class _Troubled:
    """Within this the bridge's requests meet the faults that are armed: people's own requests never do."""

    def __init__(self, history: History) -> None:
        self._history = history

    def __enter__(self) -> None:
        for end, fault in self._history._faults:
            self._history.desk(end).vendor.faults.add(fault)
        self._history._faults.clear()
        self._lost = self._lost_answers()

    def __exit__(self, *_: object) -> None:
        for end in End:
            vendor = self._history.desk(end).vendor
            self._history._faults += [(end, fault) for fault in vendor.faults.armed().values()]
            vendor.faults.clear()
        self._history.needs.again(self._lost_answers() - self._lost)

    def _lost_answers(self) -> int:
        return sum(
            entry.fault in TAKES_EFFECT
            for end in End
            for entry in self._history.desk(end).vendor.journal.entries(writes=True)
        )


def _wait(kind: FaultKind) -> str | None:
    return "20" if kind is FaultKind.RATE_LIMIT else None
