"""Fields in a history: what people did to them, and what must be true of them when all is quiet."""

from collections.abc import Collection, Mapping

from bridge_histories.asking import Asking
from bridge_histories.desks import RANKS
from bridge_histories.kept import Kept
from bridge_histories.seen import End
from bridge_histories.steps import Alters, Kind, Ranks
from bridge_histories.world import World
from escalation_bridge.domain.case.cases import Hold, Link
from escalation_bridge.domain.routes.fields.assignee import ASSIGNEE
from escalation_bridge.domain.routes.fields.priority import PRIORITY

Values = Mapping[str, str]
MAY_SAY_NOTHING = (ASSIGNEE, PRIORITY)
_ONLY_THESE_GO_ON = ("status_", "ping_pong")
"""Why a link may be on hold without its fields being so."""


class Fields:
    """What people did to the fields of both tickets.

    Attributes:
        edits: How often people have changed one.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._book = world.pair.book
        self.edits = 0
        self._trails: dict[str, dict[End, list[str]]] = {}
        """By field, the values that people set at the ends since it was in step last, in that order."""
        self._overtaken: set[str] = set()
        """What people changed again after the bridge had worked."""
        self._worked_since: set[str] = set()
        self._early: set[str] = set()
        """What people changed at the linked end before the bridge began to keep the fields in step."""
        self._begun = False
        self._is_linked = True
        self._in_conflict: set[str] = set()
        self._touched: set[str] = set()
        """What was on hold for a conflict when all was quiet last, and what people changed since."""
        self._in_step: set[str] = set()
        self._before: dict[End, Values] = {}
        """What the ends held when all was quiet last."""
        self._strange: dict[End, frozenset[str]] = {}
        """The tags that no rule names, as people left them."""

    @property
    def _kept(self) -> Kept:
        return self._world.rulebook.kept

    def values(self, end: End, ticket: str) -> dict[str, str]:
        """What a ticket holds, by the fields' keys."""
        return self._book.values(end, self._world.desks[end], ticket)

    # --- what people do -----------------------------------------------------------------------------------------------

    def alter(self, step: Ranks | Alters, ticket: str) -> None:
        """An agent changes a field."""
        book, end, desk = self._book, step.end, self._world.desks[step.end]
        before = self.values(end, ticket)
        match step:
            case Ranks():
                ranks = [rank for rank in RANKS if rank != before[PRIORITY]]
                desk.set_rank(ticket, ranks[step.choice % len(ranks)])
            case Alters(kind=Kind.TAGS):
                self._turn_tag(step, ticket)
            case Alters(kind=Kind.CUSTOM):
                others = [each for each in (*book.choices[end], "") if each != before[book.custom_key]]
                field = book.custom[0 if end is End.ORIGIN else 1]
                desk.set_custom(ticket, field, others[step.choice % len(others)])
            case Alters(kind=Kind.ASSIGNEE):
                others = [each for each in (*book.assignees(end), "") if each != before[ASSIGNEE]]
                desk.assign(ticket, others[step.choice % len(others)])
        self.note(end, before, self.values(end, ticket))
        self._strange[end] = book.strange_tags(end, desk, ticket)

    def _turn_tag(self, step: Alters, ticket: str) -> None:
        """A tag that is there is taken away, however it is written; one that is not is put there."""
        desk, known = self._world.desks[step.end], self._book.tags(step.end)
        tag = known[step.choice % len(known)]
        there = [each for each in desk.tags(ticket) if self._book.is_same_tag(each, tag)]
        if there:
            desk.set_tags(ticket, remove=there)
        else:
            desk.set_tags(ticket, add=[tag])

    def note(self, end: End, before: Values, after: Values) -> None:
        """People did something, of which these values came."""
        changed = [key for key in after if after[key] != before[key]]
        for key in changed:
            self._trails.setdefault(key, {}).setdefault(end, []).append(after[key])
            if key in self._worked_since:
                self._overtaken.add(key)
        self._touched.update(changed)
        self.edits += len(changed)
        if changed and end is End.LINKED and not self._has_begun():
            self._early.update(changed)

    def _has_begun(self) -> bool:
        if not self._begun:
            view = self._world.view()
            self._begun = view is not None and bool(view.links and view.links[0].fields)
        return self._begun

    def bridge_works(self) -> None:
        """The bridge may have heard of all that people did until now."""
        self._worked_since.update(self._trails)

    # --- when all is quiet --------------------------------------------------------------------------------------------

    def judge(self, link: Link | None, tickets: Mapping[End, str], asking: Asking) -> None:
        """Judge what both tickets hold, field by field; without a link, that each holds what people there left in it.

        Raises:
            AssertionError: Something is not as promised.
        """
        for end, ticket in tickets.items():
            strange = self._book.strange_tags(end, self._world.desks[end], ticket)
            left = self._strange.get(end, strange)
            assert strange == left, (
                f"of other people's tags at the {end} end are {strange}, and they left {left}"
            )
        self._is_linked = link is not None
        if link is not None and self._rests(link):
            return
        now = {end: self.values(end, ticket) for end, ticket in tickets.items()}
        for key in now[End.ORIGIN]:
            hold = self._hold(link, key)
            shown = {end: values[key] for end, values in now.items()}
            if link is not None:
                self._is_as_chosen(key, hold, shown, asking.chosen(key))
            if hold is None:
                self._judge_one(key, shown)
            else:
                self._is_held_for_good_reason(key, hold, shown)

    def still(self, link: Link | None, tickets: Mapping[End, str]) -> None:
        """From here on counts what happens next; of a field that is on hold, also what happened to it before."""
        now = {end: self.values(end, ticket) for end, ticket in tickets.items()}
        settled = set[str]()
        if link is None or not self._rests(link):
            settled = {key for key in now[End.ORIGIN] if self._hold(link, key) is None}
            self._early.clear()
        holds = {key: self._hold(link, key) for key in now[End.ORIGIN]}
        self._in_conflict = {key for key, hold in holds.items() if hold and hold.reason == "field_conflict"}
        self._touched.clear()
        self._in_step = settled
        self._trails = {key: trail for key, trail in self._trails.items() if key not in settled}
        self._overtaken -= settled
        self._worked_since &= self._trails.keys()
        self._before = {**now}
        self._strange = {
            end: self._book.strange_tags(end, self._world.desks[end], ticket)
            for end, ticket in tickets.items()
        }

    def _hold(self, link: Link | None, key: str) -> Hold | None:
        state = link.fields.get(key) if link is not None else None
        return state.hold if state is not None else None

    def _rests(self, link: Link) -> bool:
        return link.hold is not None and not link.hold.reason.startswith(_ONLY_THESE_GO_ON)

    def _carries(self, key: str, end: End) -> bool:
        return self._is_linked and self._book.carries(self._kept, key, end)

    def _counterpart(self, key: str, source: End, value: str) -> str | None:
        return self._book.counterpart(self._kept, source, key, value)

    def _is_as_chosen(
        self, key: str, hold: Hold | None, shown: Mapping[End, str], sides: Collection[End]
    ) -> None:
        """Where nobody changed what was in conflict, and agents chose whose value counts, it does."""
        if key not in self._in_conflict - self._touched or len(sides) != 1:
            return
        (side,) = sides
        left = self._before[side][key]
        wish = self._counterpart(key, side, left)
        assert hold is None, f"{key} is held, and {side} was chosen: {hold}"
        assert (shown[side], shown[side.other]) == (left, wish), f"{key}: {side} was chosen, and {shown}"

    def _is_held_for_good_reason(self, key: str, hold: Hold, shown: Mapping[End, str]) -> None:
        match hold.reason:
            case "field_conflict":
                assert self._world.rulebook.owner is None, f"{key} is held, and somebody owns it"
                changed = set(self._trails.get(key, {}))
                assert changed == set(End), (
                    f"{key} is held for a conflict, and people changed it at {changed}"
                )
            case "field_unmapped":
                assert key != ASSIGNEE, f"nobody is held up for a person: {hold}"
                unmapped = [
                    end
                    for end in End
                    if self._carries(key, end) and self._counterpart(key, end, shown[end]) is None
                ]
                assert unmapped, f"{key} is held, and {shown} are mapped"
            case reason:
                raise AssertionError(f"{key} is held for {reason}: {hold}")
        trail = self._trails.get(key, {})
        for end, values in trail.items():
            alone = len(trail) == 1
            assert not alone or shown[end] == values[-1], f"{key} at the {end} end is {shown}, and held"

    def _judge_one(self, key: str, shown: Mapping[End, str]) -> None:
        trail = self._trails.get(key, {})
        told = f"{key} is {shown}, was {self._before}, and people set it to {trail}"
        for end in End:
            allowed = self._allowed(key, end)
            assert allowed is None or shown[end] in allowed, f"{told}: at the {end} end may be {allowed}"
        if all(self._carries(key, end) for end in End) and not self._began_apart(key, shown):
            assert self._agree(key, shown), f"{told}: they do not agree"

    def _allowed(self, key: str, end: End) -> set[str] | None:
        """What an end may hold; None: this does not tell."""
        trail, before = self._trails.get(key, {}), self._before.get(end, {}).get(key)
        mine, theirs = trail.get(end, []), trail.get(end.other, [])
        if not self._carries(key, end.other):
            return {mine[-1]} if mine else None if before is None else {before}
        if key not in self._in_step:
            return None
        assert before is not None
        if mine and theirs:
            return self._allowed_after_both(key, end, mine, before)
        if mine:
            return {mine[-1]}
        if not theirs:
            return {before}
        counterpart = self._counterpart(key, end.other, theirs[-1])
        if counterpart is None:
            # It stays as it was when they set something that means nothing here.
            earlier = (self._counterpart(key, end.other, value) for value in theirs)
            return {before, *(value for value in earlier if value is not None)}
        unchanged = theirs[-1] == self._before[end.other][key]
        return {counterpart, before} if unchanged else {counterpart}

    def _allowed_after_both(self, key: str, end: End, mine: list[str], before: str) -> set[str] | None:
        """The owner's value wins where both changed before the bridge worked, if it is another one than before and means something."""
        owner = self._world.rulebook.owner
        owns = owner is not None and End(owner.value) is end and self._carries(key, end)
        counts = mine[-1] != before and self._counterpart(key, end, mine[-1]) is not None
        return {mine[-1]} if owns and counts and key not in self._overtaken else None

    def _began_apart(self, key: str, shown: Mapping[End, str]) -> bool:
        """Whether only the linked ticket shows something that it showed from the beginning: that is not carried back."""
        return not shown[End.ORIGIN] and (key in self._early or self._was_apart(key))

    def _was_apart(self, key: str) -> bool:
        before = {end: values.get(key, "") for end, values in self._before.items()}
        return len(before) == len(End) and not self._agree(key, before)

    def _agree(self, key: str, shown: Mapping[End, str]) -> bool:
        wishes = {end: self._counterpart(key, end, shown[end]) for end in End}
        if any(wishes[end] == shown[end.other] for end in End):
            return True
        # Who is nobody over there changes nothing there; neither does no priority, or an assignee who is taken away.
        return key in MAY_SAY_NOTHING and any(not wishes[end] for end in End)
