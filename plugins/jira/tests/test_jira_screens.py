"""Creating where screens lack what the bridge wants to set."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.tickets import LeftOut, TicketDraft
from escalation_bridge.errors import OutcomeUnknown, Rejected
from escalation_bridge.plugin import JsonPart
from escalation_bridge.plugin.sparing_fields import FieldsRefused, sparing
from escalation_bridge_sandbox.jira import seed
from escalation_bridge_sandbox.jira.fields import catalogue
from escalation_bridge_sandbox.kernel.faults import FaultKind

Site = Any
KEY = "eb-0123456789abcdef0123"
ALL = ("summary", "description", "environment", "priority", "labels", "components", "assignee", "duedate")


def screen(site: Site, create: tuple[str, ...], edit: tuple[str, ...] | None = None, **more: Any) -> None:
    for name, fields in (("create", create), ("edit", create if edit is None else edit)):
        body = {"fields": list(fields), "required": more.get("required", [])}
        site.call(seed.ADMIN, "PUT", f"/_sandbox/projects/ENG/screens/{name}", body)


def without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in ALL if name not in names)


def names(left_out: tuple[LeftOut, ...]) -> set[str]:
    return {each.field for each in left_out}


@pytest.mark.parametrize("lacking", [("labels",), ("priority",), ("labels", "priority"), ("description",)])
def test_what_is_not_on_the_screen_does_not_stop_a_create(
    lacking: tuple[str, ...], site: Site, draft: TicketDraft
) -> None:
    screen(site, without(*lacking))
    plugin = site.plugin()
    made = plugin.create_ticket(draft, KEY)
    assert names(made.left_out) == set(lacking)
    assert all(each.reason for each in made.left_out)
    found = plugin.find_ticket(KEY, None)
    assert (found.ref, found.bridge_key) == (made.ref, KEY)


def test_without_labels_the_key_is_the_last_line_of_the_description(site: Site, draft: TicketDraft) -> None:
    screen(site, without("labels"))
    made = site.plugin().create_ticket(replace(draft, labels=()), KEY)
    assert made.left_out == ()  # the bridge's own label is nobody's loss
    assert made.description.text.rstrip().rpartition("\n")[2].strip() == KEY


def test_a_create_whose_answer_was_lost_is_found_by_the_description(site: Site, draft: TicketDraft) -> None:
    screen(site, without("labels", "priority"))
    plugin = site.plugin()
    site.fault(FaultKind.DROP_CONNECTION, method="POST", path=r"/issue$", skip=1)
    with pytest.raises(OutcomeUnknown):
        plugin.create_ticket(draft, KEY)
    assert plugin.find_ticket(KEY, None).bridge_key == KEY
    assert len(site.issues()) == 1


def test_somebody_who_quotes_the_key_has_not_made_the_issue(site: Site) -> None:
    fields = {
        "project": {"key": "ENG"},
        "issuetype": {"name": "Bug"},
        "summary": "s",
        "description": f"see\n\n{KEY}",
    }
    site.call(seed.DEVELOPER, "POST", "/rest/api/2/issue", {"fields": fields})
    assert not site.plugin().find_ticket(KEY, None)


def test_without_labels_and_description_nothing_is_created(site: Site, draft: TicketDraft) -> None:
    screen(site, without("labels", "description"))
    with pytest.raises(Rejected, match="neither labels nor a description"):
        site.plugin().create_ticket(draft, KEY)
    assert site.issues() == []


def test_what_jira_requires_stops_it_with_jiras_words(site: Site, draft: TicketDraft) -> None:
    screen(site, (*without("labels"), catalogue.IMPACT_FIELD), required=[catalogue.IMPACT_FIELD])
    plugin = site.plugin()
    with pytest.raises(Rejected, match=catalogue.IMPACT_FIELD):
        plugin.create_ticket(draft, KEY)
    wrong = replace(draft, fields={"fields": {"Customer impact": "Enormous"}})
    with pytest.raises(Rejected, match="Enormous"):
        plugin.create_ticket(wrong, KEY)
    assert site.issues() == []


@pytest.mark.parametrize(
    "given",
    [{"No such field": 1}, {"customfield_99999": 1}, {"resolution": "Done"}, {"Affected customers": "many"}],
    ids=str,
)
def test_a_field_that_jira_does_not_take_is_left_out_by_its_name(
    given: dict[str, object], site: Site, draft: TicketDraft
) -> None:
    made = site.plugin().create_ticket(replace(draft, fields={"fields": given}), KEY)
    assert [each.name for each in made.left_out] == list(given)


def test_a_priority_that_the_site_does_not_have_is_left_out(site: Site, draft: TicketDraft) -> None:
    made = site.plugin(priorities={"high": "P1"}).create_ticket(draft, KEY)
    assert names(made.left_out) == {"priority"}


def test_a_security_level_is_never_left_out(site: Site, draft: TicketDraft) -> None:
    with pytest.raises(Rejected, match="security"):
        site.plugin().create_ticket(replace(draft, fields={"fields": {"security": "Team"}}), KEY)
    assert site.issues() == []


def test_the_edit_screen_takes_what_the_create_screen_does_not(site: Site, draft: TicketDraft) -> None:
    screen(site, without("labels", "priority"), ALL)
    made = site.plugin().create_ticket(draft, KEY)
    assert made.left_out == ()
    assert made.priority is draft.priority
    assert set(made.tags) == {"vip-customer", KEY}


def test_the_check_says_what_issues_will_lack(site: Site) -> None:
    screen(site, without("labels", "priority"))
    described = site.plugin().describe_draft({})
    assert described.problems == ()
    assert [warning.split()[0] for warning in described.warnings] == ["priority", "labels"]
    screen(site, without("labels", "description"))
    assert "neither labels nor a description" in site.plugin().describe_draft({}).problems[0]


FIELDS = ("summary", "a", "b", "c", "d")


@settings(derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    taken=st.sets(st.sampled_from(FIELDS)),
    required=st.sets(st.sampled_from((*FIELDS, "x"))),
    at_once=st.booleans(),
)
def test_only_what_is_required_stops_it_and_what_is_taken_is_never_left_out(
    taken: set[str], required: set[str], at_once: bool
) -> None:
    """A vendor that names what it does not take, all at once or the first alone, and afterwards what it requires."""
    stored: list[set[str]] = []

    def fail() -> Any:
        raise ValueError

    def send(wanted: Any) -> JsonPart:
        strangers = [name for name in wanted if name not in taken]
        lacking = sorted(required - set(wanted))
        for wrong in (strangers, lacking):
            if wrong:
                raise FieldsRefused(dict.fromkeys(wrong if at_once else wrong[:1], "no"), fail)
        stored.append(set(wanted))
        return JsonPart({}, "", fail)

    wanted = dict.fromkeys(FIELDS, 1)
    try:
        _, refused = sparing(wanted, frozenset(FIELDS) - {"summary"}, send)
    except ValueError:
        assert not stored
        assert "summary" not in taken or required - taken
    else:
        assert stored == [taken & set(FIELDS)]
        assert set(refused) == set(FIELDS) - taken
