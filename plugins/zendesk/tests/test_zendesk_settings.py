"""What an admin may write, and what he is told about mistakes."""

import pytest
from pydantic import ValidationError

from escalation_bridge.plugin.settings import Resolved
from escalation_bridge_zendesk.settings import ZendeskSettings

SECRET = Resolved("s3cret")
OAUTH = {"client_id": "bridge", "client_secret": SECRET}


def settings(**given: object) -> ZendeskSettings:
    return ZendeskSettings.model_validate(
        {
            "plugin": "zendesk",
            "url": "https://acme.zendesk.com",
            "sign_in": {"access_token": SECRET},
            **given,
        }
    )


@pytest.mark.parametrize(
    ("sign_in", "method"),
    [
        ({"oauth": OAUTH}, "oauth"),
        ({"oauth": OAUTH | {"refresh_token": SECRET, "token_file": "/var/lib/bridge/tokens"}}, "oauth"),
        ({"access_token": SECRET}, "access_token"),
        ({"email": "bridge@acme.example", "api_token": SECRET}, "api_token"),
    ],
)
def test_each_way_to_sign_in_is_accepted(sign_in: object, method: str) -> None:
    assert settings(sign_in=sign_in).sign_in.method == method


@pytest.mark.parametrize(
    ("sign_in", "message"),
    [
        ({}, "exactly one of"),
        ({"access_token": SECRET, "email": "a@acme.example", "api_token": SECRET}, "exactly one of"),
        ({"email": "a@acme.example"}, "belong together"),
        ({"api_token": SECRET}, "belong together"),
        ({"oauth": OAUTH | {"refresh_token": SECRET}}, "belong together"),
        ({"oauth": OAUTH | {"token_file": "/var/lib/bridge/tokens"}}, "belong together"),
        ({"oauth": OAUTH | {"refresh_token": SECRET, "token_file": "tokens"}}, "whole path"),
        ({"oauth": OAUTH | {"refresh_token": "plain", "token_file": "/x"}}, "must not stand"),
        ({"access_token": "plain text"}, "must not stand in the configuration file"),
    ],
)
def test_a_sign_in_that_cannot_work_is_explained(sign_in: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(sign_in=sign_in)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://acme.zendesk.com/", "https://acme.zendesk.com"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://localhost:8081/", "http://localhost:8081"),
        ("http://[::1]:8081", "http://[::1]:8081"),
    ],
)
def test_the_url_is_kept_without_a_slash(url: str, kept: str) -> None:
    assert settings(url=url).url == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.zendesk.com",
        "acme.zendesk.com",
        "https://acme.zendesk.com/api/v2",
        "https://user:password@acme.zendesk.com",
        "https://acme.zendesk.com?x=1",
        "ftp://acme.zendesk.com",
        "",
    ],
)
def test_any_other_url_is_refused_with_what_is_allowed(url: str) -> None:
    with pytest.raises(
        ValidationError, match=r"must (begin with https://|be a plain address|be scheme and host alone)"
    ):
        settings(url=url)


def test_secrets_are_not_printed() -> None:
    shown = repr(settings(webhook_secrets=[SECRET], sign_in={"access_token": SECRET}))
    assert "s3cret" not in shown


def test_unless_told_otherwise_new_tickets_are_private() -> None:
    assert settings().new_ticket_visibility.value == "private"
