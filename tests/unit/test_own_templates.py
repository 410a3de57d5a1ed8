"""Templates of admins: what they may do, and that no template reaches further, runs for long or becomes large."""

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_bridge.messages.catalogue import LANGUAGES, filters_of, texts, variables_of
from escalation_bridge.text.templates import (
    LARGEST_RESULT,
    LARGEST_SOURCE,
    TEXT,
    TemplateFailure,
    TemplateProblem,
    list_of,
    parse,
    record,
)

VARIABLES = {"a": TEXT, "b": TEXT, "quotes": list_of(record("author", "body")), "lines": list_of(TEXT)}
FACTS = {"a": "one,two", "b": "<b>", "quotes": [{"author": "Sari", "body": "It burns."}], "lines": ["x", "y"]}
LONGEST_SECONDS = 5
"""Far more than any takes (under one second), for a machine that is busy."""


def filled(source, facts=FACTS):
    return parse(source, VARIABLES).render(facts)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("<p>{{ a }}</p>", "<p>one,two</p>"),
        ("{{ b }}", "&lt;b&gt;"),
        ("{% if a %}yes{% elif b %}b{% else %}no{% endif %}", "yes"),
        ("{% for q in quotes %}{{ q.author }}: {{ q['body'] }}{% endfor %}", "Sari: It burns."),
        ("{% for x in lines %}{{ loop.index }}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}", "1x, 2y"),
        ('{% for x in a.split(",") if x != "two" %}{{ x | upper }}{% endfor %}', "ONE"),
        ("{{ '  x ' | trim }}{% for x in a.strip().split(',') %}{{ x }}{% endfor %}", "xonetwo"),
        ("{{ lines | join('-') }} {{ lines | length }} {{ lines | first }}", "x-y 2 x"),
        ("{{ quotes[0].author }}{{ 'x' if a == 'no' else 'y' }}", "Sariy"),
        ("{{ a if a in ('one,two', 'z') }}{% raw %}{{ a }}{% endraw %}{# not seen #}", "one,two{{ a }}"),
    ],
)  # fmt: skip
def test_what_a_template_may_do(source, result):
    assert filled(source) == result


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        # out of the sandbox
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "call is not allowed"),
        ("{{ a.__class__ }}", "unknown value `__class__`"),
        ("{{ a['__class__'] }}", "unknown value `__class__`"),
        ("{{ a | attr('__class__') }}", "unknown filter `attr`"),
        ("{{ '{0.__class__}'.format(a) }}", "call is not allowed"),
        ("{{ '%s' | format(a) }}", "unknown filter `format`"),
        ("{{ lines | map(attribute='__class__') }}", "unknown filter `map`"),
        ("{{ self }}", "unknown variable `self`"),
        ("{{ cycler.__init__.__globals__ }}", "unknown variable `cycler`"),
        ("{{ _meter }}", "unknown variable `_meter`"),
        ("{{ a | _counted(1) }}", "unknown filter `_counted`"),
        ("{% include '/etc/passwd' %}", "`include` is not allowed"),
        ("{% import 'os' as os %}", "`import` is not allowed"),
        # out of its escaping
        ("{{ a | safe }}", "unknown filter `safe`"),
        ("{% autoescape false %}{{ b }}{% endautoescape %}", "`autoescape` is not allowed"),
        # long
        ("{% for i in range(10**9) %}x{% endfor %}", "call is not allowed"),
        ("{% for q in quotes %}{% for r in quotes %}{% for s in quotes %}{% endfor %}{% endfor %}{% endfor %}",
         "more than 2 deep"),
        ("{% for q in quotes recursive %}{{ loop(quotes) }}{% endfor %}", "`recursive` is not allowed"),
        ("{% macro m() %}{{ m() }}{% endmacro %}", "`macro` is not allowed"),
        ("{% for c in a %}{{ c }}{% endfor %}", "no list"),
        ("{{ 9**9**9**9 }}", "`**` is not allowed"),
        # large
        ("{{ 'a' * 10**9 }}", "`*` is not allowed"),
        ("{{ a ~ a }}", "not allowed"),
        ("{{ a + a }}", "`+` is not allowed"),
        ("{{ a | center(1000000000) }}", "unknown filter `center`"),
        ("{{ a | replace('', a) }}", "unknown filter `replace`"),
        ("{{ lines | join(a) }}", "only a fixed text"),
        ("{{ a.split(b) }}", "only a fixed text"),
        ("{{ a.ljust(1000000000) }}", "call is not allowed"),
        ("{% set x = a %}", "`set` is not allowed"),
        ("x" * 10_000_000, f"too long; allowed: {LARGEST_SOURCE}"),
        ("{% if a %}" * 700 + "{% endif %}" * 700, "nested too deeply"),
        ("{{ " + "not " * 3000 + "a }}", "nested too deeply"),
        ("{{ " + "(" * 6000 + "a" + ")" * 6000 + " }}", "nested too deeply"),
        ("{{ a" + ".b" * 5000 + " }}", "nested too deeply"),
        # mistakes
        ("{{ quotse }}", "unknown variable `quotse`; did you mean `quotes`?"),
        ("{% for q in quotes %}{{ q.autor }}{% endfor %}", "unknown value `autor`; did you mean `author`?"),
        ("{{ a | uper }}", "unknown filter `uper`; did you mean `upper`?"),
        ("{{ quotes }}", "write a loop over it"),
        ("{{ quotes[0] }}", "write one of `author`, `body`"),
        ("{{ a | default(quotes) }}", "write a loop over it"),
        ("{{ a }", "unexpected '}'"),
        ("{% if a %}", "end of template"),
        ("{% trans %}a{% endtrans %}", "unknown tag 'trans'"),
    ],
)  # fmt: skip
def test_what_it_may_not_do_is_refused_when_it_is_read(source, problem):
    began = time.monotonic()
    with pytest.raises(TemplateProblem) as refused:
        parse(source, VARIABLES)
    assert problem in str(refused.value)
    assert refused.value.line == 1
    assert time.monotonic() - began < LONGEST_SECONDS


def test_a_problem_names_its_line():
    with pytest.raises(TemplateProblem) as refused:
        parse("<p>\n{% if a %}\n{{ c }}\n{% endif %}", VARIABLES)
    assert refused.value.line == 3


LOOP = "{% for q in quotes %}{% for r in quotes %}{{ r.author }}{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    ("source", "author"),
    [
        (LOOP * (LARGEST_SOURCE // len(LOOP)), ""),
        (LOOP, "a" * 64_000),
        (LOOP.replace("r.author", "q.author | upper == r.author"), "a" * 64_000),
        ("{% for q in quotes %}{% for x in q.author.split('a') %}{% endfor %}{% endfor %}", "a" * 64_000),
    ],
)
def test_no_template_runs_for_long_whatever_it_is_given(source, author):
    template = parse(source, VARIABLES)
    began = time.monotonic()
    with pytest.raises(TemplateFailure) as failed:
        template.render({"quotes": [{"author": author, "body": ""}] * 10_000})
    assert failed.value.code == "text_too_large"
    assert time.monotonic() - began < LONGEST_SECONDS


@pytest.mark.parametrize(
    ("source", "facts", "code"),
    [
        ("{{ b }}", {}, "fact_missing"),
        ("{% for q in quotes %}{{ q.author }}{% endfor %}", {"quotes": [{}]}, "fact_missing"),
        ("{% for q in quotes %}{% endfor %}", {"quotes": "text"}, "text_failed"),
        ("{{ 1 if a < 3 }}", FACTS, "text_failed"),
        ("{{ a.split('') }}".replace("{{ a.split('') }}", "{% for x in a.split('') %}{% endfor %}"), FACTS, "text_failed"),
    ],
)  # fmt: skip
def test_what_cannot_be_filled_in_fails_in_one_way(source, facts, code):
    with pytest.raises(TemplateFailure) as failed:
        filled(source, facts)
    assert failed.value.code == code


def test_a_template_sees_only_its_variables():
    with pytest.raises(TemplateFailure):
        parse("{{ a }}", VARIABLES).render({"secret": "x"})
    with pytest.raises(TemplateProblem):
        parse("{{ secret }}", VARIABLES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", sorted(texts("en")["message"]))
def test_every_text_of_the_catalogue_is_a_template_that_an_admin_may_copy(message, language):
    parse(texts(language)["message"][message], variables_of(message), filters_of(language))


PIECES = st.sampled_from(
    [
        "{{ ", " }}", "{% ", " %}", "{#", "#}", "for x in ", "for q in ", "endfor", "if ", "endif", "else", "set x = ", "a", "b",
        "x", "q", "quotes", "lines", ".author", ".__class__", "[0]", "['a']", "(", ")", " | ", "upper", "join('')", "default(",
        "safe", "attr('x')", "~", "+", "*", "**", "10", "'a'", '"', " and ", " not ", " in ", "==", "range(9)", "\n", "loop.index",
        ".split(',')", ".format(a)", "self", "recursive ", "raw", "endraw", "<p>", "macro m()", "include ", "-",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_a_template_never_does_anything_but_be_refused_fail_or_stay_small(source):
    try:
        template = parse(source, VARIABLES)
    except TemplateProblem:
        return
    try:
        result = template.render(FACTS)
    except TemplateFailure:
        return
    assert len(result) <= LARGEST_RESULT
    assert "object at 0x" not in result


@given(
    st.sampled_from(["{{ a }}", "{{ a | upper }}", "{{ a | default('x') }}", "{% for q in quotes %}{{ q.body }}{% endfor %}"]),
    st.text(),
)  # fmt: skip
def test_what_a_ticket_says_is_always_escaped(source, text):
    result = filled(source, {"a": text, "quotes": [{"body": text}]})
    assert not set(result) & set("<>\"'")
    assert html.unescape(result) == (text.upper() if "upper" in source else text)
