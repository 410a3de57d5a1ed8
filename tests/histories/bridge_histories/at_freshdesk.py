"""The people at Freshdesk."""

from collections.abc import Sequence
from typing import Any

from bridge_histories.desks import RANKS, Desk, Json, mailed
from bridge_histories.files import File, SeenFile
from bridge_histories.refusals import Work, right
from bridge_histories.rewording import Change
from bridge_histories.seen import Said, Seen
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.freshdesk.state.records import Conversation, ConversationSource, Ticket

IMPACT, ORDERS = "cf_impact", "cf_affected_orders"
RINA, BUDI, DEWI = (agent.email for agent in (freshdesk.AGENT_RINA, freshdesk.AGENT_BUDI, freshdesk.ADMIN))


class FreshdeskDesk(Desk):
    bridge = freshdesk.BRIDGE.email
    statuses = tuple(choice.label for choice in freshdesk.STATUSES)
    secret = "the-histories-freshdesk-secret"
    file_writes = 1
    rights = (
        right("POST", r"/tickets/\d+/(notes|reply)$", Work.COMMENTS, Work.FILES),
        right("PUT", r"/tickets/\d+$", Work.CHANGES),
        right("PUT", r"/conversations/\d+$", Work.REWORDING),
        right("DELETE", r"/conversations/\d+$", Work.REWORDING),
        right("GET", r"/tickets/\d+", Work.READING),
    )
    tells_of_edits = False

    def subscribe(self, receiver: str) -> str:
        webhook = {
            "method": "POST",
            "url": receiver,
            "headers": {"X-Escalation-Bridge-Secret": self.secret},
            "encoding": "json",
            "content": {"simple": ["triggered_event", "ticket_id", "ticket_status"]},
        }
        fields = ("status", "priority", "tags", "responder_id", IMPACT, ORDERS)
        events = [*({"field": each} for each in fields), {"note": "any"}, {"reply": "any"}]
        for rule in (
            {"name": "new", "on": "ticket_created", "webhook": webhook},
            {"name": "changed", "on": "ticket_updated", "events": events, "webhook": webhook},
        ):
            self.call("POST", "/_sandbox/rules", body=rule)
        return self.secret

    def customer_opens(self, subject: str, text: str) -> str:
        message = {"from": {"email": freshdesk.CUSTOMER_SARI.email}, "subject": subject, "body": text}
        return str(self.call("POST", "/_sandbox/inbound", body=message)["ticket_id"])

    def customer_says(self, ticket: str, text: str, file: File | None = None) -> None:
        body = {"ticket_id": int(ticket), "body": text, "attachments": mailed(file)}
        self.call("POST", "/_sandbox/inbound", body=body)

    def agent_says(self, ticket: str, text: str, *, public: bool, file: File | None = None) -> None:
        """Every second time the customer is answered in a public note: unlike replies, notes can be edited."""
        lines = text.replace("\n", "<br>")
        body: Json = {"body": f"<p>{lines}</p>"}
        is_reply = public and len(self._conversations(ticket)) % 2 == 0
        if not is_reply:
            body["private"] = not public
        path = f"/tickets/{ticket}/" + ("reply" if is_reply else "notes")
        if file is None:
            self._agent("POST", path, body)
        else:
            form = {name: str(value).lower() if name == "private" else value for name, value in body.items()}
            files = {"attachments[]": (file.name, file.content, file.content_type)}
            self._agent("POST", path, data=form, files=files)

    def newest(self, ticket: str) -> str:
        return str(self._conversations(ticket)[-1].id)

    def changes(self, ticket: str, comment: str) -> Sequence[Change]:
        said = next(each for each in self._conversations(ticket) if each.id == int(comment))
        is_note = said.source is ConversationSource.NOTE
        return (Change.EDIT, Change.DELETE) if is_note else (Change.DELETE,)

    def can_reword(self, *, public: bool) -> bool:
        return not public  # what the bridge says publicly is a reply

    def edit(self, ticket: str, comment: str, text: str) -> None:
        self._agent("PUT", f"/conversations/{comment}", {"body": f"<p>{text}</p>"})

    def delete(self, ticket: str, comment: str) -> None:
        self._agent("DELETE", f"/conversations/{comment}")

    def touch(self, ticket: str) -> None:
        assert isinstance(self.vendor, FreshdeskSandbox)
        before = self.vendor.helpdesk.desk.tickets[int(ticket)].type
        self._agent("PUT", f"/tickets/{ticket}", {"type": "Incident" if before != "Incident" else "Problem"})

    def _conversations(self, ticket: str) -> list[Conversation]:
        assert isinstance(self.vendor, FreshdeskSandbox)
        return list(self.vendor.helpdesk.desk.conversations_of(int(ticket)))

    def moves(self, ticket: str) -> Sequence[str]:
        return self.statuses

    def status(self, ticket: str) -> str:
        assert isinstance(self.vendor, FreshdeskSandbox)
        stored = self.vendor.helpdesk.desk.tickets[int(ticket)].status
        return next(each.label for each in freshdesk.STATUSES if int(each.code) == stored)

    def set_status(self, ticket: str, status: str) -> None:
        chosen = next(int(each.code) for each in freshdesk.STATUSES if each.label == status)
        self._agent("PUT", f"/tickets/{ticket}", {"status": chosen})

    def rank(self, ticket: str) -> str | None:
        assert isinstance(self.vendor, FreshdeskSandbox)
        return RANKS[self.vendor.helpdesk.desk.tickets[int(ticket)].priority - 1]

    def set_rank(self, ticket: str, rank: str) -> None:
        self._agent("PUT", f"/tickets/{ticket}", {"priority": RANKS.index(rank) + 1})

    def tags(self, ticket: str) -> Sequence[str]:
        return self._stored(ticket).tags

    def set_tags(self, ticket: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        # The list is replaced as a whole.
        kept = [tag for tag in self.tags(ticket) if tag not in remove]
        self._agent("PUT", f"/tickets/{ticket}", {"tags": [*kept, *add]})

    def custom(self, ticket: str, field: str) -> str:
        stored = self._stored(ticket).custom_fields.get(field)
        return "" if stored is None else str(stored)

    def set_custom(self, ticket: str, field: str, value: str) -> None:
        kept: Json = int(value) if value and field == ORDERS else value or None
        self._agent("PUT", f"/tickets/{ticket}", {"custom_fields": {field: kept}})

    def assignee(self, ticket: str) -> str:
        person = self._stored(ticket).responder_id
        return self._agents[person] if person else ""

    def assign(self, ticket: str, person: str) -> None:
        found = int(self.called(person)) if person else None
        self._agent("PUT", f"/tickets/{ticket}", {"responder_id": found})

    def called(self, person: str) -> str:
        """By id: the bridge's agent is not shown the addresses of the others."""
        return next(str(number) for number, email in self._agents.items() if email == person)

    @property
    def _agents(self) -> dict[int, str]:
        assert isinstance(self.vendor, FreshdeskSandbox)
        return {agent.id: agent.email for agent in self.vendor.helpdesk.desk.agents.values()}

    def _stored(self, ticket: str) -> Ticket:
        assert isinstance(self.vendor, FreshdeskSandbox)
        return self.vendor.helpdesk.desk.tickets[int(ticket)]

    def look(self, ticket: str) -> Seen:
        assert isinstance(self.vendor, FreshdeskSandbox)
        raw = self._agent("GET", f"/tickets/{ticket}")
        conversations = self._agent("GET", f"/tickets/{ticket}/conversations?per_page=100")
        agents = self.vendor.helpdesk.desk.agents.values()
        bridge = next(agent.id for agent in agents if agent.email == self.bridge)
        said = [Said(c["body_text"], not c["private"], c["user_id"] == bridge) for c in conversations]
        names = {int(each.code): each.label for each in freshdesk.STATUSES}
        return Seen(
            ticket,
            names[raw["status"]],
            RANKS[raw["priority"] - 1],
            raw["subject"],
            raw["description_text"],
            tuple(said),
            (raw["subject"], raw["description_text"], *(each.text for each in said if each.public)),
            tuple(
                SeenFile(file.name, file.content, not each.private, each.user_id == bridge)
                for each in self._conversations(ticket)
                for file in each.attachments
            ),
        )

    def made_by_bridge(self) -> list[str]:
        assert isinstance(self.vendor, FreshdeskSandbox)
        tickets = self.vendor.helpdesk.desk.tickets.values()
        return [str(each.id) for each in tickets if each.custom_fields.get(freshdesk.FIELD_REFERENCE)]

    def _agent(self, method: str, path: str, body: Json = None, **form: Any) -> Json:
        login = (freshdesk.AGENT_RINA.api_key, freshdesk.PASSWORD)
        return self.call(method, f"/api/v2{path}", auth=login, body=body, **form)
