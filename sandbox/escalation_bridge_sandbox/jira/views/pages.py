"""`/browse/{key}`: an issue as a page for people, where links to it point."""

import flask

from escalation_bridge_sandbox.jira.live_site import LiveSite
from escalation_bridge_sandbox.jira.richtext.text import RichText
from escalation_bridge_sandbox.kernel.pages import Entry, no_such_ticket, ticket_page


def pages_blueprint(sandbox: LiveSite) -> flask.Blueprint:
    pages = flask.Blueprint("jira_pages", __name__)

    @pages.get("/browse/<ref>")
    def browse(ref: str) -> flask.Response:
        site = sandbox.site
        issue = site.issue(ref)
        if issue is None:
            return no_such_ticket()
        values = issue.values
        description, priority, assignee = values["description"], values["priority"], values["assignee"]
        facts = (
            ("Type", site.issue_types[issue.type_id].name),
            ("Status", site.statuses[issue.status_id].name),
            ("Priority", site.priorities[priority].name if priority else None),
            ("Assignee", site.people[assignee].display_name if assignee else None),
            ("Labels", ", ".join(values["labels"])),
        )
        opened = Entry(
            site.people[issue.creator].display_name,
            issue.created.isoformat(),
            public=True,
            markup=description.plain if isinstance(description, RichText) else "",
        )
        entries = (
            Entry(
                site.people[each.author].display_name,
                each.created.isoformat(),
                public=not (each.is_marked_internal or each.visibility),
                markup=each.body.plain,
            )
            for each in issue.comments
        )
        return ticket_page(f"{issue.key} {values['summary']}", facts, [opened, *entries])

    return pages
