"""The environment: defaults, checks, and what people are told."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from rasoi.settings import SettingsError, listing, load


def test_defaults_need_no_environment() -> None:
    settings = load({})
    assert (settings.host, settings.port, settings.events) == ("127.0.0.1", 8000, "local")
    assert settings.url == "http://127.0.0.1:8000"
    assert settings.simulated


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"), ("PORT", "-1"), ("PORT", "65536"), ("PORT", "1.5"), ("PORT", "٣"),
        ("POOL_SIZE", "0"), ("POOL_SIZE", "1e3"),
        ("HOST", "http://here"), ("HOST", "a b"),
        ("PUBLIC_URL", "example.in"), ("PUBLIC_URL", "ftp://example.in"), ("PUBLIC_URL", "https://example.in/shop"),
        ("PUBLIC_URL", "http://[::1"),
        ("DATABASE_URL", "mysql://localhost/x"), ("DATABASE_URL", "postgresql://host:port/x"),
        ("REDIS_URL", "localhost:6379"),
        ("EVENTS", "carrier-pigeon"), ("LOG_FORMAT", "xml"), ("LOG_LEVEL", "loud"),
        ("SECRET_KEY", "short"), ("TLS_CERT", "/no/such/file"), ("OUTBOX_MONTHS", "0"),
    ],
)  # fmt: skip
def test_a_malformed_value_is_one_clear_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be ") as wrong:
        load({name: value})
    assert "\n" not in str(wrong.value)


def test_an_unknown_rasoi_variable_is_refused_and_others_are_not_ours() -> None:
    with pytest.raises(SettingsError, match="unknown setting RASOI_DTA"):
        load({"RASOI_DTA": "/data"})
    load({"RASOI_DATA": "/data", "PATH": "/bin", "EDITOR": "ed"})


def test_a_bad_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as wrong:
        load({"SECRET_KEY": "hunter2"})
    assert "hunter2" not in str(wrong.value)


@pytest.mark.parametrize(
    "environ",
    [
        {"RAZORPAY_KEY_SECRET": "secret"},
        {"TLS_CERT": __file__},
        {"TLS_KEY": __file__},
    ],
)
def test_settings_that_go_together(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="go together"):
        load(environ)


def test_urls() -> None:
    assert load({"HOST": "0.0.0.0", "PORT": "80"}).url == "http://127.0.0.1:80"
    assert load({"HOST": "::1", "TLS_CERT": __file__, "TLS_KEY": __file__}).url == "https://[::1]:8000"
    assert load({"PUBLIC_URL": "https://order.example.in/"}).url == "https://order.example.in"


def test_lists_and_empty_values() -> None:
    settings = load({"RAZORPAY_WEBHOOK_SECRETS": " new , old,", "PORT": ""})
    assert settings.razorpay_webhook_secrets == ("new", "old")
    assert settings.port == 8000


def test_the_signing_key_is_made_once_and_private(tmp_path: Path) -> None:
    environ = {"RASOI_DATA": str(tmp_path / "new")}
    key = load(environ).secret_key
    assert len(key) >= 32
    assert load(environ).secret_key == key
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret.key"]
    assert load({**environ, "SECRET_KEY": "x" * 40}).secret_key == "x" * 40


def test_the_listing_masks_secrets_and_explains_everything() -> None:
    rows = {row["name"]: row for row in listing(load({"SECRET_KEY": "s" * 40, "PORT": "81"}))}
    assert rows["PORT"]["value"] == "81"
    assert rows["PORT"]["default"] == "8000"
    assert "s" * 40 not in str(rows)
    assert rows["DATABASE_URL"]["value"] == "embedded"
    assert all(row["meaning"] for row in rows.values())
    assert {"HOST", "RASOI_DATA", "REDIS_URL", "RAZORPAY_WEBHOOK_SECRETS", "TLS_KEY"} <= rows.keys()


@pytest.mark.parametrize(
    ("environ", "host"),
    [
        ({}, "127.0.0.1"),
        ({"HOST": "0.0.0.0"}, "127.0.0.1"),
        ({"HOST": "0.0.0.0", "DEMO": "1"}, "0.0.0.0"),
        ({"HOST": "::1"}, "::1"),
    ],
)
def test_where_the_simulator_listens(environ: dict[str, str], host: str) -> None:
    assert load(environ).simulator_host == host


@pytest.mark.parametrize(
    ("given", "address", "believed"),
    [
        ("", "127.0.0.1", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("10.0.0.0/8, ::1", "10.2.3.4", True),
        ("10.0.0.0/8, ::1", "::1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.0/8", "testclient", False),
    ],
)
def test_who_is_believed_about_the_caller(given: str, address: str, believed: bool) -> None:
    assert load({"FORWARDED_ALLOW_IPS": given}).is_proxy(address) is believed


@pytest.mark.parametrize("given", ["*", "proxy", "10.0.0.1/8", "127.0.0.1;::1"])
def test_proxies_are_addresses(given: str) -> None:
    with pytest.raises(SettingsError, match="FORWARDED_ALLOW_IPS"):
        load({"FORWARDED_ALLOW_IPS": given})
