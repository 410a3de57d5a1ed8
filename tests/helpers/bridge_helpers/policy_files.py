"""Configuration files with one policy, in which tests fill in a part."""

from escalation_bridge.domain.teams.facts import GroupMember
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Person
from escalation_bridge.plugged.discovery import Catalogue, FoundPlugin, PluginState
from escalation_bridge.plugin.connection import HelpdeskPlugin
from escalation_bridge.plugin.hooks import EscalationHooks, hookimpl
from escalation_bridge.plugin.settings import ConnectionSettings


class Desk(HelpdeskPlugin[ConnectionSettings]):
    vendor = "desk"
    title = "Desk"
    settings = ConnectionSettings


class GroupDesk(Desk):
    vendor = "groupdesk"

    @hookimpl
    def fetch_group_members(self, group: str) -> tuple[GroupMember, ...]:
        del group
        return ()

    @hookimpl
    def fetch_role_members(self, role: str) -> tuple[Person, ...]:
        del role
        return ()


class Pager(EscalationHooks):
    @hookimpl
    def notify(self, to: str, key: str) -> str | None:
        return f"paged {to} {key}"


class Quiet(EscalationHooks):
    """An extension that sends nothing."""


CATALOGUE = Catalogue(
    {
        "desk": FoundPlugin("desk", "desk", "1", PluginState.READY, Desk),
        "groupdesk": FoundPlugin("groupdesk", "desk", "1", PluginState.READY, GroupDesk),
        "pager": FoundPlugin("pager", "pager", "1", PluginState.READY, Pager),
        "quiet": FoundPlugin("quiet", "quiet", "1", PluginState.READY, Quiet),
    }
)
BASE = """\
bridge: {extensions: [pager]}
connections:
  support: {plugin: desk}
  dev: {plugin: desk}
calendars:
  office: {timezone: Asia/Jakarta, hours: {mon-fri: [["09:00", "17:00"]]}}
"""
POLICY = BASE + "policies:\n  - {name: all, targets: {default: {resolution: 4h}}, %s}\n"
STEP = POLICY % "ladder: [{id: late, metric: resolution, at: due, do: [{notify: oncall}], %s}]"
CONTRACT = POLICY % "" + "contracts:\n  - {name: acme, %s}\n"


def only_policy(configuration):
    (policy,) = configuration.rules.policies
    return policy


# --- conditions -----------------------------------------------------------------------------------------------------

WRITTEN = {
    "{}": Condition(),
    "{tags: [vip, gold]}": Condition((Test("tags", Operator.CONTAINS, ("vip", "gold")),)),
    "{connection: support, custom.12: 5}": Condition(
        (Test("connection", Operator.IS, ("support",)), Test("custom.12", Operator.IS, ("5",)))
    ),
    "{all: [{field: tags, contains: vip}, {field: priority, is: [high, urgent]}]}": Condition(
        (Test("tags", Operator.CONTAINS, ("vip",)), Test("priority", Operator.IS, ("high", "urgent")))
    ),
    "{any: [{field: assignee, not_present: true}], none: [{field: custom.a, is: true}]}": Condition(
        any=(Test("assignee", Operator.NOT_PRESENT),), none=(Test("custom.a", Operator.IS, ("true",)),)
    ),
    "{all: [{field: custom.seats, greater_than: 2.50}, {field: custom.n, is: 7.0}]}": Condition(
        (Test("custom.seats", Operator.GREATER_THAN, ("2.5",)), Test("custom.n", Operator.IS, ("7",)))
    ),
    "{all: [{field: created, after: 2026-03-01}, {field: requester.domain, is: shop.example}]}": Condition(
        (
            Test("created", Operator.AFTER, ("2026-03-01",)),
            Test("requester.domain", Operator.IS, ("shop.example",)),
        )
    ),
}
