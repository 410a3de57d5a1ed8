"""Facts about the whole account, cached for some minutes: statuses, groups, people, the bridge's own agent."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import NoReturn, TypeVar

from escalation_bridge.plugin import (
    AccountDescription,
    ConnectionReport,
    DraftDescription,
    Group,
    GroupMember,
    PermissionDenied,
    Person,
    Rejected,
    Role,
    Status,
    StatusKind,
    TicketNotFound,
    UnknownPerson,
    VendorError,
)
from escalation_bridge_freshdesk.http.client import FreshdeskClient
from escalation_bridge_freshdesk.http.shapes import AgentShape, ConversationShape, FieldShape
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_freshdesk.translation import mapping

T = TypeVar("T")

_REMEMBERED = 300.0
"""Seconds that facts about the account are cached."""
_MOST_REMEMBERED = 5000
_UNKNOWN_ASKED_AGAIN = 30.0
"""Seconds after which an unknown status code is read again."""
_PROBED_AGAIN = 30.0
"""Seconds that the answer to "who am I" is used to explain why a ticket cannot be read."""
_AGENTS_REMEMBERED = 60.0
"""Seconds that the list of agents is cached, so that several teams need it once."""
_ROLES_REMEMBERED = 3600.0
"""Seconds that an agent's roles are cached."""
_GLOBAL_SCOPE = 1
MIB = 1024 * 1024


class Account:
    """Facts about one account. Thread-safe."""

    def __init__(
        self,
        client: FreshdeskClient,
        settings: FreshdeskSettings,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._settings = settings
        self._ticks = ticks
        self._lock = threading.Lock()
        self._memory: dict[Hashable, tuple[float, object]] = {}

    # --- statuses and fields ---

    def fields(self, *, younger_than: float = _REMEMBERED) -> tuple[FieldShape, ...]:
        return self._remembered("fields", self._client.fetch_ticket_fields, younger_than)

    def statuses(self) -> tuple[Status, ...]:
        return tuple(mapping.statuses(self.fields(), self._settings.status_kinds).values())

    def status(self, code: int) -> Status:
        """The status of a code. An unknown code is read again: an admin may just have added it."""
        overrides = self._settings.status_kinds
        known = mapping.statuses(self.fields(), overrides)
        if code not in known:
            known = mapping.statuses(self.fields(younger_than=_UNKNOWN_ASKED_AGAIN), overrides)
        return known.get(code) or mapping.status(code, f"status {code}", overrides)

    def describe(self) -> AccountDescription:
        return AccountDescription(
            statuses=self.statuses(),
            priorities=mapping.PRIORITY_NAMES,
            groups=self.groups(),
            fields=tuple(mapping.describe_fields(self.fields())),
            # Freshdesk does not tell its limit: this is the documented one, or what the admin says.
            largest_file=self._settings.files_mb * MIB,
        )

    def describe_draft(self) -> DraftDescription:
        """What prevents the bridge from creating tickets. Only then the key's field is required."""
        name = self._settings.key_field
        found = next((field for field in self.fields(younger_than=0.0) if field.name == name), None)
        if found is not None and found.type == "custom_text":
            return DraftDescription()
        problem = (
            f"connection: key_field: tickets that are created carry the bridge's key in the field {name}: add a single-line "
            f"text field to tickets whose name is {name}"
        )
        return DraftDescription((problem,))

    def find_product(self, word: str) -> int | None:
        """A product's id from its id or name."""
        return _chosen(mapping.named_choices(self.fields(), "default_product"), word)

    def objection_to_link_field(self, name: str) -> str | None:
        """Why a field cannot show links, for an admin; None if it can."""
        field = next((field for field in self.fields() if field.name == name), None)
        if field is None or field.type not in ("custom_text", "custom_paragraph"):
            return f"add a single-line text field to tickets whose name is {name}"
        if field.displayed_to_customers:
            return f"customers can see the ticket field {name}: take away *Displayed to customers*"
        return None

    # --- groups and people ---
    #
    # Their names come with the ticket fields. /groups and /agents tell more, but only to administrators.

    def groups(self) -> tuple[Group, ...]:
        named = mapping.named_choices(self.fields(), "default_group")
        return tuple(Group(str(group_id), name) for name, group_id in named.items())

    def group(self, group_id: int) -> Group:
        wanted = str(group_id)
        return next((group for group in self.groups() if group.id == wanted), Group(wanted, ""))

    def find_group(self, word: str) -> int | None:
        """A group's id from its id or name; None if there is no such group."""
        return _chosen(mapping.named_choices(self.fields(), "default_group"), word)

    def members(self, word: str) -> tuple[GroupMember, ...]:
        """The agents of the group with this id or name, without the bridge's own.

        Raises:
            Rejected: There is none.
            PermissionDenied: The key is no administrator's.
        """
        group_id = self.find_group(word)
        if group_id is None:
            self._no_group(word)
        try:
            group = self._client.fetch_group(group_id)
        except TicketNotFound:
            self._no_group(word)
        agents = self._remembered("agents", self._client.list_agents, _AGENTS_REMEMBERED)
        ids = frozenset(group.agent_ids) - {self.me().id}
        # "available" tells something only in groups with automatic assignment; elsewhere nobody keeps it true.
        keeps_watch = bool(group.auto_ticket_assign)
        return tuple(
            GroupMember(
                _person(agent),
                None if agent.available is None or not keeps_watch else not agent.available,
            )
            for agent in agents
            if agent.id in ids
        )

    def having_role(self, word: str) -> tuple[Person, ...]:
        """The agents with a role, by its id or name, without the bridge's own.

        Raises:
            Rejected: There is no such role.
            PermissionDenied: The key is no administrator's.
        """
        asked = word.strip().casefold()
        roles = {
            role.id for role in self._client.list_roles() if asked in (str(role.id), role.name.casefold())
        }
        if not roles:
            self._client.transport.refuse(Rejected, "fetch_role_members", f"there is no role {word!r}")
        agents = self._remembered("agents", self._client.list_agents, _AGENTS_REMEMBERED)
        own = self.me().id
        return tuple(_person(agent) for agent in agents if agent.id != own and roles & self._roles_of(agent))

    def _roles_of(self, agent: AgentShape) -> frozenset[int]:
        """The ids of an agent's roles: one request each, because the list does not show them."""
        if agent.role_ids is not None:
            return frozenset(agent.role_ids)

        def ask() -> frozenset[int]:
            try:
                return frozenset(self._client.fetch_agent(agent.id).role_ids or ())
            except TicketNotFound:
                return frozenset()  # deleted since the list was read

        return self._remembered(("roles", agent.id), ask, _ROLES_REMEMBERED)

    def _no_group(self, word: str) -> NoReturn:
        message = f"there is no group {word!r}"
        self._client.transport.refuse(Rejected, "fetch_group_members", message)

    def find_agent(self, word: str) -> int | None:
        """An agent's id from the id, the name, or (only for administrators) the email address; None if there is none.

        Raises:
            PermissionDenied: It is an email address, and the key is not an administrator's.
        """
        if "@" in word:
            return self._agent_at(word.strip().casefold())
        # A number is not looked up: who is among the choices of the form is not documented, and an update that
        # names nobody is refused as a whole.
        return _chosen(mapping.named_choices(self.fields(), "default_agent"), word)

    def find_assignee(self, word: str) -> Person:
        """The agent with this id, name or address.

        Raises:
            UnknownPerson: There is none.
            Rejected: It is an id that is not among the agents of the form, which need not list all.
            PermissionDenied: It is an email address, and the key is not an administrator's.
        """
        found = self.find_agent(word)
        if found is None:
            self._refuse(UnknownPerson, f"no agent has the id, name or e-mail address {word!r}")
        if word.isdigit() and found not in mapping.named_choices(self.fields(), "default_agent").values():
            self._refuse(Rejected, f"no agent of the ticket form has the id {word}")
        return self.agent(found)

    def _refuse(self, error: type[VendorError], message: str) -> NoReturn:
        self._client.transport.refuse(error, "find_assignee", message)

    def _agent_at(self, address: str) -> int | None:
        """The agent with this address. A negative result is cached for a shorter time: an admin may add the agent."""

        def ask() -> int | None:
            listed = self._client.find_agents(address)
            found = (agent for agent in listed if (agent.contact.email or "").casefold() == address)
            return next((agent.id for agent in found), None)

        key = ("agent", address)
        return self._remembered(key, ask) or self._remembered(key, ask, _UNKNOWN_ASKED_AGAIN)

    def agent(self, agent_id: int) -> Person:
        """An agent, with a name if the account shows one."""
        named = mapping.named_choices(self.fields(), "default_agent")
        name = next((name for name, one in named.items() if one == agent_id), "")
        return Person(str(agent_id), name, role=Role.AGENT)

    def author(self, raw: ConversationShape) -> Person:
        """The author of a conversation: Freshdesk has a number that is an agent's or a contact's.

        An incoming one is from the customer's side, even if an agent is the requester. Any other is the desk's,
        even if the account no longer lists the agent.
        """
        if raw.user_id is None:
            return mapping.unnamed(raw)
        agent = self.agent(raw.user_id)
        if agent.name:
            return replace(agent, role=Role.CUSTOMER) if raw.incoming else agent
        contact = self._contact(raw.user_id) if raw.incoming else None
        return contact or mapping.unnamed(raw)

    def _contact(self, contact_id: int) -> Person | None:
        def ask() -> Person | None:
            try:
                return mapping.contact(self._client.fetch_contact(contact_id), contact_id)
            except (TicketNotFound, PermissionDenied):
                return None  # deleted, or out of the sight of the bridge's agent

        return self._remembered(("contact", contact_id), ask)

    # --- the bridge itself ---

    def me(self, *, younger_than: float = _REMEMBERED) -> AgentShape:
        return self._remembered("me", self._client.fetch_me, younger_than)

    def sees_everything(self) -> bool:
        """Whether the bridge's agent may see all tickets. Always read again, so that a refused key is noticed.

        Raises:
            AuthenticationFailed: The key is no longer accepted.
        """
        return self.me(younger_than=_PROBED_AGAIN).ticket_scope in (None, _GLOBAL_SCOPE)

    def check(self) -> ConnectionReport:
        """Read everything that the bridge needs, without the cache."""
        me = self._client.fetch_me()
        problems: list[str] = []
        warnings: list[str] = []
        try:
            self._find_gaps(problems, warnings)
        except PermissionDenied as refusal:
            problems.append(f"the ticket fields cannot be read ({refusal.message}): make the agent an admin")
        if me.ticket_scope not in (None, _GLOBAL_SCOPE):
            warnings.append("the agent does not see all tickets: set its ticket scope to global access")
        if not self._settings.webhook_secrets:
            problems.append("webhook_secrets is empty, so no webhook is accepted: set at least one secret")
        return ConnectionReport(
            str(me.id), me.contact.name or "", problems=tuple(problems), warnings=tuple(warnings)
        )

    def _find_gaps(self, problems: list[str], warnings: list[str]) -> None:
        settings = self._settings
        fields = {field.name: field for field in self.fields(younger_than=0.0)}
        name = settings.link_field
        if name and (name not in fields or fields[name].type != "custom_text"):
            problems.append(f"link_field: add a single-line text field to tickets whose name is {name}")
        for part, name in settings.link_fields.named.items() if settings.link_fields else ():
            objection = self.objection_to_link_field(name)
            if objection:
                problems.append(f"link_fields.{part}: {objection}")
        known = self.statuses()
        words = {status.id for status in known} | {status.name.casefold() for status in known}
        problems.extend(
            f"status_kinds: the account has no status {word!r}"
            for word in settings.status_kinds
            if word.casefold() not in words
        )
        for_closure = [field.name for field in fields.values() if field.required_for_closure]
        if for_closure:
            warnings.append(
                f"Freshdesk asks for {', '.join(for_closure)} before a ticket may be resolved or closed: "
                "a route that does so has to fill them in"
            )
        warnings.extend(
            f"status {status.name!r} ({status.id}) means nothing to the bridge yet: add it to status_kinds"
            for status in known
            if status.kind is StatusKind.UNKNOWN
        )

    def _remembered(self, key: Hashable, ask: Callable[[], T], younger_than: float = _REMEMBERED) -> T:
        """The cached answer if it is recent, otherwise a new one. Reads outside the lock: two may read at once, nobody waits."""
        with self._lock:
            at, answer = self._memory.get(key, (float("-inf"), None))
        if self._ticks() - at < younger_than:
            return answer  # type: ignore[return-value]  # under this key is what `ask` returned
        fresh = ask()
        now = self._ticks()
        with self._lock:
            if len(self._memory) >= _MOST_REMEMBERED:
                self._memory.clear()
            self._memory[key] = (now, fresh)
        return fresh


def _person(agent: AgentShape) -> Person:
    return Person(str(agent.id), agent.contact.name or "", agent.contact.email, Role.AGENT)


def _chosen(named: Mapping[str, int], word: str) -> int | None:
    if word.isdigit():
        return int(word)
    return next((one for name, one in named.items() if name.casefold() == word.strip().casefold()), None)
