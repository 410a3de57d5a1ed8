"""A database file that is deleted or replaced under a running receiver: nothing is acknowledged that would be lost."""

import shutil

import pytest

TRIGGER = b'{"ticket_id": "35"}'


@pytest.fixture
def file(receiver):
    assert receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER)).status_code == 202
    return receiver.bridge.database._file.path


@pytest.mark.parametrize("kind", ["deleted", "replaced", "all of it deleted"])
def test_webhooks_are_not_acknowledged_and_the_receiver_is_not_ready(receiver, file, kind):
    if kind == "replaced":
        shutil.copy(file, file.with_name("backup"))
        file.with_name("backup").replace(file)
    else:
        for each in file.parent.glob("bridge.db*") if kind.startswith("all") else [file]:
            each.unlink()
    answer = receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert receiver.app.test_client().get("/readyz").status_code == 503
    assert receiver.app.test_client().get("/healthz").status_code == 200
    if kind != "replaced":
        assert not file.exists()  # and none is made in its place


def test_moved_back_it_goes_on(receiver, file):
    file.rename(file.with_name("elsewhere"))
    assert receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER)).status_code == 503
    file.with_name("elsewhere").rename(file)
    assert receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER)).status_code == 202
    assert len(receiver.rows()) == 2
