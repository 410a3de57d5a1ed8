"""Escalations to teams over HTTP, at Zendesk and Freshdesk: the receiver takes the webhook, the ticket is in the other group."""

import re
from contextlib import contextmanager
from dataclasses import replace

import pytest
import requests
from pydantic import SecretStr

from bridge_helpers.desks_with_groups import (
    AtFreshdesk,
    AtZendesk,
    free_port,
    is_there,
    receiving,
    works_until,
)
from bridge_helpers.post import html_of, mail_server
from escalation_bridge.domain.case.escalations import Cause, Outcome, Owner
from escalation_bridge.domain.escalation.actions.assign import AssignTicket
from escalation_bridge.domain.escalation.actions.comment import WriteOwnWords
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.group import MoveToGroup
from escalation_bridge.domain.escalation.actions.status import SetStatus
from escalation_bridge.domain.escalation.actions.tags import AddTags
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.domain.teams.directory import Directory, NoticeRules, Trigger
from escalation_bridge.domain.teams.reach import Reach, Way
from escalation_bridge.domain.teams.team import Assignment, Member, Place, Team
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.engine.notices.courier import Courier
from escalation_bridge.engine.team_facts import FactsReader
from escalation_bridge.messages.signed_links import SignedLinks
from escalation_bridge.plugged.channels import Channel
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection, utc_now
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk


def house(desk):
    """First line, billing and the last resort, in the seeded groups of either stand-in."""
    # Freshdesk shows agents by name only, unless the key is an administrator's.
    people = {
        name: Member(account.email, account.name, accounts={"support": account.name} if desk.by_name else {})
        for name, account in desk.members.items()
    }
    lead = replace(people["sari"], is_lead=True)

    def team(name, group, *members, **more):
        place = (Place("support", group=group),)
        return Team(name, name.title(), None, place, (), members, "always", ALWAYS, **more)

    teams = (
        team("first", desk.support, lead, next="billing"),
        team("billing", "Billing", people["budi"], assignment=Assignment.LEAST_LOADED),
        team("last", "Escalations", lead),
    )
    button = Trigger(
        "billing-button",
        Condition((Test("tags", Operator.CONTAINS, ("escalate-billing",)),)),
        "escalate billing pressed the button",
        remove_tags=("escalate-billing",),
    )
    return Directory({each.name: each for each in teams}, last_resort="last", triggers=(button,))


@contextmanager
def receiving_with(desk, mails):
    """The receiver, and people who get mails with links to it. Yields its address."""
    port = free_port()
    bridge = desk.pair.bridge
    reached = replace(
        bridge.rules.directory,
        notices=NoticeRules(everybody=Reach((Way("mail"),))),
        channels=frozenset({"mail"}),
    )
    address = f"http://127.0.0.1:{port}"
    bridge = replace(
        bridge,
        rules=replace(bridge.rules, directory=reached),
        channels={"mail": Channel("mail", mails.url)},
        links=SignedLinks("a-secret", address),
    )
    desk.pair = replace(desk.pair, bridge=bridge)
    with receiving(desk, port):
        yield address


def with_an_administrators_key(desk):
    """The bridge with a key that reads groups and roles."""
    if desk.vendor == "freshdesk":
        settings = desk.pair.bridge.helpdesks["support"].settings
        admin = settings.model_copy(update={"api_key": SecretStr(freshdesk.ADMIN.api_key)})
        known = Helpdesk("support", FreshdeskPlugin(Connection("support", admin, utc_now)))
        helpdesks = {**desk.pair.bridge.helpdesks, "support": known}
        desk.pair = replace(desk.pair, bridge=replace(desk.pair.bridge, helpdesks=helpdesks))


def by_group(desk):
    """A team whose members are those of its group."""
    with_an_administrators_key(desk)
    bridge = desk.pair.bridge
    directory = bridge.rules.directory
    place = Place("support", group="Billing", members_from_group=True)
    billing = replace(
        directory.teams["billing"], places=(place,), members=(), assignment=Assignment.ROUND_ROBIN
    )
    teams = {**directory.teams, "billing": billing}
    rules = replace(bridge.rules, directory=replace(directory, teams=teams))
    desk.pair = replace(desk.pair, bridge=replace(bridge, rules=rules))


@pytest.fixture(params=[AtZendesk, AtFreshdesk], ids=lambda desk: desk.vendor)
def desk(request, make_pair):
    step = Step("higher", Metric.FIRST_RESPONSE, 100, 0, (Escalate(team="billing"),))
    pair = make_pair(
        request.param.vendor,
        "jira",
        policy={"ladder": (step,), "targets": Targets(default={Metric.FIRST_RESPONSE: 60})},
    )
    made = request.param(pair)
    rules = replace(pair.bridge.rules, directory=house(made))
    made.pair = replace(pair, bridge=replace(pair.bridge, rules=rules))
    return made


def owner(desk):
    escalations = desk.pair.view().escalations
    return escalations[-1].owner if escalations else None


def test_a_missed_target_moves_the_ticket_to_the_next_team_and_its_end_closes_the_record(desk):
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.pair.later(seconds=70)  # the clock that webhooks are signed by does not move along
        budi = desk.members["budi"]
        assert desk.has() == ("Billing", "Budi")
        assert owner(desk) == Owner("billing", budi.email)
        (note,) = [each for each in desk.private() if "Escalated to Billing" in each]
        assert "Budi has it" in note
        desk.notes("budi", "/bridge ack")
        works_until(desk, lambda: desk.pair.view().escalations[0].acknowledged_at is not None)
        desk.solves()
        works_until(desk, lambda: desk.pair.view().escalations[0].outcome is Outcome.SOLVED)
    assert len([each for each in desk.private() if "Escalated to" in each]) == 1


def test_an_agent_hands_it_over_and_gets_it_back_without_leaving_the_ticket(desk):
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.moves("first")
        works_until(desk, lambda: desk.pair.view().tickets[desk.pair.view().origin].group is not None)
        desk.notes("sari", "/bridge eskalasi billing pelanggan ditagih dua kali")
        works_until(desk, lambda: owner(desk) is not None)
        assert desk.has() == ("Billing", "Budi")
        (answer,) = [each for each in desk.private() if "has it now" in each]
        assert "Billing" in answer
        escalation = desk.pair.view().escalations[0]
        assert (escalation.cause, escalation.summary) == (Cause.BY_HAND, "pelanggan ditagih dua kali")
        desk.notes("budi", "/bridge deescalate it was a double view, not a double charge")
        works_until(desk, lambda: not desk.pair.view().escalations[0].is_open)
        assert desk.has()[0] == desk.support
    assert desk.pair.view().escalations[0].outcome is Outcome.DEESCALATED


def test_a_person_is_mailed_and_acknowledges_by_the_link_in_the_mail(desk):
    with mail_server() as mails, receiving_with(desk, mails) as address:
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.pair.later(seconds=70)
        Courier(desk.pair.bridge).send_due()
        (mail,) = mails.to(desk.members["budi"].email)
        assert "Lost" in mail["Subject"]
        link = re.search(rf"{address}/ack/[^\"]+", html_of(mail))[0]
        for _ in range(2):  # a scanner of mails opens it
            assert requests.get(link, timeout=10).ok
        desk.pair.worker.run_until_idle()
        assert desk.pair.view().escalations[0].acknowledged_at is None
        assert requests.post(link, timeout=10).ok
        works_until(desk, lambda: desk.pair.view().escalations[0].acknowledged_at is not None)
        works_until(desk, lambda: any("acknowledged" in each for each in desk.private()))
    assert desk.pair.view().escalations[0].changes[-1].by == "Budi"


def test_a_button_escalates_once_and_its_tag_goes(desk):
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.presses("escalate-billing")
        works_until(desk, lambda: owner(desk) is not None and "escalate-billing" not in desk.tags())
        desk.pair.later(seconds=5)
    escalation = desk.pair.view().escalations[0]
    assert (escalation.owner.team, escalation.summary) == ("billing", "pressed the button")
    assert len(escalation.changes) == 1


@pytest.mark.parametrize("kind", ["checkbox", "choice"])
def test_a_field_is_a_button_that_can_be_pressed_again_once_it_was_cleared(desk, kind):
    field, pressed, before = desk.buttons[kind]
    words = (str(pressed).lower() if pressed is True else pressed,)
    button = Trigger(
        "billing-field",
        Condition((Test(f"custom.{field}", Operator.IS, words),)),
        "escalate billing",
        summary_field=desk.summary_field,
    )
    bridge = desk.pair.bridge
    rules = replace(bridge.rules, directory=replace(bridge.rules.directory, triggers=(button,)))
    desk.pair = replace(desk.pair, bridge=replace(bridge, rules=rules))
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.fills_in(**{field: pressed, desk.summary_field: "charged twice"})
        works_until(desk, lambda: owner(desk) is not None)
        assert desk.has() == ("Billing", "Budi")
        assert desk.pair.view().escalations[0].summary == "charged twice"
        desk.notes("budi", "/bridge deescalate the invoice is right")
        works_until(desk, lambda: not desk.pair.view().escalations[0].is_open)
        desk.pair.later(seconds=5)
        assert len(desk.pair.view().escalations) == 1, "it is set, and not pressed again"
        desk.fills_in(**{field: before})
        works_until(desk, lambda: [e.choice for e in desk.pair.view().events if e.choice][-1][1:] == ("off",))
        desk.fills_in(**{field: pressed, desk.summary_field: "charged twice again"})
        works_until(desk, lambda: len(desk.pair.view().escalations) == 2)
    assert desk.pair.view().escalations[1].summary == "charged twice again"


def test_what_is_missing_is_asked_in_the_ticket_and_nothing_moves(desk):
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        before = desk.has()
        desk.notes("sari", "/bridge escalate biling it is down")
        works_until(desk, lambda: any("Did you mean billing?" in each for each in desk.private()))
        assert desk.has() == before
        assert owner(desk) is None
        desk.notes("sari", "/bridge escalate billing")
        works_until(desk, lambda: any("needs a summary" in each for each in desk.private()))
        assert owner(desk) is None


def test_who_was_added_to_the_group_gets_the_next_escalation(desk):
    by_group(desk)
    facts = FactsReader(desk.pair.bridge)
    facts.refresh()
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.pair.later(seconds=70)
        assert desk.has() == ("Billing", "Budi")
        desk.joins_billing("sari")
        facts.refresh()
        desk.notes("budi", "/bridge deescalate the invoice is right")
        works_until(desk, lambda: not desk.pair.view().escalations[0].is_open)
        desk.notes("sari", "/bridge escalate billing the invoice is wrong all the same")
        works_until(desk, lambda: len(desk.pair.view().escalations) == 2)
        sari = desk.members["sari"]
        assert desk.has() == ("Billing", sari.name)
        assert owner(desk) == Owner("billing", sari.email)


def test_a_role_of_the_helpdesk_makes_a_lead(desk):
    with_an_administrators_key(desk)
    in_queue_of_billing(desk)
    directory = desk.pair.bridge.rules.directory
    first = directory.teams["first"]
    nobody_leads = replace(first, members=(replace(first.members[0], is_lead=False),))
    teams = {**directory.teams, "first": nobody_leads, "last": replace(directory.teams["last"], members=())}
    directory = replace(directory, teams=teams, lead_roles={"support": (desk.lead_role,)})
    rules = replace(desk.pair.bridge.rules, directory=directory)
    desk.pair = replace(desk.pair, bridge=replace(desk.pair.bridge, rules=rules))
    facts = FactsReader(desk.pair.bridge)
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.pair.later(seconds=70)
        assert owner(desk) == Owner("billing")
        desk.notes("sari", "/bridge deescalate the invoice is right")
        works_until(desk, lambda: any("only Billing and leads may" in each for each in desk.private()))
        assert desk.pair.view().escalations[0].is_open
        desk.promotes("sari")
        facts.refresh()
        desk.notes("sari", "/bridge deescalate the invoice is right after all")
        works_until(desk, lambda: not desk.pair.view().escalations[0].is_open)
    assert desk.pair.view().escalations[0].outcome is Outcome.DEESCALATED


def test_what_a_team_requires_is_asked_before_and_read_by_it_afterwards(desk):
    bridge = desk.pair.bridge
    directory = bridge.rules.directory
    billing = replace(directory.teams["billing"], requires=("tried", "reproduced"))
    rules = replace(bridge.rules, directory=replace(directory, teams={**directory.teams, "billing": billing}))
    desk.pair = replace(desk.pair, bridge=replace(bridge, rules=rules))
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.notes("sari", "/bridge escalate billing charged twice")
        works_until(desk, lambda: any("also needs what was tried" in each for each in desk.private()))
        assert owner(desk) is None
        line = "/bridge escalate billing charged twice tried: read the log reproduced: no, only on Mondays"
        desk.notes("sari", line)
        works_until(desk, lambda: owner(desk) is not None)
        works_until(desk, lambda: any("has it now" in each for each in desk.private()))
    (package,) = [each for each in desk.private() if "has it now" in each]
    for part in ("Summary", "charged twice", "Tried", "read the log", "Reproduced", "No: only on Mondays"):
        assert part in package


def in_queue_of_billing(desk):
    directory = desk.pair.bridge.rules.directory
    billing = replace(directory.teams["billing"], assignment=Assignment.NOBODY)
    teams = replace(directory, teams={**directory.teams, "billing": billing})
    rules = replace(desk.pair.bridge.rules, directory=teams)
    desk.pair = replace(desk.pair, bridge=replace(desk.pair.bridge, rules=rules))


def test_who_hands_a_ticket_on_or_back_has_it_no_longer(desk):
    in_queue_of_billing(desk)
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.takes("sari")
        works_until(desk, lambda: desk.pair.view().tickets[desk.pair.view().origin].assignee is not None)
        desk.notes("sari", "/bridge escalate billing charged twice")
        works_until(desk, lambda: owner(desk) == Owner("billing"))
        assert desk.has() == ("Billing", None)
        desk.notes("budi", "/bridge owner me")
        works_until(desk, lambda: owner(desk) == Owner("billing", desk.members["budi"].email))
        assert desk.has() == ("Billing", "Budi")
        desk.notes("budi", "/bridge deescalate the invoice is right")
        works_until(desk, lambda: not desk.pair.view().escalations[0].is_open)
        assert desk.has() == (desk.support, None)


def test_two_commands_of_one_note_and_one_below_a_remark(desk):
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.notes("sari", "Customer called.\n/bridge escalate billing charged twice")
        works_until(desk, lambda: any("counts only at the beginning" in each for each in desk.private()))
        assert owner(desk) is None
        desk.notes("sari", "/bridge escalate billing charged twice\nsince Monday\n/bridge who")
        works_until(desk, lambda: any("has this escalation" in each for each in desk.private()))
        assert desk.has() == ("Billing", "Budi")
        assert desk.pair.view().escalations[0].summary == "charged twice\nsince Monday"


def in_one_hand(desk):
    """All teams but the leads have the same member, who is no lead and takes tickets from their queues."""
    directory = desk.pair.bridge.rules.directory
    both = replace(directory.teams["first"].members[0], is_lead=False)
    teams = {
        name: replace(each, members=() if name == "last" else (both,), assignment=Assignment.NOBODY)
        for name, each in directory.teams.items()
    }
    rules = replace(desk.pair.bridge.rules, directory=replace(directory, teams=teams, leads="last"))
    desk.pair = replace(desk.pair, bridge=replace(desk.pair.bridge, rules=rules, language="id"))


def test_back_and_forth_ends_with_the_leads_who_read_who_had_it(desk):
    in_one_hand(desk)
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.moves("first")
        works_until(desk, lambda: desk.pair.view().tickets[desk.pair.view().origin].group is not None)
        for name, group in (("billing", "Billing"), ("first", desk.support), ("billing", "Billing")):
            desk.notes("sari", f"/bridge eskalasi ke {name}: bukan bagian kami")
            works_until(
                desk, lambda name=name, group=group: (owner(desk), desk.has()[0]) == (Owner(name), group)
            )
        desk.notes("sari", "/bridge eskalasi ke first: bukan bagian kami")
        works_until(desk, lambda: (owner(desk), desk.has()[0]) == (Owner("last"), "Escalations"))
    (answer,) = [each for each in desk.private() if "terlalu sering dialihkan" in each]
    for line in ("ieskalasi ke Billing", "ialihkan ke First", "ialihkan ke Billing"):
        assert line in answer


def test_a_step_changes_the_ticket_without_a_record(desk):
    """The actions `group`, `assign`, `tags`, `status` and `comment`."""
    budi = desk.members["budi"].name if desk.by_name else desk.members["budi"].email
    actions = (
        MoveToGroup("Billing"),
        AssignTicket(budi),
        AddTags(("late",)),
        SetStatus("pending"),
        WriteOwnWords("Please call the customer."),
    )
    bridge = desk.pair.bridge
    step = Step("late", Metric.FIRST_RESPONSE, 100, 0, actions)
    policies = tuple(replace(each, ladder=(step,)) for each in bridge.rules.policies)
    desk.pair = replace(desk.pair, bridge=replace(bridge, rules=replace(bridge.rules, policies=policies)))
    with receiving(desk):
        desk.opens()
        works_until(desk, lambda: is_there(desk))
        desk.pair.later(seconds=70)
        assert desk.has() == ("Billing", "Budi")
        assert "late" in desk.tags()
        assert len([each for each in desk.private() if "Please call the customer." in each]) == 1
    assert desk.pair.view().tickets[desk.pair.view().origin].status.name.casefold() == "pending"
    assert owner(desk) is None
