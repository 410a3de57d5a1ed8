"""For each deliberate fault a history that shows it: the shortest that was found by random histories, with all left out that it does not need."""

from collections.abc import Mapping
from datetime import timedelta

from bridge_histories.asking import Asks, Verb, Voice
from bridge_histories.faulty import Mutant
from bridge_histories.files import Parcel
from bridge_histories.kept import BOTH_WAYS, Kept
from bridge_histories.mutants import (
    comments_passed_twice,
    echo_check_off,
    failures_untold,
    lost_for_good,
    nothing_looked_up,
    owner_mistaken,
    priorities_left_alone,
    read_as_public,
    receipt_not_stored,
    refused_for_ever,
    retry_in_vain,
    settled_wrongly,
    statuses_guessed,
    told_forgotten,
    watermark_ignored,
    written_publicly,
)
from bridge_histories.mutants_asked import (
    asked_again,
    choices_forgotten,
    commands_carried_over,
    heard_from_anybody,
    other_side_chosen,
    unlinked_in_words_only,
)
from bridge_histories.mutants_fields import (
    anybody_assigned,
    direction_ignored,
    field_owner_mistaken,
    field_watermark_ignored,
    held_up_by_nobody,
    tags_overwritten,
    values_guessed,
)
from bridge_histories.mutants_said import (
    edits_ignored,
    edits_told_again,
    edits_told_publicly,
    files_cut_short,
    files_left_behind,
    files_open_to_all,
    files_passed_twice,
    hiding_ignored,
    quotes_exposed_in_silence,
    refused_files_untold,
    shown_at_once,
    taking_back_ignored,
)
from bridge_histories.pair import Rulebook
from bridge_histories.refusals import Mender, Refuses
from bridge_histories.rewording import Rewords
from bridge_histories.seen import End
from bridge_histories.steps import (
    Alters,
    Kind,
    Looks,
    Mail,
    Moves,
    Ranks,
    Says,
    Settles,
    Story,
    Trouble,
    Who,
    Works,
)
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge_sandbox.kernel.faults import FaultKind

ALL_PUBLIC = CommentRule(Take.ALL, Visibility.PUBLIC)
ALL_PRIVATE = CommentRule(Take.ALL, Visibility.PRIVATE)
PUBLIC_PUBLIC = CommentRule(Take.PUBLIC, Visibility.PUBLIC)
PUBLIC_PRIVATE = CommentRule(Take.PUBLIC, Visibility.PRIVATE)

REFUSED_COMMENT = Story(
    Rulebook(to_linked=ALL_PRIVATE),
    linked_first=True,
    steps=(Refuses(End.LINKED, 0), Says(End.ORIGIN, Who.AGENT, public=False)),
)
CHOICE_OF_A_SIDE = Story(
    Rulebook(),
    linked_first=True,
    steps=(
        Moves(End.ORIGIN, 3),
        Moves(End.LINKED, 0),
        Settles(),
        Asks(End.ORIGIN, Verb.CHOOSE_LINKED, style=1),
    ),
)
SMALL_FILE = Story(
    Rulebook(to_linked=ALL_PUBLIC, files=True),
    linked_first=True,
    steps=(Says(End.ORIGIN, Who.CUSTOMER, public=False, parcel=Parcel.SMALL),),
)
ASSIGNED_TO_NOBODY = Story(
    Rulebook(kept=BOTH_WAYS), linked_first=True, steps=(Alters(End.ORIGIN, Kind.ASSIGNEE, 0),)
)

SHORTEST: Mapping[Mutant, Story] = {
    echo_check_off: Story(
        Rulebook(to_linked=ALL_PUBLIC, to_origin=PUBLIC_PUBLIC, tell_customer=True),
        linked_first=True,
        steps=(Settles(),),
        mended_by=Mender.AT_ORIGIN,
    ),
    written_publicly: Story(
        Rulebook(to_linked=PUBLIC_PRIVATE),
        linked_first=True,
        steps=(Says(End.ORIGIN, Who.CUSTOMER, public=False),),
    ),
    read_as_public: Story(
        Rulebook(to_origin=PUBLIC_PUBLIC),
        linked_first=True,
        steps=(Says(End.LINKED, Who.AGENT, public=False),),
    ),
    watermark_ignored: Story(Rulebook(), linked_first=True, steps=(Moves(End.ORIGIN, 0),)),
    settled_wrongly: Story(Rulebook(), linked_first=True, steps=(Moves(End.LINKED, 0),)),
    receipt_not_stored: Story(Rulebook(), linked_first=True, steps=(Works(0, Mail.BROUGHT),)),
    told_forgotten: Story(
        Rulebook(to_linked=PUBLIC_PRIVATE),
        linked_first=False,
        steps=(Says(End.ORIGIN, Who.CUSTOMER, public=False),),
    ),
    comments_passed_twice: Story(
        Rulebook(to_origin=PUBLIC_PUBLIC),
        linked_first=True,
        steps=(Says(End.LINKED, Who.CUSTOMER, public=False), Moves(End.ORIGIN, 0)),
    ),
    statuses_guessed: Story(
        Rulebook(full=False), linked_first=True, steps=(Moves(End.LINKED, 4), Moves(End.LINKED, 2))
    ),
    priorities_left_alone: Story(
        Rulebook(kept=Kept(priority=True)), linked_first=True, steps=(Ranks(End.ORIGIN, 0),)
    ),
    nothing_looked_up: Story(
        Rulebook(),
        linked_first=False,
        steps=(Trouble(End.LINKED, FaultKind.DROP_CONNECTION, "POST", 0, 1), Works(5, Mail.BROUGHT)),
    ),
    lost_for_good: Story(Rulebook(), linked_first=True, steps=(Moves(End.ORIGIN, 0), Works(1, Mail.LOST))),
    owner_mistaken: Story(
        Rulebook(owner=Side.LINKED),
        linked_first=True,
        steps=(Moves(End.LINKED, 3), Moves(End.ORIGIN, 2)),
        mended_by=Mender.AT_LINKED,
    ),
    failures_untold: REFUSED_COMMENT,
    retry_in_vain: REFUSED_COMMENT,
    refused_for_ever: REFUSED_COMMENT,
    edits_ignored: Story(
        Rulebook(to_linked=ALL_PUBLIC, follow=timedelta(hours=24)),
        linked_first=True,
        steps=(Says(End.ORIGIN, Who.AGENT, public=True), Looks(), Rewords(End.ORIGIN, 0, 0)),
    ),
    hiding_ignored: Story(
        Rulebook(to_origin=ALL_PUBLIC, follow=timedelta(hours=24)),
        linked_first=True,
        steps=(Says(End.LINKED, Who.AGENT, public=True), Looks(), Rewords(End.LINKED, 2, 2)),
    ),
    taking_back_ignored: Story(
        Rulebook(to_origin=ALL_PUBLIC, follow=timedelta(hours=24)),
        linked_first=True,
        steps=(Says(End.LINKED, Who.AGENT, public=True), Looks(), Rewords(End.LINKED, 0, 1)),
    ),
    quotes_exposed_in_silence: Story(
        Rulebook(follow=timedelta(hours=24)),
        linked_first=False,
        steps=(Says(End.ORIGIN, Who.AGENT, public=True), Works(5, Mail.BROUGHT), Rewords(End.ORIGIN, 0, 0)),
    ),
    edits_told_publicly: Story(
        Rulebook(to_origin=ALL_PUBLIC, follow=timedelta(hours=24)),
        linked_first=True,
        steps=(
            Says(End.LINKED, Who.AGENT, public=False),
            Says(End.ORIGIN, Who.CUSTOMER, public=False),
            Works(1, Mail.BROUGHT),
            Rewords(End.LINKED, 2, 2),
        ),
    ),
    edits_told_again: Story(
        Rulebook(to_origin=ALL_PUBLIC, follow=timedelta(hours=24)),
        linked_first=True,
        steps=(Says(End.LINKED, Who.AGENT, public=True), Looks(), Rewords(End.LINKED, 0, 2)),
    ),
    shown_at_once: Story(
        Rulebook(to_origin=PUBLIC_PRIVATE),
        linked_first=True,
        steps=(Says(End.LINKED, Who.AGENT, public=False),),
    ),
    files_left_behind: SMALL_FILE,
    files_open_to_all: Story(
        Rulebook(to_origin=ALL_PRIVATE, files=True),
        linked_first=True,
        steps=(Says(End.LINKED, Who.CUSTOMER, public=False, parcel=Parcel.SAME),),
        mended_by=Mender.AT_LINKED,
    ),
    files_passed_twice: Story(
        Rulebook(to_origin=ALL_PRIVATE, files=True),
        linked_first=True,
        steps=(
            Says(End.LINKED, Who.AGENT, public=True, parcel=Parcel.SAME),
            Says(End.LINKED, Who.AGENT, public=True, parcel=Parcel.SAME),
        ),
    ),
    files_cut_short: SMALL_FILE,
    refused_files_untold: Story(
        Rulebook(to_linked=ALL_PUBLIC, files=True),
        linked_first=True,
        steps=(Says(End.ORIGIN, Who.CUSTOMER, public=False, parcel=Parcel.LARGE),),
    ),
    tags_overwritten: Story(
        Rulebook(kept=BOTH_WAYS),
        linked_first=True,
        steps=(Alters(End.ORIGIN, Kind.TAGS, 2), Alters(End.LINKED, Kind.TAGS, 1)),
        mended_by=Mender.AT_LINKED,
    ),
    field_watermark_ignored: Story(
        Rulebook(kept=BOTH_WAYS),
        linked_first=True,
        steps=(Alters(End.LINKED, Kind.ASSIGNEE, 3),),
        mended_by=Mender.AT_ORIGIN,
    ),
    direction_ignored: Story(
        Rulebook(
            kept=Kept(tags=Direction.TO_LINKED, custom=Direction.TO_ORIGIN, assignee=Direction.TO_LINKED)
        ),
        linked_first=True,
        steps=(Alters(End.ORIGIN, Kind.CUSTOM, 0),),
        mended_by=Mender.AT_ORIGIN,
    ),
    values_guessed: Story(
        Rulebook(kept=BOTH_WAYS),
        linked_first=True,
        steps=(Alters(End.LINKED, Kind.CUSTOM, 3), Alters(End.LINKED, Kind.CUSTOM, 1)),
        mended_by=Mender.AT_LINKED,
    ),
    field_owner_mistaken: Story(
        Rulebook(owner=Side.ORIGIN, kept=BOTH_WAYS),
        linked_first=True,
        steps=(Alters(End.LINKED, Kind.CUSTOM, 3), Alters(End.ORIGIN, Kind.CUSTOM, 4)),
    ),
    held_up_by_nobody: ASSIGNED_TO_NOBODY,
    anybody_assigned: ASSIGNED_TO_NOBODY,
    commands_carried_over: Story(
        Rulebook(to_linked=ALL_PRIVATE), linked_first=True, steps=(Asks(End.ORIGIN, Verb.STATUS),)
    ),
    heard_from_anybody: Story(
        Rulebook(), linked_first=True, steps=(Asks(End.LINKED, Verb.UNLINK, voice=Voice.REPLY, style=1),)
    ),
    asked_again: Story(Rulebook(), linked_first=True, steps=(Asks(End.ORIGIN, Verb.STATUS),)),
    unlinked_in_words_only: Story(Rulebook(), linked_first=True, steps=(Asks(End.ORIGIN, Verb.UNLINK),)),
    other_side_chosen: CHOICE_OF_A_SIDE,
    choices_forgotten: CHOICE_OF_A_SIDE,
}
