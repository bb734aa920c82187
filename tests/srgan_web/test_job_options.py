"""Options of a job, and names of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srgan.errors import UsageError
from srgan_web.job_options import SCHEMA, JobOptions, parse_options, safe_name


def test_options_are_read_and_kept_as_json() -> None:
    fields = {"scale": "2.5", "fidelity": "0.3", "format": ".JPG", "quality": "80", "keep_metadata": "false"}
    options = parse_options({**fields, "crop": "1, 2,30,40", "width": ""}, ["srgan"])
    assert options == JobOptions(
        scale=2.5, fidelity=0.3, format="jpeg", quality=80, keep_metadata=False, crop=(1, 2, 30, 40)
    )
    assert JobOptions.from_json(options.to_json()) == options
    assert parse_options({}, []) == JobOptions()


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"scale": "0"}, "scale"),
        ({"scale": "nan"}, "scale"),
        ({"scale": "65"}, "scale"),
        ({"scale": "2", "width": "100"}, "scale"),
        ({"width": "-3"}, "width"),
        ({"width": "9" * 5000}, "width"),
        ({"fidelity": "1.1"}, "fidelity"),
        ({"fidelity": "0.5", "model": "srgan"}, "fidelity"),
        ({"format": "gif"}, "format"),
        ({"quality": "0"}, "quality"),
        ({"keep_metadata": "maybe"}, "keep_metadata"),
        ({"crop": "1,2,3"}, "crop"),
        ({"crop": "0,0,0,5"}, "crop"),
        ({"model": "../srgan.onnx"}, "model"),
        ({"model": "/etc/passwd"}, "model"),
        ({"output": "/tmp/x"}, "options"),
    ],
)
def test_invalid_options_name_their_parameter(fields: dict[str, str], parameter: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_options(fields, ["srgan"])
    assert caught.value.parameter == parameter


def test_a_refusal_says_what_an_option_must_be() -> None:
    for name, wanted in {"scale": "at most 64", "format": "png", "crop": "left,top", "keep_metadata": "true"}.items():
        with pytest.raises(UsageError, match=rf"{name} must be .*{wanted}.*'\?'"):
            parse_options({name: "?"}, [])


def test_every_option_is_described() -> None:
    assert set(SCHEMA) == set(JobOptions.__dataclass_fields__)


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\My dog.JPG", "My dog.JPG"),
        ("..", "photo"),
        (".htaccess", "htaccess"),
        ("con.png", "_con.png"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie x.png"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        (None, "photo"),
        ("", "photo"),
    ],
)
def test_names_are_made_safe(given_name: str | None, name: str) -> None:
    assert safe_name(given_name) == name


@given(st.text(max_size=400))
def test_any_name_can_be_saved_and_stays_the_same(text: str) -> None:
    name = safe_name(text)
    assert safe_name(name) == name
    assert name
    assert len(name.encode()) < 180
    assert name.isprintable()
    assert not set(name) & set('/\\<>:"|?*')
    assert not name.startswith(".")
