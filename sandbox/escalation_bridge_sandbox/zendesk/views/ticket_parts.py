"""What belongs to a ticket: comments, audits, tags."""

from collections.abc import Callable

import flask

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http.api import ApiBlueprint, base_url, by_api, current_user, json_body
from escalation_bridge_sandbox.zendesk.http.pages import paged
from escalation_bridge_sandbox.zendesk.http.params import tag_list
from escalation_bridge_sandbox.zendesk.state.errors import forbidden, invalid_attribute
from escalation_bridge_sandbox.zendesk.state.records import Audit, Json, Ticket
from escalation_bridge_sandbox.zendesk.state.times import iso
from escalation_bridge_sandbox.zendesk.tickets import messaging
from escalation_bridge_sandbox.zendesk.tickets.desk import check_stamp
from escalation_bridge_sandbox.zendesk.tickets.metrics import metric_set
from escalation_bridge_sandbox.zendesk.tickets.present import audit_json as plain_audit_json
from escalation_bridge_sandbox.zendesk.tickets.present import comment_json


def ticket_parts_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("ticket_parts")

    @api.get("/tickets/<int:ticket_id>/comments")
    def list_comments(ticket_id: int) -> Json:
        ticket = vendor.state.visible_ticket(ticket_id)
        return paged(
            "comments",
            ticket.comments,
            lambda comment: (iso(comment.created_at), comment.id),
            lambda comment: comment_json(comment, base_url(), inline_images=_with_inline_images()),
            descending=_newest_first(),
        )

    @api.get("/tickets/<int:ticket_id>/comments/count")
    def count_comments(ticket_id: int) -> Json:
        ticket = vendor.state.visible_ticket(ticket_id)
        return {"count": {"value": len(ticket.comments), "refreshed_at": iso(vendor.clock.now())}}

    @api.put("/tickets/<int:ticket_id>/comments/<int:comment_id>/make_private")
    def make_private(ticket_id: int, comment_id: int) -> Json:
        vendor.desk.make_private(vendor.state.visible_ticket(ticket_id), comment_id, by_api())
        return {}

    @api.put("/comment_redactions/<int:comment_id>")
    def redact(comment_id: int) -> Json:
        """For full agents here; Zendesk lets a role or the account's plan decide."""
        if current_user().light:
            raise forbidden()
        body = json_body()
        ticket_id, html_body = body.get("ticket_id"), body.get("html_body")
        if not isinstance(ticket_id, int):
            raise invalid_attribute("ticket_id", "an integer")
        if html_body is not None and not isinstance(html_body, str):
            raise invalid_attribute("html_body", "a string")
        urls = [str(url) for url in body.get("external_attachment_urls") or ()]
        ticket = vendor.state.visible_ticket(ticket_id)
        comment = vendor.desk.redact(ticket, comment_id, html_body, urls, by_api())
        shown = comment_json(comment, base_url())
        return {
            "comment": {
                name: shown[name]
                for name in ("attachments", "author_id", "id", "plain_body", "public", "type")
            }
        }

    @api.get("/tickets/<int:ticket_id>/metrics")
    def show_metrics(ticket_id: int) -> Json:
        ticket = vendor.state.visible_ticket(ticket_id)
        return {"ticket_metric": metric_set(ticket, vendor.clock.now())}

    @api.get("/tickets/<int:ticket_id>/conversation_log")
    def list_conversation_log(ticket_id: int) -> Json:
        ticket = vendor.state.visible_ticket(ticket_id)
        return paged(
            "events",
            messaging.log_entries(ticket),
            messaging.log_key,
            lambda entry: messaging.log_json(entry, vendor.state, base_url()),
            descending=_newest_first(),
            always_cursor=True,
        )

    @api.get("/tickets/<int:ticket_id>/audits")
    def list_audits(ticket_id: int) -> Json:
        ticket = vendor.state.visible_ticket(ticket_id)
        return paged(
            "audits",
            ticket.audits,
            lambda audit: (iso(audit.created_at), audit.id),
            lambda audit: audit_json(audit, ticket),
            descending=_newest_first(),
        )

    @api.get("/tickets/<int:ticket_id>/audits/<int:audit_id>")
    def show_audit(ticket_id: int, audit_id: int) -> Json:
        ticket = vendor.state.visible_ticket(ticket_id)
        return {"audit": audit_json(vendor.state.audit(ticket, audit_id), ticket)}

    @api.get("/tickets/<int:ticket_id>/tags")
    def list_tags(ticket_id: int) -> Json:
        return {"tags": vendor.state.visible_ticket(ticket_id).tags}

    @api.put("/tickets/<int:ticket_id>/tags")
    def add_tags(ticket_id: int) -> Json:
        return _write_tags(vendor, ticket_id, lambda old, given: old | given)

    @api.post("/tickets/<int:ticket_id>/tags")
    def set_tags(ticket_id: int) -> tuple[Json, int]:
        return _write_tags(vendor, ticket_id, lambda _, given: given), 201

    @api.delete("/tickets/<int:ticket_id>/tags")
    def remove_tags(ticket_id: int) -> Json:
        return _write_tags(vendor, ticket_id, lambda old, given: old - given)

    return api


def audit_json(audit: Audit, ticket: Ticket) -> Json:
    """An audit; the first one of a chat has what was said in it until now."""
    shown = plain_audit_json(audit)
    if ticket.channel == messaging.CHAT and ticket.messages and audit is ticket.audits[0]:
        shown["events"] = [*audit.events, messaging.chat_started(ticket, audit.id + 1)]
    return shown


def _with_inline_images() -> bool:
    return flask.request.args.get("include_inline_images") == "true"


def _newest_first() -> bool:
    args = flask.request.args
    return args.get("sort", "").startswith("-") or args.get("sort_order") == "desc"


def _write_tags(
    vendor: ZendeskAccount, ticket_id: int, combine: Callable[[set[str], set[str]], set[str]]
) -> Json:
    ticket = vendor.state.visible_ticket(ticket_id)
    body = json_body()
    tags = body.get("tags")
    if not isinstance(tags, str) and not (
        isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
    ):
        raise invalid_attribute("tags", "an array of strings")
    # Here the flag comes as a string in Zendesk's own example.
    is_safe = body.get("safe_update") in (True, "true")
    check_stamp(ticket, {"safe_update": is_safe, "updated_stamp": body.get("updated_stamp")})
    combined = combine(set(ticket.tags), set(tag_list(tags)))
    changed, _ = vendor.desk.update(ticket, {"tags": sorted(combined)}, by_api())
    return {"tags": changed.tags}
