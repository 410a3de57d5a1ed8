"""`/api/v2/automations/{type}/rules`: the rules that an admin makes by hand, for programs with an admin's key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from escalation_bridge_sandbox.freshdesk.gate import API, require_admin
from escalation_bridge_sandbox.freshdesk.input.intake import query_params, read_json
from escalation_bridge_sandbox.freshdesk.input.paging import PAGE_PARAMS, paged_response, read_page
from escalation_bridge_sandbox.freshdesk.input.problems import not_found, not_in_sandbox
from escalation_bridge_sandbox.freshdesk.rules.rule_api import KINDS, judge_rule, show_rule
from escalation_bridge_sandbox.freshdesk.tickets import shapes
from escalation_bridge_sandbox.freshdesk.views.account import MADE_AT

if TYPE_CHECKING:
    from escalation_bridge_sandbox.freshdesk.account import FreshdeskAccount
    from escalation_bridge_sandbox.freshdesk.rules.rules import Rule

HOURLY = 3


def rules_blueprint(vendor: FreshdeskAccount) -> flask.Blueprint:
    views = flask.Blueprint("freshdesk_rules", __name__, url_prefix=f"{API}/automations/<int:kind>/rules")

    def of_kind(kind: int) -> list[Rule]:
        # Not verified: that this needs an administrator, as the pages do.
        require_admin()
        if kind == HOURLY:
            raise not_in_sandbox()
        if kind not in KINDS:
            raise not_found()
        return [rule for rule in vendor.automation.rules.values() if rule.on is KINDS[kind]]

    def shown(rule: Rule, kind: int) -> shapes.Json:
        return show_rule(rule, of_kind(kind).index(rule) + 1, MADE_AT)

    def found(kind: int, rule_id: int) -> Rule:
        rule = next((rule for rule in of_kind(kind) if rule.id == rule_id), None)
        if rule is None:
            raise not_found()
        return rule

    @views.get("")
    def list_rules(kind: int) -> flask.Response:
        rules = of_kind(kind)
        page = read_page(query_params(PAGE_PARAMS))
        return paged_response(rules, page, lambda rule: shown(rule, kind), vendor.base_url)

    @views.post("")
    def create(kind: int) -> tuple[shapes.Json, int]:
        of_kind(kind)
        rule = judge_rule(read_json(), kind, vendor.automation.next_id(), vendor.helpdesk.desk.form)
        vendor.automation.rules[rule.id] = rule
        return shown(rule, kind), 201

    @views.get("/<int:rule_id>")
    def view(kind: int, rule_id: int) -> shapes.Json:
        return shown(found(kind, rule_id), kind)

    @views.put("/<int:rule_id>")
    def update(kind: int, rule_id: int) -> shapes.Json:
        body = {**found(kind, rule_id).source, **read_json()}
        rule = judge_rule(body, kind, rule_id, vendor.helpdesk.desk.form)
        vendor.automation.rules[rule_id] = rule
        return shown(rule, kind)

    @views.delete("/<int:rule_id>")
    def delete(kind: int, rule_id: int) -> tuple[str, int]:
        del vendor.automation.rules[found(kind, rule_id).id]
        return "", 204

    return views
