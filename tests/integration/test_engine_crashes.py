"""Killed at every commit: started again, the bridge finishes the story as if nothing had happened."""

from collections import Counter
from contextlib import contextmanager

import pytest

from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility
from escalation_bridge.engine.worker import Worker
from escalation_bridge.store.cases import case_views, outbox
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.queue import claims


class Killed(BaseException):
    """What no handler catches: the process is gone."""


@pytest.fixture
def database_kind():
    return "sqlite"


class Commits:
    """Counts the commits of the worker, and kills it at one of them: just before it, or just after."""

    def __init__(self, database: Database, monkeypatch):
        self._write = database.write
        self.count, self.at, self.when, self.working = 0, 0, "never", False
        self.receipts: list[int] = []
        monkeypatch.setattr(database, "write", self.write)
        save = outbox.save_receipt

        def save_receipt(transaction, *details):
            transaction.info["receipt"] = True
            save(transaction, *details)

        monkeypatch.setattr(outbox, "save_receipt", save_receipt)

    @contextmanager
    def write(self):
        self.count += self.working
        kills = self.working and self.count == self.at
        with self._write() as transaction:
            yield transaction
            if self.working and transaction.info.pop("receipt", False):
                self.receipts.append(self.count)
            if kills and self.when == "before":
                raise Killed
        if kills and self.when == "after":
            raise Killed


class Play:
    """The story, played on an empty database; a worker that is killed is replaced by a new one."""

    def __init__(self, make_fresh_scene, commits: Commits):
        self.commits = commits
        self.scene = make_fresh_scene()
        self.killed = 0

    def work(self):
        self.commits.working = True
        try:
            self.scene.worker.run_until_idle()
        except Killed:
            self.killed += 1
        else:
            return
        finally:
            self.commits.working = False
        with self.scene.bridge.database.write() as transaction:
            claims.drop_leases(transaction)
        self.scene.worker = Worker(self.scene.bridge)
        self.work()

    def act(self, *, minutes, plugin=None, ticket=None):
        """Time passes, webhooks come (twice), and the worker does what is due."""
        self.work()
        self.scene.clock.advance(minutes=minutes)
        for _ in range(2 if plugin else 0):
            self.scene.hear(plugin, ticket)
        self.work()

    def tell(self):
        scene, support, dev = self.scene, self.scene.support, self.scene.dev
        ticket = support.customer_writes("Printer on fire", "It burns.")
        self.act(minutes=0, plugin=support, ticket=ticket)
        self.act(minutes=48)
        self.act(minutes=13)
        (issue,) = dev.tickets
        dev.says(issue, "Looking into it.", Role.AGENT, Visibility.PRIVATE)
        dev.set_status(issue, StatusKind.SOLVED)
        support.says(ticket, "Hello?", Role.CUSTOMER)
        self.act(minutes=1, plugin=dev, ticket=issue)
        support.says(ticket, "It is fixed now.", Role.AGENT)
        support.set_status(ticket, StatusKind.SOLVED)
        self.act(minutes=1, plugin=support, ticket=ticket)
        self.act(minutes=600)
        return self.outcome(scene)

    @staticmethod
    def outcome(scene):
        """Everything that people, the other system and the history show in the end."""
        view = scene.view()
        with scene.bridge.database.read() as transaction:
            codes = Counter(entry.code for entry in case_views.load_timeline(transaction, 1))
            stale = case_views.stale_tickets(transaction, 1)
        codes["linked"] += codes.pop("adopted", 0)
        return {
            "tickets": {
                str(t.ref): (t.status.id, t.priority, t.tags)
                for plugin in (scene.support, scene.dev)
                for t in plugin.tickets.values()
            },
            "said": {
                plugin.connection.name: sorted((str(c.visibility), c.body.text) for c in said)
                for plugin in (scene.support, scene.dev)
                for said in plugin.comments.values()
            },
            "shown": {
                (ticket, str(ref)): (pointer.key, pointer.status, pointer.done)
                for plugin in (scene.support, scene.dev)
                for (ticket, ref), pointer in plugin.shown.items()
            },
            "writes": {key: str(record.state) for key, record in view.intents.items()},
            "fired": {(str(step.metric), step.step, str(step.outcome)) for step in view.fired},
            "clocks": [(str(c.metric), str(c.state), c.used_seconds, c.breached_at) for c in view.clocks],
            "links": [(link.route, str(link.linked), dict(link.statuses), link.hold) for link in view.links],
            "state": view.state,
            "codes": dict(codes),
            "stale": stale,
        }


@pytest.fixture
def commits(database, monkeypatch):
    return Commits(database, monkeypatch)


@pytest.fixture
def kill(make_fresh_scene, commits):
    """Play the story to its end once, then once for each of the positions, killed there."""

    def play(when, positions):
        wanted = Play(make_fresh_scene, commits).tell()
        assert wanted["tickets"] == {
            "support:1": ("solved", "high", ()),
            "dev:1": ("closed", "high", ("escalated",)),
        }
        assert set(wanted["writes"].values()) == {"done"}
        assert wanted["stale"] == []
        chosen = list(positions(commits))
        assert chosen
        for position in chosen:
            commits.count, commits.at, commits.when = 0, position, when
            story = Play(make_fresh_scene, commits)
            outcome = story.tell()
            assert story.killed == 1
            assert outcome == wanted, f"killed {when} commit {position}"

    return play


def test_killed_before_the_receipt_of_a_write_it_ends_the_same(kill):
    """The vendor has it, and the bridge does not know."""
    kill("before", lambda commits: commits.receipts)


def test_killed_after_a_commit_it_ends_the_same(kill):
    kill("after", lambda commits: range(1, commits.count + 1, 14))


@pytest.mark.nightly
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_commit_it_ends_the_same(kill, when):
    kill(when, lambda commits: range(1, commits.count + 1))
