"""What the configuration says about tickets that are linked with several others."""

import pytest
from pydantic import ValidationError

from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.config.rules import make_rules
from escalation_bridge.domain.routes.routes import DoneWhen, DraftReply


def route(**settings):
    parsed = RouteSettings.model_validate({"from": "support", "to": "dev", **settings})
    return make_rules((), (), {"r": parsed}, {}).routes["r"]


def test_by_default_all_have_to_be_done_and_shared_ones_are_raised_and_answered():
    made = route()
    assert (made.done_when, made.draft_reply, made.raise_priority) == (DoneWhen.ALL, DraftReply.SHARED, True)


def test_a_route_may_say_otherwise():
    made = route(done_when="any", draft_reply="never", raise_priority=False)
    assert (made.done_when, made.draft_reply, made.raise_priority) == (DoneWhen.ANY, DraftReply.NEVER, False)


@pytest.mark.parametrize(
    ("name", "value"), [("done_when", "most"), ("draft_reply", True), ("raise_priority", "up")]
)
def test_other_words_are_refused(name, value):
    with pytest.raises(ValidationError, match=name):
        route(**{name: value})
