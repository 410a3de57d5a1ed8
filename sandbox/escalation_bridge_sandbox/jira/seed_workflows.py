"""Statuses and workflows of the seed."""

from escalation_bridge_sandbox.jira.fields.catalogue import REASON_FIELD
from escalation_bridge_sandbox.jira.model.workflow import Category, ScreenField, Status, Transition, Workflow

TO_DO = Status("10100", "To Do", Category.NEW)
IN_PROGRESS = Status("3", "In Progress", Category.INDETERMINATE, "This issue is being actively worked on.")
BLOCKED = Status("10101", "Blocked", Category.INDETERMINATE)
IN_REVIEW = Status("10102", "In Review", Category.INDETERMINATE)
DONE = Status("10103", "Done", Category.DONE)
CLOSED = Status("6", "Closed", Category.DONE, "The issue is considered finished.")

REPORTED = Status("10200", "Reported", Category.NEW)
INVESTIGATING = Status("10201", "Investigating", Category.INDETERMINATE)
MONITORING = Status("10202", "Monitoring", Category.INDETERMINATE)
RESTORED = Status("10203", "Restored", Category.DONE)
CANCELLED = Status("10204", "Cancelled", Category.DONE)

WAITING_FOR_SUPPORT = Status("10300", "Waiting for support", Category.NEW)
HELP_IN_PROGRESS = Status("10301", "Work in progress", Category.INDETERMINATE)
WAITING_FOR_CUSTOMER = Status("10302", "Waiting for customer", Category.INDETERMINATE)
ESCALATED = Status("10303", "Escalated", Category.INDETERMINATE)
RESOLVED = Status("5", "Resolved", Category.DONE)

UNTUK_DIKERJAKAN = Status("10400", "Untuk Dikerjakan", Category.NEW)
SEDANG_DIKERJAKAN = Status("10401", "Sedang Dikerjakan", Category.INDETERMINATE)
MENUNGGU = Status("10402", "Menunggu Pelanggan", Category.INDETERMINATE)
SELESAI = Status("10403", "Selesai", Category.DONE)

STATUSES = (
    TO_DO, IN_PROGRESS, BLOCKED, IN_REVIEW, DONE, CLOSED,
    REPORTED, INVESTIGATING, MONITORING, RESTORED, CANCELLED,
    WAITING_FOR_SUPPORT, HELP_IN_PROGRESS, WAITING_FOR_CUSTOMER, ESCALATED, RESOLVED,
    UNTUK_DIKERJAKAN, SEDANG_DIKERJAKAN, MENUNGGU, SELESAI,
)  # fmt: skip

RESOLUTION = ScreenField("resolution", required=True)


def _from(*statuses: Status) -> frozenset[str]:
    return frozenset(status.id for status in statuses)


# Two ways lead to Done, the second asks for more. Closed is only reached through Done.
ENGINEERING = Workflow(
    "Engineering workflow",
    TO_DO.id,
    (
        Transition("11", "Start Progress", _from(TO_DO), IN_PROGRESS.id, event="issue_work_started"),
        Transition("12", "Stop Progress", _from(IN_PROGRESS), TO_DO.id, event="issue_work_stopped"),
        Transition("21", "Block", _from(IN_PROGRESS), BLOCKED.id),
        Transition("31", "Unblock", _from(BLOCKED), IN_PROGRESS.id),
        Transition("41", "Request Review", _from(IN_PROGRESS), IN_REVIEW.id),
        Transition("42", "Reject Review", _from(IN_REVIEW), IN_PROGRESS.id),
        Transition("51", "Done", _from(IN_PROGRESS, IN_REVIEW), DONE.id, (RESOLUTION,), "issue_resolved"),
        Transition(
            "52",
            "Won't Do",
            _from(TO_DO, IN_PROGRESS, IN_REVIEW),
            DONE.id,
            (RESOLUTION, ScreenField(REASON_FIELD, required=True)),
            "issue_resolved",
        ),
        Transition("61", "Close", _from(DONE), CLOSED.id, event="issue_closed"),
        Transition(
            "71", "Reopen", _from(DONE, CLOSED), TO_DO.id, event="issue_reopened", clears_resolution=True
        ),
    ),
)

# Stories have a way of their own: straight to Done, without a screen.
STORIES = Workflow(
    "Story workflow",
    TO_DO.id,
    (
        Transition("11", "Start", _from(TO_DO), IN_PROGRESS.id),
        Transition("21", "Finish", _from(IN_PROGRESS), DONE.id),
        Transition("31", "Back", _from(DONE, IN_PROGRESS), TO_DO.id, clears_resolution=True),
    ),
)

# Cancelled can be had from everywhere.
OPERATIONS = Workflow(
    "Incident workflow",
    REPORTED.id,
    (
        Transition("101", "Investigate", _from(REPORTED, MONITORING), INVESTIGATING.id),
        Transition("111", "Monitor", _from(INVESTIGATING), MONITORING.id),
        Transition(
            "121", "Restore", _from(INVESTIGATING, MONITORING), RESTORED.id, (RESOLUTION,), "issue_resolved"
        ),
        Transition(
            "131",
            "Reopen",
            _from(RESTORED, CANCELLED),
            REPORTED.id,
            event="issue_reopened",
            clears_resolution=True,
        ),
        Transition("141", "Cancel", None, CANCELLED.id, event="issue_closed"),
    ),
)

SUPPORT = Workflow(
    "Service desk workflow",
    WAITING_FOR_SUPPORT.id,
    (
        Transition("801", "Start work", _from(WAITING_FOR_SUPPORT, ESCALATED), HELP_IN_PROGRESS.id),
        Transition(
            "811",
            "Respond to customer",
            _from(WAITING_FOR_SUPPORT, HELP_IN_PROGRESS, ESCALATED),
            WAITING_FOR_CUSTOMER.id,
        ),
        Transition(
            "821",
            "Respond to support",
            _from(WAITING_FOR_CUSTOMER),
            WAITING_FOR_SUPPORT.id,
            for_customers=True,
        ),
        Transition(
            "831", "Escalate", _from(WAITING_FOR_SUPPORT, HELP_IN_PROGRESS), ESCALATED.id, for_customers=True
        ),
        Transition(
            "841",
            "Resolve this issue",
            _from(WAITING_FOR_SUPPORT, HELP_IN_PROGRESS, WAITING_FOR_CUSTOMER, ESCALATED),
            RESOLVED.id,
            (RESOLUTION,),
            "issue_resolved",
        ),
        Transition(
            "851",
            "Back to support",
            _from(RESOLVED),
            WAITING_FOR_SUPPORT.id,
            event="issue_reopened",
            clears_resolution=True,
            for_customers=True,
        ),
        Transition("861", "Close", _from(RESOLVED), CLOSED.id, event="issue_closed"),
    ),
)

INDONESIAN = Workflow(
    "Alur kerja dukungan",
    UNTUK_DIKERJAKAN.id,
    (
        Transition("201", "Mulai", _from(UNTUK_DIKERJAKAN, MENUNGGU), SEDANG_DIKERJAKAN.id),
        Transition("211", "Tunggu pelanggan", _from(SEDANG_DIKERJAKAN), MENUNGGU.id),
        Transition("221", "Selesaikan", _from(SEDANG_DIKERJAKAN), SELESAI.id, (RESOLUTION,)),
        Transition("231", "Buka kembali", _from(SELESAI), UNTUK_DIKERJAKAN.id, clears_resolution=True),
    ),
)
