"""The whole kit as one base class."""

from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.contract import find_breaches
from escalation_bridge.testing.conformance.bench import expect
from escalation_bridge.testing.conformance.changing import ChangingPromises
from escalation_bridge.testing.conformance.creating import CreatingPromises
from escalation_bridge.testing.conformance.emptiness import EmptinessPromises
from escalation_bridge.testing.conformance.enduring import EnduringPromises
from escalation_bridge.testing.conformance.files import FilePromises
from escalation_bridge.testing.conformance.following import FollowingPromises
from escalation_bridge.testing.conformance.reading import ReadingPromises
from escalation_bridge.testing.conformance.rewording import RewordingPromises
from escalation_bridge.testing.conformance.speaking import SpeakingPromises
from escalation_bridge.testing.conformance.webhooks import WebhookPromises

_MAIN_JOB = (
    *(
        "check_connection",
        "describe_fields",
        "verify_webhook",
        "parse_webhook",
        "fetch_ticket",
        "fetch_comments",
    ),
    *("find_ticket", "create_ticket", "update_ticket", "add_comment", "link_ticket"),
)


class HelpdeskConformance(
    WebhookPromises,
    ReadingPromises,
    CreatingPromises,
    ChangingPromises,
    SpeakingPromises,
    RewordingPromises,
    FilePromises,
    EnduringPromises,
    FollowingPromises,
    EmptinessPromises,
):
    """Derive from this in a test module, under a name that begins with `Test`, and implement `Bench`."""

    def test_the_plugin_keeps_the_form_of_the_contract(self) -> None:
        plugin = self.make_plugin(())
        plugin.close()
        breaches = list(find_breaches(type(plugin)))
        expect(not breaches, "; ".join(breaches))

    def test_the_plugin_can_do_the_main_job(self, desk_of: Helpdesk) -> None:
        missing = [hook for hook in _MAIN_JOB if not desk_of.can(hook)]
        expect(not missing, f"the main job needs {', '.join(missing)} too")
