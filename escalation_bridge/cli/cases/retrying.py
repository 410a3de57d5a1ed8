"""`escalation-bridge retry`: retry failed writes in one case or at a whole connection."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from escalation_bridge.cli.cases.cases import find_case
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, answer
from escalation_bridge.cli.running import opened_store
from escalation_bridge.configfile import load_document
from escalation_bridge.domain.case.cases import CaseView, TimelineEntry
from escalation_bridge.domain.sla import events
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_file, case_views, outbox
from escalation_bridge.store.queue import wakes


def retry(
    case: Annotated[
        str | None,
        typer.Argument(
            metavar="CASE",
            help="A case number, a ticket's key (ENG-24, #35436), or connection:ticket-id.",
            show_default=False,
        ),
    ] = None,
    connection: Annotated[
        str | None, typer.Option(help="Retry what failed at this connection, in all open cases.")
    ] = None,
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Retry failed writes, and check holds again."""
    if (case is None) is (connection is None):
        raise BridgeError("name either a case or, with --connection, a connection")
    now = utc_now()
    if connection is not None:
        _refuse_unknown(connection, config)
        with opened_store(config) as (database, _), database.write() as transaction:
            counts = outbox.retry_failed_at(transaction, connection)
            for case_id, count in sorted(counts.items()):
                _note(transaction, case_id, count, now)
        total = sum(counts.values())
        text = f"{connection}: {_writes(total)} in {len(counts)} {_plural('case', len(counts))}."
        answer(text, as_json=as_json, connection=connection, writes=total, cases=sorted(counts))
    elif case is not None:
        with opened_store(config) as (database, _), database.write() as transaction:
            case_id = find_case(transaction, case)
            count = outbox.retry_failed(transaction, case_id)
            if not count and not _waits_for_a_person(case_views.load_case(transaction, case_id)):
                text = f"Case {case_id}: nothing failed and nothing is on hold; nothing was changed."
                answer(text, as_json=as_json, case=case_id, writes=0, changed=False)
                return
            _note(transaction, case_id, count, now)
        answer(
            f"Case {case_id}: {_writes(count)}.", as_json=as_json, case=case_id, writes=count, changed=True
        )


def _refuse_unknown(connection: str, config: Path) -> None:
    known = load_document(config).keys(("connections",))
    if connection not in known:
        raise BridgeError(f"there is no connection {connection}; known: {', '.join(known)}")


def _waits_for_a_person(view: CaseView) -> bool:
    """Whether a link or one of its fields is on hold; a retry checks it again."""
    return any(link.hold or any(state.hold for state in link.fields.values()) for link in view.links)


def _note(transaction: sa.Connection, case_id: int, count: int, now: datetime) -> None:
    wakes.wake(transaction, case_id, now, "retry")
    case_file.save_events(transaction, case_id, [events.retried(now)])
    case_file.save_timeline(transaction, case_id, [TimelineEntry(now, "retried", {"count": str(count)})])


def _writes(count: int) -> str:
    return f"{count} failed {_plural('write', count)} {'gets' if count == 1 else 'get'} another chance"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
