"""Reports about the account for an admin: whether the bridge can work there, and the account's statuses, groups and fields."""

from escalation_bridge.plugin import (
    AccountDescription,
    Connection,
    ConnectionReport,
    Convert,
    FieldDescription,
    JsonPart,
    Priority,
    TicketNotFound,
)
from escalation_bridge_zendesk.account.account import Account
from escalation_bridge_zendesk.http.client import ZendeskClient
from escalation_bridge_zendesk.settings import PUBLIC_TEST_SECRET, ZendeskSettings

_API_TOKENS_END = (
    "Zendesk switches API tokens off: nobody can create one after 27 October 2026, and all stop working on "
    "30 April 2027. Create an OAuth client for the bridge and use sign_in.oauth."
)

# The types of custom fields in the API's description of ticket fields; a lookup field's value is another record's id.
_HOLDS = {
    "text": Convert.TEXT,
    "textarea": Convert.TEXT,
    "regexp": Convert.TEXT,
    "integer": Convert.NUMBER,
    "decimal": Convert.NUMBER,
    "date": Convert.DATE,
    "checkbox": Convert.YES_NO,
    "tagger": Convert.CHOICE,
    "multiselect": Convert.CHOICES,
}
# Zendesk keeps a number that is written to a text field as text.
_TEXT_TAKES = (Convert.TEXT, Convert.NUMBER, Convert.DATE, Convert.DATETIME, Convert.CHOICE)


class Reports:
    """Reads facts about the whole account."""

    def __init__(
        self, connection: Connection[ZendeskSettings], client: ZendeskClient, account: Account
    ) -> None:
        self._settings = connection.settings
        self._client = client
        self._account = account

    def check(self) -> ConnectionReport:
        """Return the bridge's user, and everything that prevents its work."""
        raw = self._account.raw_me()
        me = self._account.me()
        return ConnectionReport(
            user_id=me.id,
            user_name=me.name,
            problems=(*_role_problems(raw), *self._webhook_problems(), *self._field_problems()),
            warnings=(*self._sign_in_warnings(), *_role_warnings(raw)),
        )

    def describe(self) -> AccountDescription:
        """Read the account's statuses, priorities, groups and ticket fields, and the maximum file size."""
        fields = [raw for raw in self._account.fields() if (raw / "active").value is not False]
        return AccountDescription(
            statuses=self._account.statuses().all(),
            never_set=self._account.statuses().never_set(),
            priorities=_priorities(fields),
            groups=self._account.groups(),
            fields=tuple(
                _field(field_id, raw)
                for raw in fields
                if (field_id := (raw / "id").maybe_identifier()) is not None
            ),
            largest_file=self._account.largest_file(),
        )

    def _webhook_problems(self) -> list[str]:
        secrets = [secret.get_secret_value() for secret in self._settings.webhook_secrets]
        if not secrets:
            return [
                "No webhook is accepted: webhook_secrets is empty. Write the webhook's signing secret there."
            ]
        if PUBLIC_TEST_SECRET in secrets:
            return [
                "webhook_secrets has Zendesk's published test secret, with which anybody can sign. Take it out."
            ]
        return []

    def _field_problems(self) -> list[str]:
        link_fields = self._settings.link_fields
        named = link_fields.named if link_fields else {}
        findings = {part: self._account.text_field(name) for part, name in named.items()}
        return [
            *self._link_field_problems(),
            *(
                f"link_fields.{part}: {problem}."
                for part, problem in findings.items()
                if isinstance(problem, str)
            ),
        ]

    def _link_field_problems(self) -> list[str]:
        field_id = self._settings.link_field_id
        if field_id is None:
            return []
        try:
            answer = self._client.read("check_connection", f"/ticket_fields/{field_id}")
        except TicketNotFound:
            return [f"link_field_id: the account has no ticket field {field_id}."]
        field = (answer / "ticket_field").as_object()
        if (field / "active").value is False or (field / "type").maybe_text() not in ("text", "textarea"):
            return [f"link_field_id: ticket field {field_id} must be an active text field."]
        return []

    def _sign_in_warnings(self) -> list[str]:
        return [_API_TOKENS_END] if self._settings.sign_in.method == "api_token" else []


def _field(field_id: str, raw: JsonPart) -> FieldDescription:
    kind = (raw / "type").maybe_text() or ""
    # Zendesk keeps quiet about the ids of its own fields among a ticket's custom fields, and changes nothing.
    own = (raw / "removable").value is False
    return FieldDescription(
        id=field_id,
        name=(raw / "title").maybe_text() or "",
        # Zendesk's `required`: agents cannot solve the ticket while it is empty.
        required=(raw / "required").value is True,
        allowed_values=_values(raw),
        holds=_HOLDS.get(kind),
        takes=_TEXT_TAKES if _HOLDS.get(kind) is Convert.TEXT else (),
        unwritable="it is one of Zendesk's own fields; name a custom field" if own else _inactive(raw),
    )


def _inactive(raw: JsonPart) -> str:
    return "it is inactive: activate it in Admin Center" if (raw / "active").value is False else ""


def _role_problems(me: JsonPart) -> list[str]:
    if (me / "role").maybe_text() not in ("agent", "admin"):
        return ["The bridge's user is no agent. Give it an agent's or admin's role."]
    if (me / "only_private_comments").value is True:
        return ["The bridge's user may write internal notes only (light agent). Give it a full agent's role."]
    return []


def _role_warnings(me: JsonPart) -> list[str]:
    warnings = []
    if (me / "role").maybe_text() == "agent":
        warnings.append(
            "The bridge's user is an agent, not an admin: it cannot make its webhook itself nor catch up after a pause."
        )
    if (me / "ticket_restriction").value:
        warnings.append("The bridge's user may not see all tickets. Let its role see every ticket.")
    return warnings


def _priorities(fields: list[JsonPart]) -> tuple[str, ...]:
    """The account's priorities: some accounts have only two of the four."""
    for raw in fields:
        if (raw / "type").maybe_text() == "priority" and (offered := _values(raw)):
            return offered
    return tuple(priority.value for priority in Priority)


def _values(raw: JsonPart) -> tuple[str, ...]:
    options = (raw / "custom_field_options").objects() or (raw / "system_field_options").objects()
    return tuple(value for option in options if (value := (option / "value").maybe_text()))
