"""Promises about webhooks: only verified ones are accepted, and these are parsed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from escalation_bridge.errors import WebhookMalformed, WebhookRefused
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.webhooks import Verified, WebhookRequest
from escalation_bridge.testing import stated
from escalation_bridge.testing.conformance.bench import SECRET, Bench, Delivered, expect, need

OTHER = "another-conformance-secret"
FORGED = "a-secret-that-was-guessed"
MakeDesk = Callable[..., Helpdesk]


class WebhookPromises(Bench):
    """`verify_webhook` and `parse_webhook`."""

    def __request(self, delivered: Delivered, later: timedelta = timedelta()) -> WebhookRequest:
        return WebhookRequest.make(
            delivered.body, delivered.headers, received_at=self.now() + later, query=delivered.query
        )

    def __genuine(self, secret: str = SECRET, ticket_id: str = "1") -> Delivered:
        return self.webhook(ticket_id, secret, self.now())

    def __refused(
        self, desk: Helpdesk, delivered: Delivered, what: str, later: timedelta = timedelta()
    ) -> None:
        try:
            desk.verify_webhook(self.__request(delivered, later))
        except WebhookRefused as refusal:
            expect(
                SECRET not in str(refusal) and OTHER not in str(refusal),
                "verify_webhook: the refusal shows a secret",
            )
            proofs = [value for value in self.__genuine().headers.values() if len(value) > 15]
            expect(
                not any(proof in str(refusal) for proof in proofs),
                "verify_webhook: the refusal tells what would have been right",
            )
        else:
            expect(holds=False, broken=f"verify_webhook: {what} is accepted; it must be WebhookRefused")

    def test_a_genuine_webhook_is_accepted(self, desk_of: Helpdesk) -> None:
        need(desk_of, "verify_webhook")
        expect(
            isinstance(desk_of.verify_webhook(self.__request(self.__genuine())), Verified),
            "verify_webhook: a genuine webhook must give Verified",
        )

    def test_each_of_two_secrets_is_accepted_while_one_is_replaced(
        self, desk_of: Helpdesk, make_desk: MakeDesk
    ) -> None:
        need(desk_of, "verify_webhook")
        both = make_desk(SECRET, OTHER)
        for secret in (SECRET, OTHER):
            both.verify_webhook(self.__request(self.__genuine(secret)))
        self.__refused(make_desk(OTHER), self.__genuine(SECRET), "one of a secret that was taken away")

    def test_without_any_proof_it_is_refused(self, desk_of: Helpdesk) -> None:
        need(desk_of, "verify_webhook")
        bare = replace(self.__genuine(), headers={"Content-Type": "application/json"}, query={})
        self.__refused(desk_of, bare, "one without any proof")

    def test_each_header_of_the_proof_counts(self, desk_of: Helpdesk) -> None:
        need(desk_of, "verify_webhook")
        genuine = self.__genuine()
        for name, value in genuine.headers.items():
            if name.lower() in self.unimportant_headers:
                continue
            others = {other: text for other, text in genuine.headers.items() if other != name}
            altered = chr(ord(value[-1]) ^ 1) if value else "x"
            for text, what in (
                (None, "missing"),
                ("", "empty"),
                (value[:-1] + altered, "of another last character"),
                (value[: len(value) // 2], "cut in half"),
                ("\u00e9" * 40, "of other letters"),
            ):
                headers = others if text is None else {**others, name: text}
                self.__refused(desk_of, replace(genuine, headers=headers), f"{name} {what}")

    def test_a_wrong_secret_is_refused(self, desk_of: Helpdesk) -> None:
        need(desk_of, "verify_webhook")
        for secret, what in ((FORGED, "another secret"), ("", "no secret"), (SECRET[:-1], "half a secret")):
            self.__refused(desk_of, self.__genuine(secret), f"one proven with {what}")

    def test_without_a_configured_secret_nothing_is_accepted(
        self, desk_of: Helpdesk, make_desk: MakeDesk
    ) -> None:
        need(desk_of, "verify_webhook")
        open_desk = make_desk()
        for secret in ("", SECRET, "None"):
            self.__refused(open_desk, self.__genuine(secret), "a webhook with no secret configured")

    def test_a_body_changed_by_one_byte_is_refused(self, desk_of: Helpdesk) -> None:
        need(desk_of, "verify_webhook")
        if not self.signs_body:
            stated.not_offered("the vendor signs no body (signs_body)")
        genuine = self.__genuine()
        body = genuine.body
        changed = [body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] for at in range(len(body))]
        for other in (*changed, body + b"\n", b" " + body, body[:-1], b""):
            self.__refused(desk_of, replace(genuine, body=other), "a body that was changed")

    def test_an_old_or_future_webhook_is_refused(self, desk_of: Helpdesk) -> None:
        need(desk_of, "verify_webhook")
        if not self.signs_time:
            stated.not_offered("the vendor proves no time (signs_time)")
        for days, what in ((-30, "a month-old one"), (30, "one of next month")):
            sent = self.webhook("1", SECRET, self.now() + timedelta(days=days))
            self.__refused(desk_of, sent, what)
        # An old signature is no proof (replay).
        self.__refused(desk_of, self.__genuine(), "one that is replayed after a month", timedelta(days=30))

    def test_a_repeated_delivery_is_recognised(self, desk_of: Helpdesk) -> None:
        need(desk_of, "verify_webhook")
        genuine = self.__genuine()
        first, again = (desk_of.verify_webhook(self.__request(genuine)).delivery_id for _ in range(2))
        expect(first == again, "verify_webhook: one delivery must have one delivery_id")
        other = desk_of.verify_webhook(self.__request(self.__genuine(ticket_id="2"))).delivery_id
        expect(
            first is None or first != other,
            f"verify_webhook: two deliveries have the same delivery_id {first!r}: the second would be dropped",
        )

    def test_it_says_which_ticket_to_look_at(self, desk_of: Helpdesk) -> None:
        need(desk_of, "parse_webhook")
        ticket_id = self.customer_writes("Conformance", "The checkout fails.")
        news = desk_of.parse_webhook(self.__request(self.__genuine(ticket_id=ticket_id)))
        named = {hint.id for hint in news.hints}
        expect(
            ticket_id in named,
            f"parse_webhook: the webhook is about {ticket_id}; hints: {sorted(named)}, "
            f"ignored: {news.ignored!r}, unsupported: {news.unsupported!r}",
        )

    def test_any_body_is_understood_or_malformed(self, desk_of: Helpdesk) -> None:
        """Only these outcomes: an exception would be a 500 to the vendor, which then disables the webhook."""
        need(desk_of, "parse_webhook")
        genuine = self.__genuine()
        malformed = [
            b"",
            b"\xff\xfe",
            b"null",
            b"[]",
            b"7",
            b'"x"',
            b"{}",
            b"[" * 50_000,
            b'{"a":' * 5_000,
            b"<xml/>",
        ]
        cut = [genuine.body[:at] for at in range(0, len(genuine.body), 7)]
        for body in (*malformed, *cut, genuine.body.replace(b'"', b"'"), genuine.body.replace(b"{", b"[")):
            try:
                news = desk_of.parse_webhook(self.__request(replace(genuine, body=body)))
            except WebhookMalformed:
                continue
            outcomes = [bool(news.hints), news.ignored is not None, news.unsupported is not None]
            expect(
                sum(outcomes) == 1,
                f"parse_webhook: exactly one of hints, ignored, unsupported must be there; got {news!r}",
            )
