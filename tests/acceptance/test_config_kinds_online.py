"""Routes that begin in Jira: what would be set at tickets that are there already, held against their workflows."""

from collections.abc import Callable

import pytest

Run = Callable[..., tuple[int, str, str]]
ROUTE = """\
policies:
  - name: all
    when: {status: [To Do]}
    targets:
      default: {first_response: 1h}
    ladder:
      - {id: on, metric: first_response, at: due, do: [{escalate: back}]}
routes:
  back:
    from: engineering
    to: shop
    create: {requester_email: bridge@warung.example}
    handed_on_status: In Progress
    status:
      to_linked: {To Do: keep, In Progress: keep, Blocked: keep, In Review: keep, Done: keep, Closed: keep}
      to_origin: {open: keep, waiting_customer: keep, waiting_third_party: Blocked, solved: Done, closed: keep}
"""
AT = "routes.back"


@pytest.fixture
def begin(check: Run, text: str) -> Callable[..., tuple[int, list[str]]]:
    """Check a configuration whose route begins in Jira; what is said of the statuses there."""

    def begin(settings: str = "", **changes: str) -> tuple[int, list[str]]:
        route = ROUTE
        for old, new in changes.items():
            assert old in route
            route = route.replace(old, new)
        connections = text.partition("policies:")[0]
        whole = connections.rstrip() + f"\n{settings}" + route
        status, _, err = check("--online", **{text: whole})
        return status, [line for line in err.splitlines() if f": {AT}." in line]

    return begin


def test_statuses_that_the_workflow_leads_to_are_in_order(
    begin: Callable[..., tuple[int, list[str]]],
) -> None:
    status, lines = begin()
    assert status == 0, lines


def test_a_status_behind_one_in_which_somebody_is_waited_for_is_told(
    begin: Callable[..., tuple[int, list[str]]],
) -> None:
    _, lines = begin("    status_kinds: {In Progress: waiting_customer}\n")
    [line] = [each for each in lines if "waiting_third_party" in each and "no transition" in each]
    assert line.startswith("Warning")
    assert "no transition leads `Bug in ENG`, `Task in ENG` of engineering from" in line
    assert "to `Blocked`; a ticket that is there would hold the link" in line


def test_a_status_that_only_some_kinds_have_is_warned_of(begin: Callable[..., tuple[int, list[str]]]) -> None:
    status, lines = begin(**{"solved: Done": "solved: Closed"})
    assert status == 0
    assert any("`Story in ENG` of engineering have no status `Closed`" in line for line in lines)


def test_what_could_not_be_judged_is_said(begin: Callable[..., tuple[int, list[str]]]) -> None:
    status, lines = begin("    follow_workflow: false\n")
    assert status == 0
    line = next(each for each in lines if "whether Bug in ENG of engineering can be led to" in each)
    assert "`Blocked`, `Done`, `In Progress` could not be judged: follow_workflow is off" in line
