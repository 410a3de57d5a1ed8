"""What to do about a vendor's error is said in the reader's language, although the bridge keeps errors in English."""

import pytest

from escalation_bridge import errors
from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.errors import Circumstances, PermissionDenied, VendorError
from escalation_bridge.messages.catalogue import compose, history_line, texts

ADVISING = {
    name: each.default_advice
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, VendorError) and each.default_advice
}
DENIED = str(PermissionDenied("no permission <Add Comments>", Circumstances("dev", "add_comment", 403)))


def test_the_catalogue_knows_the_advice_of_every_error():
    assert texts("en")["advice"] == ADVISING


@pytest.mark.parametrize("name", ADVISING)
def test_advice_is_not_left_in_english(name):
    error = f"dev: add_comment: refused (HTTP 403). {ADVISING[name]}"
    said = history_line(TimelineEntry(None, "unreadable", {"ticket": "dev:1", "error": error}), "id")
    assert texts("id")["advice"][name] in said
    assert ADVISING[name] not in said
    assert "dev: add_comment: refused (HTTP 403)." in said, "what happened stays as it is"
    assert ADVISING[name] in history_line(
        TimelineEntry(None, "unreadable", {"ticket": "dev:1", "error": error}), "en"
    )


def test_what_a_vendor_says_is_escaped_all_the_same():
    facts = {"to_key": "DEV-1", "wish": "Done", "error": DENIED, "side": "linked"}
    body = compose(MessageRequest("status_refused", facts), "id").body
    assert "&lt;Add Comments&gt;" in body.html
    assert "Berikan kepada akun bridge izin" in body.text
