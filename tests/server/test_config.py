"""Settings: where they are taken from, and what is said of wrong ones."""

from pathlib import Path

import pytest

from tillstone.config import TABLE, Settings, SettingsInvalid, load, to_environment


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _faults(environ: dict[str, str], overrides: dict[str, object] | None = None) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        load(environ, overrides)
    return caught.value.faults


def test_without_anything_the_defaults_hold() -> None:
    assert load({}) == Settings()


def test_every_setting_has_help_that_ends_in_a_full_stop() -> None:
    assert len(TABLE) > 10
    assert [row.name for row in TABLE.values() if not row.help.endswith(".")] == []


def test_environment_name_is_made_of_section_and_name() -> None:
    assert TABLE["imonggo.empty_list"].environment == "TILLSTONE_IMONGGO_EMPTY_LIST"


def test_environment_beats_the_file_and_the_command_line_beats_both() -> None:
    Path("tillstone.toml").write_text("[server]\nport = 1001\nworkers = 3\nhost = '::1'\n")
    settings = load({"TILLSTONE_SERVER_PORT": "1002", "TILLSTONE_SERVER_WORKERS": "4"}, {"server.port": 1003})
    assert (settings.server.port, settings.server.workers, settings.server.host) == (1003, 4, "::1")


def test_option_that_was_not_given_changes_nothing() -> None:
    assert load({}, {"server.port": None}).server.port == Settings().server.port


def test_lists_are_parted_by_commas_in_the_environment() -> None:
    settings = load({"TILLSTONE_SERVER_TRUSTED_PROXIES": "10.0.0.0/8, ::1"})
    assert settings.server.trusted_proxies == ("10.0.0.0/8", "::1")


@pytest.mark.parametrize("word, value", [("on", True), ("true", True), ("1", True), ("off", False), ("No", False)])
def test_flags_are_read_from_words(word: str, value: bool) -> None:  # noqa: FBT001 - the expected value
    assert load({"TILLSTONE_SERVER_ACCESS_LOG": word}).server.access_log is value


def test_all_faults_are_told_at_once_with_their_source() -> None:
    Path("tillstone.toml").write_text("[server]\nport = '80'\ncolour = 'red'\n[imonggo]\nempty_list = 'none'\n")
    assert _faults(
        {"TILLSTONE_SERVER_WORKERS": "0", "TILLSTONE_DATABASE_URL": "mysql://x"}, {"limit.window_s": "x"}
    ) == [
        "tillstone.toml sets server.colour, which is no setting",
        "imonggo.empty_list in tillstone.toml: must be documented or typed",
        "database.url in the environment: must begin with sqlite:/// or postgresql://",
        "server.workers in the environment: must be a whole number from 1 to 64",
        "limit.window_s in the command line: must be a whole number from 1 to 86400",
    ]


def test_text_stands_for_a_number_in_a_file_too() -> None:
    Path("tillstone.toml").write_text("[server]\nport = '80'\n")
    assert load({}).server.port == 80


def test_file_that_cannot_be_read_is_a_fault() -> None:
    Path("tillstone.toml").write_text("[server\n")
    assert _faults({})[0].startswith("tillstone.toml cannot be read: ")


def test_named_file_must_exist() -> None:
    assert _faults({"TILLSTONE_CONFIG": "gone.toml"}) == ["gone.toml (TILLSTONE_CONFIG) does not exist"]


def test_certificate_needs_its_key() -> None:
    assert _faults({"TILLSTONE_SERVER_TLS_CERT": "c.pem"}) == [
        "server.tls_cert and server.tls_key belong together: give both or neither"
    ]


@pytest.mark.parametrize("value", ["example.com", "https://example.com/"])
def test_public_url_has_a_scheme_and_no_final_slash(value: str) -> None:
    assert len(_faults({"TILLSTONE_SERVER_PUBLIC_URL": value})) == 1


def test_nul_is_in_no_setting() -> None:
    Path("tillstone.toml").write_text('[database]\nurl = "sqlite:///shop\\u0000.db"\n')
    assert _faults({}) == ["database.url in tillstone.toml: must hold no NUL"]


@pytest.mark.parametrize("host", ["a" * 64, "shop..example", "\ud800"])
def test_host_is_a_name_that_hosts_can_have(host: str) -> None:
    assert _faults({"TILLSTONE_SERVER_HOST": host}) == [
        "server.host in the environment: must be an address, or a name that a host can have"
    ]


def test_networks_are_checked() -> None:
    assert _faults({"TILLSTONE_SERVER_METRICS_FROM": "10.0.0.0/8,here"}) == [
        "server.metrics_from in the environment: 'here' is neither an address nor a network"
    ]


def test_settings_reach_another_process_unchanged() -> None:
    settings = load({"TILLSTONE_SERVER_TRUSTED_PROXIES": "10.0.0.0/8,::1", "TILLSTONE_SERVER_ACCESS_LOG": "off"})
    assert load(to_environment(settings)) == settings
