"""Contacts and companies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import flask

from escalation_bridge_sandbox.freshdesk.gate import API
from escalation_bridge_sandbox.freshdesk.input import checks
from escalation_bridge_sandbox.freshdesk.input.intake import Body, query_params, read_json, read_nothing
from escalation_bridge_sandbox.freshdesk.input.paging import PAGE_PARAMS, paged_response, read_page
from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    duplicate,
    invalid_value,
    it_should_be,
    it_should_be_one_of,
    looked_up,
    method_not_allowed,
    missing,
    no_match,
    not_found,
    wrong_type,
)
from escalation_bridge_sandbox.freshdesk.state.records import Company, Contact, Ticket
from escalation_bridge_sandbox.freshdesk.tickets import shapes

if TYPE_CHECKING:
    from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount
    from escalation_bridge_sandbox.freshdesk.state.desk import Desk

_TEXT = checks.or_null(checks.string)
CONTACT_CHECKS: Mapping[str, checks.Check] = {
    "name": checks.filled_string_up_to(255),
    "email": checks.or_null(checks.email),
    "phone": _TEXT,
    "mobile": _TEXT,
    "twitter_id": _TEXT,
    "unique_external_id": _TEXT,
    "other_emails": checks.emails,
    "company_id": checks.or_null(checks.positive_integer),
    "view_all_tickets": checks.boolean,
    "address": _TEXT,
    "custom_fields": checks.key_values,
    "description": _TEXT,
    "job_title": _TEXT,
    "language": checks.string,
    "tags": checks.strings_up_to(32),
    "time_zone": checks.string,
}
UNIQUE_IN_CONTACT = ("email", "twitter_id", "unique_external_id")
WAYS_TO_REACH = ("email", "mobile", "phone", "twitter_id", "unique_external_id")
CONTACT_STATES = ("blocked", "deleted", "unverified", "verified")
CONTACT_FILTERS = (
    "email", "mobile", "phone", "company_id", "state", "updated_since", "_updated_since", *PAGE_PARAMS
)  # fmt: skip

COMPANY_CHECKS: Mapping[str, checks.Check] = {
    "name": checks.filled_string_up_to(255),
    "description": _TEXT,
    "note": _TEXT,
    "domains": checks.strings_up_to(255),
    "health_score": _TEXT,
    "account_tier": _TEXT,
    "renewal_date": checks.or_null(checks.day),
    "industry": _TEXT,
    "custom_fields": checks.key_values,
}


def customers_blueprint(vendor: FreshdeskAccount) -> flask.Blueprint:
    views = flask.Blueprint("freshdesk_customers", __name__, url_prefix=API)

    @views.get("/contacts")
    def list_contacts() -> flask.Response:
        params = query_params(CONTACT_FILTERS)
        page = read_page(params)
        found = [
            contact for contact in vendor.helpdesk.desk.contacts.values() if _contact_passes(contact, params)
        ]
        found.sort(key=lambda contact: (contact.name.lower(), contact.id))
        return paged_response(found, page, shapes.contact_row, vendor.base_url)

    @views.post("/contacts")
    def create_contact() -> flask.Response:
        desk = vendor.helpdesk.desk
        body = read_json()
        checks.refuse_unknown(body, CONTACT_CHECKS)
        problems = checks.missing_among(body, {"name": it_should_be("String")})
        if not any(body.get(way) for way in WAYS_TO_REACH):
            problems.append(missing("email", f"Please fill at least 1 of {', '.join(WAYS_TO_REACH)} fields"))
        _refuse(problems + _contact_problems(body, desk, itself=None))
        contact = desk.add_contact(body["name"], vendor.helpdesk.now(), email=body.get("email"))
        _assign(contact, body, vendor.helpdesk.now())
        return _created(shapes.contact_full(contact), f"{vendor.base_url}{API}/contacts/{contact.id}")

    @views.get("/contacts/<int:contact_id>")
    def view_contact(contact_id: int) -> shapes.Json:
        return shapes.contact_full(_contact(vendor, contact_id))

    @views.put("/contacts/<int:contact_id>")
    def update_contact(contact_id: int) -> shapes.Json:
        contact = _living_contact(vendor, contact_id)
        body = read_json()
        checks.refuse_unknown(body, CONTACT_CHECKS)
        _refuse(_contact_problems(body, vendor.helpdesk.desk, contact))
        _assign(contact, body, vendor.helpdesk.now())
        return shapes.contact_full(contact)

    @views.delete("/contacts/<int:contact_id>")
    def delete_contact(contact_id: int) -> tuple[str, int]:
        contact = _living_contact(vendor, contact_id)
        contact.deleted, contact.updated_at = True, vendor.helpdesk.now()
        return "", 204

    @views.delete("/contacts/<int:contact_id>/hard_delete")
    def hard_delete_contact(contact_id: int) -> tuple[str, int]:
        forced = query_params(("force",)).get("force", "false").lower() == "true"
        contact = _contact(vendor, contact_id)
        if not contact.deleted and not forced:
            # Documented: a contact must be soft-deleted first, unless forced (the answer is not verified).
            raise method_not_allowed("DELETE", ("GET",))
        desk = vendor.helpdesk.desk
        for ticket in desk.tickets.values():
            if ticket.requester_id == contact_id and not ticket.deleted:
                vendor.helpdesk.set_deleted(ticket, deleted=True)
        del desk.contacts[contact_id]
        return "", 204

    @views.put("/contacts/<int:contact_id>/restore")
    def restore_contact(contact_id: int) -> tuple[str, int]:
        read_nothing()
        contact = _contact(vendor, contact_id)
        if not contact.deleted:
            raise not_found()
        contact.deleted, contact.updated_at = False, vendor.helpdesk.now()
        return "", 204

    @views.get("/companies")
    def list_companies() -> flask.Response:
        params = query_params(("updated_since", *PAGE_PARAMS))
        page = read_page(params)
        since = _since(params, "updated_since")
        found = [
            company
            for company in vendor.helpdesk.desk.companies.values()
            if since is None or company.updated_at >= since
        ]
        found.sort(key=lambda company: (company.name.lower(), company.id))
        return paged_response(found, page, shapes.company, vendor.base_url)

    @views.post("/companies")
    def create_company() -> flask.Response:
        desk, now = vendor.helpdesk.desk, vendor.helpdesk.now()
        body = read_json()
        checks.refuse_unknown(body, COMPANY_CHECKS)
        problems = checks.missing_among(body, {"name": it_should_be("String")})
        _refuse(problems + _company_problems(body, desk, itself=None))
        company = Company(desk.new_id(), body["name"], now, now)
        desk.companies[company.id] = company
        _assign(company, body, now)
        return _created(shapes.company(company), f"{vendor.base_url}{API}/companies/{company.id}")

    @views.get("/companies/<int:company_id>")
    def view_company(company_id: int) -> shapes.Json:
        return shapes.company(_company(vendor, company_id))

    @views.put("/companies/<int:company_id>")
    def update_company(company_id: int) -> shapes.Json:
        company = _company(vendor, company_id)
        body = read_json()
        checks.refuse_unknown(body, COMPANY_CHECKS)
        _refuse(_company_problems(body, vendor.helpdesk.desk, company))
        _assign(company, body, vendor.helpdesk.now())
        return shapes.company(company)

    @views.delete("/companies/<int:company_id>")
    def delete_company(company_id: int) -> tuple[str, int]:
        company = _company(vendor, company_id)
        desk = vendor.helpdesk.desk
        holders: list[Contact | Ticket] = [*desk.contacts.values(), *desk.tickets.values()]
        for holder in holders:
            holder.company_id = None if holder.company_id == company.id else holder.company_id
        del desk.companies[company.id]
        return "", 204

    return views


def _contact(vendor: FreshdeskAccount, contact_id: int) -> Contact:
    return looked_up(vendor.helpdesk.desk.contacts, contact_id)


def _living_contact(vendor: FreshdeskAccount, contact_id: int) -> Contact:
    """Documented: updating or deleting a deleted contact is 405."""
    contact = _contact(vendor, contact_id)
    if contact.deleted:
        raise method_not_allowed(flask.request.method, ("GET",))
    return contact


def _company(vendor: FreshdeskAccount, company_id: int) -> Company:
    return looked_up(vendor.helpdesk.desk.companies, company_id)


def _contact_passes(contact: Contact, params: Mapping[str, str]) -> bool:
    state = params.get("state")
    if state is not None and state not in CONTACT_STATES:
        raise Invalid([invalid_value("state", it_should_be_one_of(CONTACT_STATES))])
    since = _since(params, "updated_since") or _since(params, "_updated_since")
    emails = {(contact.email or "").lower(), *map(str.lower, contact.other_emails)}
    return (
        contact.deleted is (state == "deleted")
        and (state != "verified" or contact.active)
        and (state != "unverified" or not contact.active)
        and (state != "blocked" or contact.blocked)
        and ("email" not in params or params["email"].lower() in emails)
        and ("mobile" not in params or params["mobile"] == contact.mobile)
        and ("phone" not in params or params["phone"] == contact.phone)
        and ("company_id" not in params or params["company_id"] == str(contact.company_id))
        and (since is None or contact.updated_at >= since)
    )


def _since(params: Mapping[str, str], name: str) -> datetime | None:
    if name not in params:
        return None
    instant = checks.parse_instant(params[name])
    if instant is None:
        raise Invalid([wrong_type(name, params[name], it_should_be("DateTime"))])
    return instant


def _contact_problems(body: Body, desk: Desk, itself: Contact | None) -> list[FieldProblem]:
    problems = checks.problems_in(body, CONTACT_CHECKS)
    if problems:
        return problems
    if body.get("company_id") is not None and body["company_id"] not in desk.companies:
        problems.append(no_match("company_id", "company"))
    problems += [_no_custom_field(name) for name in body.get("custom_fields", {})]
    for attribute in UNIQUE_IN_CONTACT:
        if body.get(attribute):
            other = desk.contact_by(attribute, body[attribute])
            if other is not None and other is not itself:
                problems.append(duplicate(attribute))
    return problems


def _company_problems(body: Body, desk: Desk, itself: Company | None) -> list[FieldProblem]:
    problems = checks.problems_in(body, COMPANY_CHECKS)
    problems += [_no_custom_field(name) for name in body.get("custom_fields", {})]
    others = [company for company in desk.companies.values() if company is not itself]
    if any(company.name == body.get("name") for company in others):
        problems.append(duplicate("name"))
    taken = {domain for company in others for domain in company.domains}
    if not problems and taken.intersection(body.get("domains", [])):
        problems.append(duplicate("domains"))
    return problems


def _no_custom_field(name: str) -> FieldProblem:
    """The stand-in's contacts and companies have no custom fields."""
    return FieldProblem(f"custom_fields.{name}", "Unexpected/invalid field in request", "invalid_field")


def _assign(record: Contact | Company, body: Body, now: datetime) -> None:
    for name, value in body.items():
        if name != "custom_fields":
            setattr(record, name, value)
    record.updated_at = now


def _created(shown: shapes.Json, location: str) -> flask.Response:
    response = flask.jsonify(shown)
    response.status_code = 201
    response.headers["Location"] = location
    return response


def _refuse(problems: list[FieldProblem]) -> None:
    if problems:
        raise Invalid(problems)
