"""Pasted pictures go over as files, and nothing is fetched from a host that a customer chose."""

import base64
import json

import pytest

from escalation_bridge_freshdesk.pictures import naming_pictures, picture, pictures_in
from escalation_bridge_freshdesk.translation import mapping

STORED = "https://s3.amazonaws.com/cdn.freshdesk.com/data/helpdesk/attachments/production/{}/original/{}?X-Amz-Signature={}"


def by_token(claims: object, host: str = "acme.freshdesk.com") -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"https://{host}/inline/attachment?token=e30.{payload}.c2ln"


def test_a_picture_is_the_same_file_however_its_address_is_signed() -> None:
    one, other = (picture(STORED.format(4711, "image%20001.png", sign)) for sign in ("a", "b"))
    assert one is not None
    assert other is not None
    assert (one.id, one.name) == (other.id, other.name) == ("4711", "image 001-4711.png")


def test_a_token_names_the_picture() -> None:
    found = picture(by_token({"id": 4712, "domain": "acme.freshdesk.com", "account_id": 1}))
    assert found is not None
    assert (found.id, found.name) == ("4712", "picture-4712.png")


@pytest.mark.parametrize(
    "host", ["attachment.freshdesk.com", "eucattachment.freshdesk.com", "indattachment.freshdesk.com"]
)
def test_every_region_has_a_host_of_its_own(host: str) -> None:
    found = picture(by_token({"id": 4712, "domain": "acme.freshdesk.com", "account_id": 1}, host))
    assert found is not None
    assert found.id == "4712"


def test_the_account_may_have_an_address_of_its_own_and_only_that_one() -> None:
    address = by_token({"id": 4712}, "help.acme.example")
    assert picture(address) is None
    assert picture(address, "https://help.acme.example:8443") is None
    assert picture(address, "https://help.acme.example") is not None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "cid:image001.png",
        "https://s3.amazonaws.com/a-strangers-bucket/data/helpdesk/attachments/production/1/original/a.png",
        "https://evil.s3.amazonaws.com/data/helpdesk/attachments/production/1/original/a.png",
        "https://cdn.freshdesk.com.s3.amazonaws.com/data/helpdesk/attachments/production/1/original/a.png",
        "https://acme.freshdesk.com:8443/inline/attachment?token=e30.eyJpZCI6MX0.c2ln",
        "https://evil.example/data/helpdesk/attachments/production/1/original/a.png",
        "https://acme.freshdesk.com.evil.example/inline/attachment?token=e30.eyJpZCI6MX0.c2ln",
        "https://evil.example\\@acme.freshdesk.com/inline/attachment?token=e30.eyJpZCI6MX0.c2ln",
        "http://acme.freshdesk.com/inline/attachment?token=e30.eyJpZCI6MX0.c2ln",
        "https://s3.amazonaws.com/helpdesk/attachments/production/x/original/a.png",
        "https://acme.freshdesk.com/inline/attachment?token=e30",
        "https://acme.freshdesk.com/inline/attachment?token=e30.%%.x",
        by_token({"id": "1/2"}),
        by_token([1]),
        "https://[acme.freshdesk.com/",
    ],
)
def test_other_addresses_are_no_files(address: str) -> None:
    assert picture(address) is None


def test_the_text_names_the_picture_where_it_stood_and_each_is_one_file() -> None:
    address = STORED.format(4711, "image001.png", "a").replace("&", "&amp;")
    markup = f'<div>See <img src="{address}"> and again <img src="{address}"> <img src="https://x.example/l.png"></div>'
    assert [each.id for each in pictures_in(markup)] == ["4711"]
    assert naming_pictures(markup).count("[image001-4711.png]") == 2
    assert 'src="https://x.example/l.png"' in naming_pictures(markup)


def test_what_freshdesk_lists_is_not_passed_on_twice() -> None:
    listed = mapping.AttachmentShape.model_validate(
        {"id": 4711, "name": "image001.png", "attachment_url": "https://s3.amazonaws.com/x"}
    )
    files = mapping.files([listed], f'<img src="{STORED.format(4711, "image001.png", "a")}">')
    assert [each.name for each in files] == ["image001.png"]
