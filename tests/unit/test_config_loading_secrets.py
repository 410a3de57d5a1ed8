"""Whatever stands in the file and wherever it is wrong: one kind of error, and no secret in it."""

import json
import traceback
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, HttpUrl, SecretStr, field_validator, model_validator

from escalation_bridge.configfile import Document, InvalidConfiguration, Review, load_document, validate
from escalation_bridge.errors import ConfigurationError
from escalation_bridge.plugin.settings import ConnectionSettings, Secret, Settings, Timeouts


class SignIn(Settings):
    kind: Literal["token"]
    token: Secret


class Basic(Settings):
    kind: Literal["basic"]
    user: str
    password: Secret

    @field_validator("user")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if "@" not in value:
            message = f"{value!r} is no e-mail address"
            raise ValueError(message)
        return value


class Account(ConnectionSettings):
    url: HttpUrl
    port: Annotated[int, Field(gt=0, lt=65536)] = 443
    language: Literal["en", "id"] = "en"
    sign_in: Annotated[SignIn | Basic, Field(discriminator="kind")]
    webhook_secrets: tuple[Secret, ...] = ()
    other: SignIn | int | Literal["none"] | None = None
    plain: SecretStr | None = None
    statuses: dict[str, Literal["open", "solved"]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _tells_too_much(cls, data: Any) -> Any:
        if isinstance(data, dict) and "forbidden" in data:
            message = f"this cannot be used together: {data}"
            raise ValueError(message)
        return data


class Bridge(Settings):
    accounts: dict[str, Account] = Field(default_factory=dict)
    timeouts: Timeouts = Timeouts()
    names: list[str] = Field(default_factory=list)


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    folder = tmp_path_factory.mktemp("configuration")

    def write_text(text: str, name: str = "bridge.yaml") -> str:
        (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        return str(folder / name)

    return write_text


def look_at_all(document: Document) -> None:
    review = Review(document)
    review.read(Bridge)
    for name in document.keys(("accounts",)):
        review.read(Account, at=("accounts", name))
        review.report_unknown(("accounts", name, "url"), "address", ["x"])
        review.report(("accounts", name), f"wrong: {document.value(('accounts', name))}")
    review.report((), f"wrong: {document.value(())}")
    review.finish()


def everything_told(error: InvalidConfiguration) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + repr(error.findings)


FRAGMENTS = [
    *"a b c : - ? : [ ] { } , ' \" > | |2- &x *x !!str !t --- ... # << \\ \\x \\U F @ ` ${A} $${ ~ 1 0x .nan".split(),
    *(
        "b: ",
        "- ",
        "? ",
        "<<: ",
        "# ",
        "%YAML 1.1\n",
        "accounts: ",
        "url: x",
        "file:",
        "file:x",
        "é",
        "😀",
        "1e999",
    ),
    *(
        "\n",
        "\n  ",
        "\n    ",
        "\t",
        " ",
        "\r",
        "\x85",
        "\u2028",
        "\ufeff",
        "\x07",
        "\x00",
        "\ud800",
        "\\ud800",
    ),
]

broken_yaml = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join) | st.text(max_size=80)


@given(broken_yaml)
@settings(deadline=None, max_examples=150)
def test_no_text_raises_anything_but_a_configuration_error(write, text):
    try:
        look_at_all(load_document(write(text), {"A": "value"}))
    except ConfigurationError as error:
        for finding in error.findings:  # type: ignore[attr-defined]
            assert finding.message
            assert "\n" not in str(finding)


SECRET = "S3cr3t/value+of=this~test"
KEYS = sorted(
    {*Account.model_fields, *SignIn.model_fields, *Basic.model_fields, "accounts", "forbidden", "else"}
)

secret_texts = st.sampled_from(["${SECRET}", "file:secret.txt", "Bearer ${SECRET}", "file:${FOLDER}/nowhere"])
harmless = st.sampled_from(
    [None, True, 0, 1.5, "token", "basic", "en", "a@b.example", "https://x.example", "${NOPE}"]
)
values = st.recursive(
    secret_texts | harmless,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)
accounts = st.fixed_dictionaries(
    {},
    optional={
        "plugin": values,
        "url": values,
        "port": values,
        "language": values,
        "sign_in": values
        | st.fixed_dictionaries({"kind": st.sampled_from(["token", "basic", "${SECRET}"])}, optional={
            "token": values, "user": values, "password": values, "passwrod": values
        }),
        "webhook_secrets": values,
        "other": values,
        "plain": values,
        "statuses": values,
        "timeouts": values,
        "forbidden": values,
    },
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["one", "two"]), accounts | values, max_size=2), values)
@settings(deadline=None, max_examples=150)
def test_no_error_holds_what_came_by_reference(write, configured, names):
    write(SECRET + "\n", "secret.txt")
    file = write(json.dumps({"accounts": configured, "names": names, "unknown": 1}))
    environ = {"SECRET": SECRET, "FOLDER": f"/{SECRET}"}
    with pytest.raises(InvalidConfiguration) as caught:
        look_at_all(load_document(file, environ))
    assert SECRET not in everything_told(caught.value)


@pytest.mark.parametrize(
    "where",
    [
        "sign_in: {kind: token, token: hunter22}",
        "sign_in: {kind: token, token: [hunter22]}",
        "sign_in: {kind: token, token: {a: hunter22}}",
        "sign_in: hunter22",
        "webhook_secrets: hunter22",
        "webhook_secrets: [hunter22]",
        "webhook_secrets: {a: hunter22}",
        "webhook_secret: hunter22",
        "other: hunter22",
        "other: {kind: token, token: hunter22}",
        "forbidden: 1\n  sign_in: {kind: token, token: hunter22}",
    ],
)
def test_a_secret_that_stands_in_the_file_is_not_repeated(write, where):
    with pytest.raises(InvalidConfiguration) as caught:
        validate(load_document(write(f"a:\n  plugin: x\n  {where}\n"), {}), Account, at=("a",))
    assert "hunter22" not in everything_told(caught.value)


def test_a_secret_in_the_file_is_refused_with_the_ways_to_give_it(write):
    file = write("kind: token\ntoken: hunter22\n")
    with pytest.raises(InvalidConfiguration) as caught:
        validate(load_document(file, {}), SignIn)
    assert str(caught.value) == (
        f"{file}:2:8: token: found a value that is not shown; allowed: `${{NAME}}` for an environment variable or "
        "`file:/path/to/the/secret`, because a secret must not stand in the configuration file"
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("Sari", "found the value of `${USER}`; '**********' is no e-mail address"),
        ("xy", "found the value of `${USER}`; '**********' is no e-mail address"),
        ("two words\nand lines", "found the value of `${USER}`; '**********' is no e-mail address"),
    ],
)
def test_the_words_of_a_validator_are_kept_without_the_value(write, value, told):
    document = load_document(write("kind: basic\nuser: ${USER}\npassword: ${USER}"), {"USER": value})
    with pytest.raises(InvalidConfiguration) as caught:
        validate(document, Basic)
    assert caught.value.findings[0].message == told


def test_the_words_of_a_validator_stay_on_one_line(write):
    class Talkative(Settings):
        user: str

        @field_validator("user")
        @classmethod
        def _refuse(cls, value: str) -> str:
            message = f"no\n\x1b[31m{value}"
            raise ValueError(message)

    with pytest.raises(InvalidConfiguration) as caught:
        validate(load_document(write("user: Sari"), {}), Talkative)
    assert caught.value.findings[0].message == "found 'Sari'; no [31mSari"


def test_a_document_can_be_logged(write):
    document = load_document(write("user: ${A}"), {"A": SECRET})
    assert document.value(("user",)) == SECRET
    assert SECRET not in repr(document)


def test_errors_carry_no_pydantic_error_with_the_values_in_it(write):
    with pytest.raises(InvalidConfiguration) as caught:
        validate(load_document(write("kind: basic\nuser: ${A}\n"), {"A": SECRET}), Basic)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
