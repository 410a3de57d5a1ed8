"""Which tickets a rule is for: every operator on every field, and what must hold of any condition."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.domain.sla.calendar import ALWAYS, parse_calendar
from escalation_bridge.domain.sla.policy import Contract, Metric, Policy, Targets, choose_policy
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.conditions import (
    FIELDS,
    Condition,
    FieldKind,
    Operator,
    Test,
    field_named,
)
from escalation_bridge.domain.tickets.tickets import (
    Channel,
    Group,
    Organisation,
    Person,
    Priority,
    RichText,
    Severity,
    Status,
    StatusKind,
    Ticket,
    TicketRef,
    Visibility,
)

STANDARD = Classification(Severity.STANDARD, "billing", "")
EMERGENCY = Classification(Severity.EMERGENCY, "outage", "")
SARI = Person("7001", "Sari", "sari@Shop.Example")
FULL = Ticket(
    ref=TicketRef("support", "1"),
    key="#1",
    url="https://support.example/1",
    subject="Printer on fire",
    description=RichText("<p>It burns</p>", "It burns"),
    description_visibility=Visibility.PUBLIC,
    status=Status(StatusKind.WAITING_THIRD_PARTY, "on-hold", "With Engineering"),
    priority=Priority.HIGH,
    channel=Channel.EMAIL,
    created_by=SARI,
    created_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    updated_at=None,
    type="incident",
    requester=SARI,
    organisation=Organisation("312", "Acme Retail"),
    assignee=Person("44", "Budi", "budi@support.example"),
    group=Group("91", "Second Level"),
    brand="Acme",
    language="id-ID",
    tags=("vip", "straße", "gold plan"),
    custom_fields={
        "text": "Jakarta Selatan",
        "number": 5,
        "fraction": 2.5,
        "whole": 5.0,
        "zero": 0,
        "digits": "12.5",
        "odd": float("nan"),
        "yes": True,
        "no": False,
        "choice": {"id": "10021", "value": "Gold"},
        "nested": {"value": "Asia", "child": {"value": "Jakarta"}},
        "several": [{"id": "1", "name": "red"}, {"id": "2", "name": "blue"}],
        "words": ["red", "blue"],
        "day": "2026-03-01",
        "instant": "2026-03-01T23:30:00.000+0700",
        "local": "2026-03-01 12:00",
        "nonsense": "2026-02-30",
        "document": {"type": "doc", "content": []},
        "null": None,
        "blank": "",
        "none": [],
    },
)
BARE = replace(
    FULL,
    subject="",
    description=RichText("", ""),
    priority=None,
    type=None,
    requester=None,
    organisation=None,
    assignee=None,
    group=None,
    brand=None,
    language=None,
    tags=(),
    custom_fields={},
)
NOBODY = Classification(Severity.STANDARD, "", "")
CREATED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def compare(field, operator, *values):
    return Test(field, Operator(operator), values)


HOLD = [
    ("connection", "is", "support"),
    ("connection", "is", "shop", "Support"),
    ("connection", "is_not", "shop"),
    ("priority", "is", "high"),
    ("priority", "is", "urgent", "HIGH"),
    ("priority", "is_not", "low", "normal"),
    ("priority", "less_than", "urgent"),
    ("priority", "greater_than", "normal"),
    ("priority", "greater_than", "Low"),
    ("priority", "present"),
    ("type", "is", "Incident"),
    ("type", "starts_with", "inc"),
    ("channel", "is", "email"),
    ("channel", "is_not", "phone", "chat"),
    ("tags", "contains", "VIP"),
    ("tags", "contains", "silver", "gold plan"),
    ("tags", "contains", "STRASSE"),
    ("tags", "contains_not", "gold"),
    ("tags", "present"),
    ("group", "is", "second level"),
    ("group", "is", "91"),
    ("group", "contains", "level"),
    ("group", "contains_not", "9"),
    ("assignee", "is", "44"),
    ("assignee", "is", "Budi"),
    ("assignee", "is", "budi@support.example"),
    ("assignee", "present"),
    ("brand", "is", "acme"),
    ("organisation", "is", "Acme Retail"),
    ("organisation", "is", "312"),
    ("organisation", "contains_not", "12"),
    ("organisation", "is_not", "12"),
    ("requester", "is", "7001"),
    ("requester", "is", "SARI@shop.example"),
    ("requester", "contains", "@shop"),
    ("requester.email", "is", "sari@shop.example"),
    ("requester.domain", "is", "shop.example"),
    ("requester.domain", "is_not", "example"),
    ("requester.name", "is", "sari"),
    ("requester.id", "is", "7001"),
    ("language", "starts_with", "id"),
    ("status", "is", "with engineering"),
    ("status", "is", "on-hold"),
    ("status.kind", "is", "waiting_third_party"),
    ("status.kind", "is_not", "solved", "closed"),
    ("subject", "contains", "FIRE"),
    ("subject", "contains_not", "water"),
    ("subject", "starts_with", "toner", "printer"),
    ("description", "contains", "burns"),
    ("created", "before", "2026-03-03"),
    ("created", "before", "2026-03-02T16:00:01+07:00"),
    ("created", "after", "2026-03-01"),
    ("created", "after", "2026-03-02T08:59:59Z"),
    ("severity", "is", "standard"),
    ("severity", "is_not", "emergency"),
    ("category", "is", "Billing"),
    ("custom.text", "is", "jakarta selatan"),
    ("custom.text", "contains", "selatan"),
    ("custom.text", "contains_not", "barat"),
    ("custom.text", "starts_with", "jak"),
    ("custom.number", "is", "5"),
    ("custom.number", "less_than", "5.5"),
    ("custom.number", "greater_than", "-1"),
    ("custom.number", "less_than", "40"),
    ("custom.fraction", "is", "2.5"),
    ("custom.whole", "is", "5"),
    ("custom.zero", "present"),
    ("custom.zero", "less_than", "1e-3"),
    ("custom.digits", "greater_than", "9"),
    ("custom.yes", "is", "true"),
    ("custom.no", "is", "false"),
    ("custom.no", "present"),
    ("custom.choice", "is", "gold"),
    ("custom.choice", "is", "10021"),
    ("custom.nested", "is", "jakarta"),
    ("custom.several", "is", "blue"),
    ("custom.words", "is", "green", "red"),
    ("custom.words", "is_not", "green"),
    ("custom.day", "before", "2026-03-02"),
    ("custom.day", "after", "2026-02-28"),
    ("custom.day", "before", "2026-03-01T00:00:01Z"),
    ("custom.instant", "before", "2026-03-02"),
    ("custom.instant", "after", "2026-03-01T16:29:59Z"),
    ("custom.local", "after", "2026-03-01T11:59:59Z"),
    ("custom.document", "present"),
    ("custom.null", "not_present"),
    ("custom.blank", "not_present"),
    ("custom.none", "not_present"),
    ("custom.unheard-of", "not_present"),
]
DO_NOT_HOLD = [
    ("connection", "is", "shop"),
    ("connection", "is", "supp"),
    ("priority", "less_than", "high"),
    ("priority", "greater_than", "high"),
    ("type", "starts_with", "dent"),
    ("tags", "contains", "gold"),
    ("group", "contains", "91"),
    ("organisation", "is", "12"),
    ("organisation", "is", "acme"),
    ("requester.domain", "is", "hop.example"),
    ("created", "before", "2026-03-02"),
    ("created", "after", "2026-03-02"),
    ("created", "before", "2026-03-02T09:00:00Z"),
    ("created", "after", "2026-03-02T09:00:00Z"),
    ("severity", "is", "emergency"),
    ("custom.number", "less_than", "5"),
    ("custom.number", "greater_than", "5"),
    ("custom.text", "less_than", "5"),
    ("custom.odd", "less_than", "5"),
    ("custom.odd", "greater_than", "5"),
    ("custom.yes", "greater_than", "0"),
    ("custom.day", "after", "2026-03-01"),
    ("custom.day", "before", "2026-03-01"),
    ("custom.nonsense", "before", "2030-01-01"),
    ("custom.nonsense", "after", "2000-01-01"),
    ("custom.text", "before", "2030-01-01"),
]


def named(rows):
    return [pytest.param(compare(*row), id=" ".join(row)) for row in rows]


@pytest.mark.parametrize("each", named(HOLD))
def test_it_holds(each):
    assert each(FULL, STANDARD)


@pytest.mark.parametrize("each", named(DO_NOT_HOLD))
def test_it_does_not_hold(each):
    assert not each(FULL, STANDARD)


def test_the_tables_leave_out_no_operator_of_any_field():
    kinds = {(field_named(row[0]).kind, Operator(row[1])) for row in (*HOLD, *DO_NOT_HOLD)}
    assert {row[0] for row in HOLD if not row[0].startswith("custom.")} == set(FIELDS)
    for kind in FieldKind:
        missing = {op for op in kind.operators if (kind, op) not in kinds} - {Operator.NOT_PRESENT}
        assert not missing, kind


OPPOSITES = {"is": "is_not", "contains": "contains_not", "present": "not_present"}
MAY_BE_MISSING = sorted(
    name for name, field in FIELDS.items() if Operator.PRESENT in field.kind.operators and name != "status"
)


@pytest.mark.parametrize("field", [*MAY_BE_MISSING, "custom.unheard-of"])
def test_what_is_not_there_is_nothing_contains_nothing_and_has_no_size(field):
    held = {
        operator
        for operator in field_named(field).kind.operators
        if Test(field, operator, ("0",) if operator not in OPPOSITES.values() else ("x",))(BARE, NOBODY)
    }
    assert held == set(OPPOSITES.values()) & {*field_named(field).kind.operators}


@pytest.mark.parametrize("field", MAY_BE_MISSING)
def test_what_is_there_is_present(field):
    assert compare(field, "present")(FULL, STANDARD)
    assert not compare(field, "not_present")(FULL, STANDARD)


def test_severity_and_category_are_those_of_the_case():
    assert compare("severity", "is", "emergency")(FULL, EMERGENCY)
    assert compare("category", "is", "outage")(FULL, EMERGENCY)


def test_a_field_that_does_not_exist_is_no_silent_no():
    for name in ("priorty", "custom.", "custom", ""):
        with pytest.raises(ValueError, match="no such field"):
            compare(name, "is", "x")(FULL, STANDARD)


# --- laws -----------------------------------------------------------------------------------------------------------

words = st.sampled_from(["vip", "gold", "high", "acme", "Acme Retail", "312", "5", "", "2026-03-02", "é"])
tickets = st.builds(
    lambda priority, tags, organisation, custom, subject: replace(
        FULL,
        priority=priority,
        tags=tuple(tags),
        organisation=organisation,
        custom_fields={"x": custom},
        subject=subject,
    ),
    st.none() | st.sampled_from(Priority),
    st.lists(words.filter(bool), max_size=3),
    st.none() | st.builds(Organisation, words, words),
    st.none() | words | st.integers() | st.floats() | st.booleans() | st.lists(words),
    words,
)
grades = st.builds(Classification, st.sampled_from(Severity), words, st.just(""))


@st.composite
def comparisons(draw):
    name = draw(st.sampled_from([*FIELDS, "custom.x"]))
    operator = draw(st.sampled_from(field_named(name).kind.operators))
    return Test(name, operator, tuple(draw(st.lists(words, min_size=1, max_size=3))))


groups = st.lists(comparisons(), max_size=3).map(tuple)
conditions = st.builds(Condition, groups, groups, groups)


@given(tickets, grades, comparisons())
def test_not_is_the_opposite(ticket, grade, each):
    opposite = OPPOSITES.get(each.operator)
    if opposite:
        assert Test(each.field, Operator(opposite), each.values)(ticket, grade) is not each(ticket, grade)
    assert Condition(none=(each,))(ticket, grade) is not each(ticket, grade)


@given(tickets, grades, groups)
def test_none_is_the_opposite_of_any(ticket, grade, group):
    if group:
        assert Condition(none=group)(ticket, grade) is not Condition(any=group)(ticket, grade)


@given(tickets, grades, groups)
def test_all_is_each_and_any_is_one(ticket, grade, group):
    held = [each(ticket, grade) for each in group]
    assert Condition(all=group)(ticket, grade) is all(held)
    assert Condition(any=group)(ticket, grade) is (any(held) or not held)


@given(tickets, grades, conditions, comparisons())
def test_a_further_test_only_narrows_all_and_none(ticket, grade, condition, more):
    narrower = (
        replace(condition, all=(*condition.all, more)),
        replace(condition, none=(*condition.none, more)),
    )
    for each in narrower:
        assert condition(ticket, grade) or not each(ticket, grade)


@given(tickets, grades, conditions)
def test_the_order_of_tests_does_not_matter(ticket, grade, condition):
    turned = Condition(condition.all[::-1], condition.any[::-1], condition.none[::-1])
    assert turned(ticket, grade) is condition(ticket, grade)


@given(tickets, grades)
def test_an_empty_condition_always_holds(ticket, grade):
    assert Condition()(ticket, grade)
    assert Condition.of({})(ticket, grade)


@given(tickets, st.sampled_from(Priority))
def test_a_priority_is_less_equal_or_greater(ticket, other):
    answers = [compare("priority", op, other)(ticket, STANDARD) for op in ("less_than", "is", "greater_than")]
    assert answers.count(True) == (ticket.priority is not None)


@given(
    tickets, grades, st.dictionaries(st.sampled_from(["priority", "tags", "organisation"]), st.tuples(words))
)
def test_the_short_form_is_one_of_the_values_for_each_field(ticket, grade, fields):
    long = Condition(
        all=tuple(Test(f, Operator.CONTAINS if f == "tags" else Operator.IS, v) for f, v in fields.items())
    )
    assert Condition.of(fields) == long


# --- which policy ---------------------------------------------------------------------------------------------------

OFFICE = parse_calendar({"timezone": "Asia/Jakarta", "hours": {"mon-fri": [["09:00", "17:00"]]}})
cells = st.dictionaries(st.sampled_from(Metric), st.integers(1, 9))
targets = st.builds(
    Targets,
    st.dictionaries(st.sampled_from(Metric), st.dictionaries(st.sampled_from(Priority), st.integers(1, 9))),
    cells,
    st.dictionaries(st.sampled_from(Metric), st.dictionaries(st.sampled_from(Severity), st.integers(1, 9))),
)
policies = st.lists(
    st.builds(
        lambda n, when, goals: Policy(f"p{n}", when, "always", ALWAYS, goals, ()),
        st.integers(),
        conditions,
        targets,
    ),
    max_size=4,
)
contracts = st.lists(
    st.builds(
        lambda n, who, goals, own: Contract(
            f"c{n}",
            Condition(all=(compare("organisation", "is", who),)),
            "office" if own else None,
            OFFICE if own else None,
            goals,
        ),
        st.integers(),
        words.filter(bool),
        targets,
        st.booleans(),
    ),
    max_size=4,
)


@given(policies, tickets, grades)
def test_the_first_policy_that_fits_counts(rules, ticket, grade):
    chosen = choose_policy(rules, (), ticket, grade)
    fitting = [policy for policy in rules if policy.match(ticket, grade)]
    assert chosen is (fitting[0] if fitting else None)


@given(policies, contracts, tickets, grades)
def test_a_contract_changes_nothing_for_another_organisation(rules, agreed, ticket, grade):
    theirs = (
        {text.casefold() for text in (ticket.organisation.name, ticket.organisation.id)}
        if ticket.organisation
        else set()
    )
    others = [c for c in agreed if c.match.all[0].values[0].casefold() not in theirs]
    assert choose_policy(rules, others, ticket, grade) is choose_policy(rules, (), ticket, grade)


@given(policies, contracts, tickets, grades, st.sampled_from(Metric))
def test_what_a_contract_says_counts_and_the_policy_says_the_rest(rules, agreed, ticket, grade, metric):
    plain, chosen = choose_policy(rules, (), ticket, grade), choose_policy(rules, agreed, ticket, grade)
    contract = next((each for each in agreed if each.match(ticket, grade)), None)
    if plain is None or contract is None:
        assert chosen is plain
        return
    assert (chosen.name, chosen.contract, chosen.ladder) == (plain.name, contract.name, plain.ladder)
    assert (chosen.calendar_name, chosen.calendar) == (
        (contract.calendar_name, contract.calendar) if contract.calendar else ("always", ALWAYS)
    )
    key = (metric, ticket.priority, grade.severity)
    own = contract.targets.promised(*key)
    assert chosen.targets.promised(*key) == (own if own is not None else plain.targets.promised(*key))


TARGETS = Targets(
    by_priority={Metric.RESOLUTION: {Priority.URGENT: 2}, Metric.UPDATE: {Priority.URGENT: 3}},
    default={Metric.RESOLUTION: 8, Metric.FIRST_RESPONSE: 9},
    by_severity={Metric.RESOLUTION: {Severity.EMERGENCY: 1}},
)


@pytest.mark.parametrize(
    ("metric", "priority", "severity", "seconds"),
    [
        (Metric.RESOLUTION, Priority.URGENT, Severity.EMERGENCY, 1),
        (Metric.RESOLUTION, Priority.LOW, Severity.EMERGENCY, 1),
        (Metric.RESOLUTION, None, Severity.EMERGENCY, 1),
        (Metric.RESOLUTION, Priority.URGENT, Severity.STANDARD, 2),
        (Metric.RESOLUTION, Priority.LOW, Severity.STANDARD, 8),
        (Metric.UPDATE, Priority.URGENT, Severity.EMERGENCY, 3),
        (Metric.UPDATE, Priority.LOW, Severity.EMERGENCY, None),
        (Metric.FIRST_RESPONSE, None, Severity.EMERGENCY, 9),
        (Metric.NEXT_RESPONSE, Priority.URGENT, Severity.EMERGENCY, None),
    ],
)
def test_severity_counts_before_priority_and_priority_before_default(metric, priority, severity, seconds):
    assert TARGETS.promised(metric, priority, severity) == seconds


def test_a_contracts_default_counts_before_the_policys_priorities():
    agreed = Targets(default={Metric.RESOLUTION: 5}, fallback=TARGETS)
    assert agreed.promised(Metric.RESOLUTION, Priority.URGENT, Severity.EMERGENCY) == 5
    assert agreed.promised(Metric.UPDATE, Priority.URGENT, Severity.EMERGENCY) == 3
