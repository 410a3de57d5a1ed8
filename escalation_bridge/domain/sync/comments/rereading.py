"""Compare comments with an earlier read: new, edited, with another visibility, or deleted.

Lists of comments lag (replica lag), and an account may lose access to some. So what would delete a comment on the other
side, or make it more visible, needs two reads, some seconds apart. What hides a comment counts immediately.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from escalation_bridge.domain.case.cases import CaseView, Doubt, Doubted
from escalation_bridge.domain.tickets.same_words import same_words
from escalation_bridge.domain.tickets.tickets import Comment, TicketRef, Visibility

SECOND_LOOK = timedelta(seconds=5)
"""How far apart two readings are, at the least, that show the same."""


@dataclass(frozen=True, slots=True)
class Rereading:
    """What differs from what was known.

    Attributes:
        new: Comments that were not known.
        changed: Comments that were known, as they are to be known from now on.
        taken_back: Ids of comments that somebody took back.
        back: Ids of comments that were thought to be taken back and are there.
        doubts: What has to be seen once more, by comment id: since now.
        settled: Ids of comments whose doubt is resolved.
        is_open: Whether something has to be looked at once more, soon.
    """

    new: tuple[Comment, ...] = ()
    changed: tuple[Comment, ...] = ()
    taken_back: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    settled: tuple[str, ...] = ()
    is_open: bool = False

    def __bool__(self) -> bool:
        parts = (self.new, self.changed, self.taken_back, self.back, self.doubts, self.settled)
        return any(parts) or self.is_open


def read_from(view: CaseView, ref: TicketRef, since: datetime | None) -> str | None:
    """After which comment to read: everything since an instant is read again, for it may have been edited; None: all.

    The bridge's own comments are known from their receipts: comments just before them need not have been read.
    """
    others = [comment for comment in view.comments_of(ref) if (ref, comment.id) not in view.own_comments]
    before = others if since is None else [comment for comment in others if comment.created_at < since]
    return before[-1].id if before else None


def reread(
    view: CaseView, ref: TicketRef, read: Sequence[Comment], since: datetime | None, now: datetime
) -> Rereading:
    """Compare what was read of a ticket with what is known of it.

    Args:
        view: The case as it is known.
        ref: Which of its tickets.
        read: Its comments as the vendor shows them: all of them, or those after `read_from`.
        since: Edits of comments that are older are not followed; None: no edits are.
        now: The time of the reading.
    """
    known = {comment.id: comment for comment in view.comments_of(ref)}
    shown = {comment.id: comment for comment in read}
    followed = {
        id_: comment
        for id_, comment in known.items()
        if since is not None and comment.created_at >= since and (ref, id_) not in view.own_comments
    }
    doubts = {id_: found for (of, id_), found in view.doubts.items() if of == ref}
    unsure = _unsure(view, ref, followed, shown)
    confirmed = {
        id_
        for id_, doubt in unsure.items()
        if id_ in doubts and doubts[id_].what is doubt and now - doubts[id_].since >= SECOND_LOOK
    } - {id_ for id_, doubt in unsure.items() if doubt is Doubt.UNSEEN}
    changed = {
        id_: _as_kept(before, shown[id_], follows=id_ in followed, shown_to_all=id_ in confirmed)
        for id_, before in known.items()
        if id_ in shown and (ref, id_) not in view.own_comments
    }
    open_doubts = {id_: doubt for id_, doubt in unsure.items() if id_ not in confirmed}
    return Rereading(
        new=tuple(comment for comment in read if comment.id not in known),
        changed=tuple(after for id_, after in changed.items() if _differs(known[id_], after)),
        taken_back=tuple(id_ for id_ in followed if id_ in confirmed and unsure[id_] is Doubt.MISSING),
        back=tuple(id_ for id_ in known if id_ in shown and (ref, id_) in view.taken_back),
        doubts={id_: doubt for id_, doubt in open_doubts.items() if not _is_noted(doubts.get(id_), doubt)},
        settled=tuple(id_ for id_ in doubts if id_ not in open_doubts and (id_ in shown or id_ in confirmed)),
        is_open=any(doubt is not Doubt.UNSEEN for doubt in open_doubts.values()),
    )


def _unsure(
    view: CaseView, ref: TicketRef, followed: Mapping[str, Comment], shown: Mapping[str, Comment]
) -> dict[str, Doubt]:
    """What has to be seen twice before it is believed."""
    there = {id_: c for id_, c in followed.items() if (ref, id_) not in view.taken_back}
    missing = {id_: comment for id_, comment in there.items() if id_ not in shown}
    unsure: dict[str, Doubt] = {}
    for visibility in Visibility:
        alike = [id_ for id_, comment in there.items() if comment.visibility is visibility]
        gone = [id_ for id_ in alike if id_ in missing]
        # Nobody deletes all of a kind at once: more likely the bridge's account lost access to that kind.
        all_at_once = len(gone) > 1 and len(gone) == len(alike)
        unsure |= dict.fromkeys(gone, Doubt.UNSEEN if all_at_once else Doubt.MISSING)
    for id_, before in there.items():
        if (
            id_ in shown
            and before.visibility is Visibility.PRIVATE
            and shown[id_].visibility is Visibility.PUBLIC
        ):
            unsure[id_] = Doubt.PUBLIC
    return unsure


def _as_kept(before: Comment, present: Comment, *, follows: bool, shown_to_all: bool) -> Comment:
    """A comment as it is to be known: hidden at once, shown to everybody and reworded only where that is followed."""
    hidden = before.visibility is Visibility.PUBLIC and present.visibility is Visibility.PRIVATE
    kept = replace(before, visibility=present.visibility) if hidden or shown_to_all else before
    return replace(kept, body=present.body, attachments=present.attachments) if follows else kept


def _differs(before: Comment, after: Comment) -> bool:
    files = [[file.id for file in comment.attachments] for comment in (before, after)]
    return before.visibility is not after.visibility or files[0] != files[1] or is_reworded(before, after)


def is_reworded(before: Comment, after: Comment) -> bool:
    """Whether somebody edited a comment's words."""
    return not same_words(before.body.text, after.body.text)


def _is_noted(before: Doubted | None, doubt: Doubt) -> bool:
    return before is not None and before.what is doubt
