"""Answers to Freshdesk's surveys, as documented: from 103 (extremely happy) over 100 (neutral) to -103."""

import pytest

from escalation_bridge.plugin import Verdict
from escalation_bridge_freshdesk.http.shapes import SatisfactionShape
from escalation_bridge_freshdesk.tickets.satisfaction import satisfaction


def rating(number, at="2015-08-28T09:08:16Z", **more):
    return SatisfactionShape.model_validate(
        {"id": number, "feedback": "Thank you", "created_at": at, "survey_id": 1, **more}
    )


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        *((each, Verdict.GOOD) for each in (101, 102, 103)),
        (100, Verdict.NEUTRAL),
        *((each, Verdict.BAD) for each in (-101, -102, -103)),
    ],
)
def test_each_answer_of_the_scale(score, verdict):
    (found,) = satisfaction([rating(1, ratings={"default_question": score, "question_2": -102})])
    assert (found.verdict, found.score, found.comment) == (verdict, str(score), "Thank you")


def test_the_oldest_comes_first_and_what_answers_another_question_is_left_out():
    later = rating(1, "2015-08-29T09:08:16Z", ratings={"default_question": 103})
    other = rating(3, ratings={"question_2": 103})
    dateless = rating(4, None, ratings={"default_question": 100}, feedback=None)
    earlier = rating(2, ratings={"default_question": -101})
    found = satisfaction([later, other, earlier, dateless])
    assert [each.score for each in found] == ["100", "-101", "103"]
    assert found[0].comment == ""
    assert satisfaction([rating(5, ratings=None)]) == ()
