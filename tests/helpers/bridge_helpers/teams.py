"""A support organisation in memory: teams, people, and what tests do with them."""

from dataclasses import replace

from escalation_bridge.domain.sla.calendar import ALWAYS, parse_calendar
from escalation_bridge.domain.teams.directory import Directory, Discipline
from escalation_bridge.domain.teams.team import Assignment, Member, Place, Team
from escalation_bridge.domain.tickets.tickets import Group, Person, Role, Visibility

PRIVATE = Visibility.PRIVATE
NIGHTS = parse_calendar({"timezone": "Asia/Jakarta", "hours": {"mon-fri": [["22:00", "23:00"]]}})
SARI, BUDI, RANI = (
    Member("sari@example.com", "Sari Dewi", languages=frozenset({"id"})),
    Member("budi@example.com", "Budi Santoso", skills=frozenset({"cards"})),
    Member("rani@example.com", "Rani Putri", is_lead=True),
)


def team(name, **changes):
    values = {
        "name": name,
        "title": name.title(),
        "level": None,
        "places": (Place("support", group=name.title()),),
        "routes": (),
        "members": (),
        "calendar_name": "always",
        "calendar": ALWAYS,
    }
    return Team(**{**values, **changes})


def organisation(*teams, **changes):
    values = {"levels": ("L1", "L2"), "last_resort": "leads", "discipline": Discipline()}
    return Directory({each.name: each for each in teams}, **{**values, **changes})


FIRST = team("first", level="L1", next="payments")
PAYMENTS = team("payments", level="L2", members=(SARI, BUDI), assignment=Assignment.ROUND_ROBIN, next="leads")
LEADS = team("leads", members=(RANI,))
ENGINEERING = team("engineering", places=(), routes=("engineering",))
HOUSE = organisation(FIRST, PAYMENTS, ENGINEERING, LEADS)


def person(member, name=None):
    return Person(f"id-{member.email}", name or member.name, member.email, Role.AGENT)


def opened(scene, subject="Cannot pay", customer=None):
    ticket = scene.support.customer_writes(subject, "It does not work.")
    there = scene.support.tickets[ticket]
    who = Person(customer or f"customer of {ticket}", "Ani", None, Role.CUSTOMER)
    scene.support.tickets[ticket] = replace(there, requester=who)
    scene.news(scene.support, ticket)
    return ticket


def at_team(scene, ticket, group, assignee=None):
    """Somebody moves a ticket in the helpdesk."""
    there = scene.support.tickets[ticket]
    who = person(assignee) if assignee else None
    scene.support.tickets[ticket] = replace(
        there, group=Group(group, group), assignee=who, updated_at=scene.clock()
    )
    scene.news(scene.support, ticket)


def asked(scene, ticket, words, by=RANI, plugin=None):
    plugin = plugin or scene.support
    scene.clock.advance(seconds=30)
    plugin.says(ticket, words, Role.AGENT, PRIVATE, author=person(by) if by else None)
    scene.news(plugin, ticket)


def notes(scene, ticket, words=""):
    return [
        c for c in scene.support.comments.get(ticket, []) if words in c.body.text and c.author.id == "bridge"
    ]


def escalations(scene, case=1):
    return scene.view(case).escalations
