"""What the vendor's API documentation has and the stand-in has not."""

import re

_NUMBER = r"\d+"
_LEFT_OUT = tuple(
    re.compile(pattern)
    for pattern in (
        # Whole sections.
        r"\w+ /(admin|business_hours|canned_response_folders?|canned_responses|channels)\b.*",
        r"\w+ /(company_fields|contact-activities|contact_fields?|custom_objects|discussions|email)\b.*",
        r"\w+ /(jobs|products|scenario_automations|settings|sla_policies|solutions|surveys)\b.*",
        r"\w+ /(ticket-forms|time_entries)\b.*",
        r"POST /account/export",
        # Of the automation rules: the hourly ones.
        r"\w+ /automations/3/rules.*",
        # Of the people.
        r"POST /(agents|groups)(/bulk)?",
        rf"(PUT|DELETE) /(agents|groups)/{_NUMBER}",
        rf"\w+ /agents/({_NUMBER}/availability|autocomplete)",
        rf"(PUT|POST) /contacts/({_NUMBER}/(make_agent|send_invite)|merge|export)",
        r"GET /(contacts|companies)/autocomplete",
        r"GET /search/(contacts|companies)",
        # Of the tickets.
        r"POST /tickets/(bulk_update|bulk_delete)",
        r"PUT /tickets/(bulk_watch|bulk_unwatch)",
        rf"\w+ /tickets/{_NUMBER}/(accesses|summary|time_entries)",
        rf"GET /tickets/{_NUMBER}/(associated_tickets|prime_association|watchers)",
        rf"POST /tickets/{_NUMBER}/(forward|reply_to_forward|watch)",
        rf"PUT /tickets/{_NUMBER}/unwatch",
        r"\w+ /tickets/archived/.*",
    )
)


def is_left_out(method: str, path: str) -> bool:
    """Whether the vendor would serve what the stand-in does not; `path` is relative to the API's root."""
    return any(pattern.fullmatch(f"{method} {path.rstrip('/')}") for pattern in _LEFT_OUT)
