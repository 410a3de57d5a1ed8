"""Registering webhooks at the stand-in Jira, for its tests."""

CLASSIC = "/rest/webhooks/1.0/webhook"
MOVED = "/rest/jira-webhook/1.0/webhooks"
SECRET = "It's a Secret to Everybody"
ALL = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
]


def path_of(jira):
    return MOVED if jira.sandbox.edition.has_moved_webhooks else CLASSIC


def register(jira, hook_url, status=201, jql="", events=ALL, **more):
    body = {
        "name": "bridge",
        "url": hook_url,
        "events": events,
        "filters": {"issue-related-events-section": jql},
    }
    if jira.sandbox.edition.has_moved_webhooks:
        body |= {
            "active": True,
            "scopeType": "global",
            "configuration": {"SECRET": SECRET, "EXCLUDE_BODY": "false"},
        }
    else:
        body |= {"secret": SECRET, "excludeBody": False}
    return jira.post(path_of(jira), {**body, **more}, status)


def hook(receiver):
    return f"{receiver.url}/hook"
