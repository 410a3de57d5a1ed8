"""What differs from account to account, and can be changed on a running stand-in."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """How often what may be asked. The seed is an account with the High Volume add-on.

    Per minute and account, but `updates_per_ticket`: per ten minutes, ticket and user. The numbers are those
    of Zendesk's rate limits page; Growth and Professional have 400 requests a minute, Enterprise 700.
    """

    requests: int = 2500
    ticket_updates: int = 300
    updates_per_ticket: int = 30
    incremental_exports: int = 30
    search_exports: int = 100
    deletes: int = 400
    deleted_lists: int = 10
    webhooks: int = 100
    webhook_tests: int = 20


@dataclass
class ZendeskSettings:
    """The account's switches.

    Attributes:
        search_lag_seconds: How long it takes until the search index knows of a change. Zendesk says minutes.
        solve_needs_assignee: Whether a ticket without an assignee can be solved.
        attachment_size: Bytes that a file may have.
        webhook_timeout: Seconds a receiver has; Zendesk's 12 cannot be changed there, but tests are in a hurry.
    """

    search_lag_seconds: float = 60
    solve_needs_assignee: bool = True
    webhook_timeout: float = 12
    attachment_size: int = 50 * 1024 * 1024
    limits: Limits = field(default_factory=Limits)
