"""A case between two helpdesks whose fields are kept in step, played without store, engine and network."""

from dataclasses import replace

import pytest

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.routes.fields.rule import FieldRules
from escalation_bridge.domain.sla.policy import Metric, Step
from escalation_bridge.domain.tickets.tickets import Person

MIRA = Person("7", "Mira", "mira@acme.example")
THEIR_MIRA = Person("acc-1", "Mira", "mira@acme.example")
BUDI = Person("acc-2", "Budi")
STAFF = {"support": (MIRA,), "dev": (THEIR_MIRA, BUDI)}


@pytest.fixture(scope="session")
def make_play(make_world):
    class Play(make_world):
        """Both helpdesks, with a vendor that keeps to the contract of `update_ticket`."""

        def _carry_out(self, record, *, answered):
            intent = record.intent
            if not isinstance(intent, ChangeTicket) or intent.settles_fields is None:
                super()._carry_out(record, answered=answered)
                return
            known, now = self.view.tickets[intent.ticket], self.tickets[intent.ticket]
            wanted = self.wanted(now, intent.change)
            for field in ("priority", "assignee", "custom_fields"):
                if getattr(now, field) not in (getattr(known, field), getattr(wanted, field)):
                    self._mark(record.key, IntentState.CANCELLED)
                    self.read(intent.ticket)
                    return
            self.tickets[intent.ticket] = wanted
            super()._carry_out(
                replace(
                    record,
                    intent=replace(intent, change=replace(intent.change, priority=None, assignee=None)),
                ),
                answered=answered,
            )

        def wanted(self, now, change):
            fields = {**now.custom_fields, **change.fields}
            for name, value in fields.items():
                if name.startswith("customfield_") and isinstance(value, str):
                    fields[name] = {"value": value, "id": str(len(value))}
            tags = [tag for tag in now.tags if tag not in change.remove_tags]
            people = {word: p for p in STAFF[now.ref.connection] for word in (p.id, p.email)}
            return replace(
                now,
                priority=change.priority or now.priority,
                assignee=people[change.assignee] if change.assignee else now.assignee,
                tags=(*tags, *(tag for tag in change.add_tags if tag not in tags)),
                custom_fields=fields,
            )

        def tag(self, ref, *tags):
            self.set(ref, tags=(*self.tickets[ref].tags, *tags))

        def untag(self, ref, *tags):
            self.set(ref, tags=tuple(tag for tag in self.tickets[ref].tags if tag not in tags))

        def fill(self, ref, **fields):
            names = {"area": "360", "their_area": "customfield_10050"}
            values = {names.get(name, name): value for name, value in fields.items()}
            self.set(ref, custom_fields={**self.tickets[ref].custom_fields, **values})

        def field_writes(self):
            return [
                record.intent
                for record in self.view.intents.values()
                if isinstance(record.intent, ChangeTicket) and record.intent.settles_fields
            ]

        def notes(self, template):
            return [
                record.intent
                for record in self.view.intents.values()
                if isinstance(record.intent, WriteComment) and record.intent.message.template == template
            ]

        def held(self):
            return {key: state.hold.reason for key, state in self.link.fields.items() if state.hold}

        def at_rest(self):
            """Whether deciding again adds nothing."""
            self.read()
            decision = self.decide()
            assert not decision.intents
            assert not decision.timeline
            assert not decision.links

    def make(*single, tags=None, before=lambda play: None, **route):
        rules = FieldRules(single, (tags,) if tags else ())
        escalate = Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),))
        policies = (Play.policy(ladder=(escalate,)),)
        play = Play(policies=policies, routes=(Play.route(synced=rules, **route),))
        before(play)
        play.escalate()
        play.later(minutes=1)
        return play

    return make
