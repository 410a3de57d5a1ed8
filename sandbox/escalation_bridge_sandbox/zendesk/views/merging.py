"""Merging tickets, and the jobs that long work is done by."""

from typing import Any

from escalation_bridge_sandbox.zendesk.account import ZendeskAccount
from escalation_bridge_sandbox.zendesk.http.api import (
    MOST_IDS,
    ApiBlueprint,
    base_url,
    by_api,
    ids_parameter,
    json_body,
)
from escalation_bridge_sandbox.zendesk.state.errors import (
    forbidden,
    invalid_attribute,
    not_found,
    record_invalid,
    too_many_values,
)
from escalation_bridge_sandbox.zendesk.state.records import Json, Ticket
from escalation_bridge_sandbox.zendesk.tickets.present import job_json


def merging_blueprint(vendor: ZendeskAccount) -> ApiBlueprint:
    api = ApiBlueprint("merging")

    @api.post("/tickets/<int:target_id>/merge")
    def merge_tickets(target_id: int) -> Json:
        target = vendor.state.visible_ticket(target_id)
        body = json_body()
        sources = [vendor.state.visible_ticket(number) for number in _source_ids(body)]
        deed = by_api()
        if deed.actor.light:
            raise forbidden()
        _check_mergeable(target, sources)
        for source in sources:
            vendor.desk.merge(source, target, _comment(body, "source", _farewell(target)), deed)
        welcome = "\n\n".join(_welcome(source) for source in sources)
        vendor.desk.update(target, {"comment": _comment(body, "target", welcome)}, deed)
        results = [
            {"action": "merge", "id": source.id, "status": "Merged", "success": True} for source in sources
        ]
        job = vendor.finished_job("Ticket Merge", total=len(sources), results=results)
        return {"job_status": job_json(job, base_url(), queued=True)}

    @api.get("/job_statuses/<job_id>")
    def show_job(job_id: str) -> Json:
        job = vendor.state.jobs.get(job_id.removesuffix(".json"))
        if job is None:
            raise not_found()
        return {"job_status": job_json(job, base_url(), queued=False)}

    @api.get("/job_statuses/show_many")
    def show_jobs() -> Json:
        jobs = [vendor.state.jobs[job_id] for job_id in ids_parameter("ids") if job_id in vendor.state.jobs]
        return {"job_statuses": [job_json(job, base_url(), queued=False) for job in jobs]}

    return api


def _source_ids(body: Json) -> list[int]:
    ids = body.get("ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(number, int) for number in ids):
        raise invalid_attribute("ids", "an array of integers")
    if len(ids) > MOST_IDS:
        raise too_many_values("ids")
    return ids


def _check_mergeable(target: Ticket, sources: list[Ticket]) -> None:
    if target.status in ("solved", "closed"):
        raise record_invalid("base", {"description": "Target ticket: must not be solved or closed"})
    for source in sources:
        if source.id == target.id or source.status == "closed":
            raise record_invalid("base", {"description": f"Ticket {source.id} cannot be merged"})


def _comment(body: Json, which: str, default: str) -> Json:
    text: Any = body.get(f"{which}_comment")
    return {"body": text or default, "public": body.get(f"{which}_comment_is_public", False) is True}


def _farewell(target: Ticket) -> str:
    return f'This request was closed and merged into request #{target.id} "{target.subject}".'


def _welcome(source: Ticket) -> str:
    last = source.comments[-2].plain_body if len(source.comments) > 1 else source.description
    return (
        f'Request #{source.id} "{source.subject}" was closed and merged into this request. '
        f"Last comment in request #{source.id}:\n\n{last}"
    )
