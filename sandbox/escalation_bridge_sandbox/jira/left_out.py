"""What Jira's API has and the stand-in has not: answered with 501, so that nobody takes it for a 404 or a 405."""

import re

_ID = r"[^/]+"
_WHOLE = (
    "announcementBanner app application-properties applicationrole auditing avatar bulk changelog classification-levels cluster "
    "component config configuration customFieldOption customFields dashboard data-policy email-templates events expression "
    "fieldconfiguration fieldconfigurationscheme filter group groups groupuserpicker index indexing-queue instance issues "
    "issuesecurityschemes issuetypescheme issuetypescreenscheme jql label latest-comments license mypreferences "
    "notificationscheme password permissions permissionscheme plans priorityscheme priorityschemes project-template "
    "projectCategory projects projectvalidate redact reindex role screens screenscheme securitylevel settings task terminology "
    "uiModifications universal_avatar upgrade users version workflow workflowscheme worklog"
).replace(" ", "|")
_LEFT_OUT = tuple(
    re.compile(pattern)
    for pattern in (
        # Whole sections of the platform, and other products on it.
        rf"\w+ /rest/api/\w+/({_WHOLE})(/.*)?",
        r"\w+ /rest/(agile|auth|atlassian-connect|forge|greenhopper|insight|assets|internal|tempo-timesheets)/.*",
        # Of the issues.
        r"(POST|PUT) /rest/api/\w+/issue/(archive|bulk|unarchive|properties(/.*)?|limit/report|watching)",
        r"(GET|POST) /rest/api/\w+/issue/(picker|limit/report|watching)",
        rf"\w+ /rest/api/\w+/issue/{_ID}/(watchers|votes|worklog|notify|archive|restore|subtask|changelog/list)(/.*)?",
        rf"\w+ /rest/api/\w+/issue/{_ID}/comment/{_ID}/pin",
        r"\w+ /rest/api/\w+/comment/list",
        rf"\w+ /rest/api/\w+/attachment/(thumbnail/{_ID}|{_ID}/expand/.*)",
        # Of the projects and their set-up.
        r"POST /rest/api/\w+/(project|priority|resolution|issuetype|issueLinkType|field|status|statuses|user|workflows/.*)",
        rf"(PUT|DELETE) /rest/api/\w+/(project|priority|resolution|issuetype|issueLinkType|field|statuses|user)(/{_ID})?",
        r"GET /rest/api/\w+/project/(recent|type)(/.*)?",
        rf"\w+ /rest/api/\w+/project/{_ID}/(archive|avatars?2?|classification-level|components?|delete|email|features)(/.*)?",
        rf"\w+ /rest/api/\w+/project/{_ID}/(hierarchy|notificationscheme|permissionscheme|properties|restore)(/.*)?",
        rf"\w+ /rest/api/\w+/project/{_ID}/(issuesecuritylevelscheme|role|roledetails|securitylevel|versions?)(/.*)?",
        rf"\w+ /rest/api/\w+/(field|priority|resolution|issuetype)/{_ID}/.*",
        r"\w+ /rest/api/\w+/field/(search|association).*",
        r"\w+ /rest/api/\w+/(issuetype/project|priority/(default|move)|resolution/(default|move|search))",
        rf"GET /rest/api/\w+/(issuetype|resolution|statuscategory)/{_ID}",
        rf"\w+ /rest/api/\w+/statuses(/byNames|/{_ID}/.*)?",
        r"\w+ /rest/api/\w+/user/(bulk|columns|email|groups|permission(?!/search)|picker|properties|viewissue|avatars?|password)(/.*)?",
        r"\w+ /rest/api/\w+/user/(assignable/multiProjectSearch|search/query.*)",
        # Of Service Management.
        r"\w+ /rest/servicedeskapi/(assets|insight|knowledgebase|organization|requesttype)(/.*)?",
        rf"\w+ /rest/servicedeskapi/request/{_ID}/(approval|notification|subscription)(/.*)?",
        rf"\w+ /rest/servicedeskapi/servicedesk/{_ID}/(knowledgebase|organization|queue)(/.*)?",
    )
)


def is_left_out(method: str, path: str) -> bool:
    """Whether Jira would serve what the stand-in does not."""
    return any(pattern.fullmatch(f"{method} {path.rstrip('/')}") for pattern in _LEFT_OUT)
