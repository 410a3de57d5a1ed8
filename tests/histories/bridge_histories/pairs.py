"""The pairs of accounts that histories take place between."""

from bridge_histories.freshdesk_to_jira import FreshdeskToEngineering
from bridge_histories.pair import Pair
from bridge_histories.zendesk_to_freshdesk import ZendeskToFreshdesk
from bridge_histories.zendesk_to_jira import ZendeskToServiceDesk

PAIRS: tuple[type[Pair], ...] = (ZendeskToServiceDesk, FreshdeskToEngineering, ZendeskToFreshdesk)
