"""The commands that look after accounts, keys and what a shop's records refer to."""

import re
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.clocks import StandingClock
from tests.outside.serving import ROOT, service_over
from tillstone.cli.commands import COMMANDS, GROUPS
from tillstone.cli.pages import DIALECTS
from tillstone.dialects.base import Dialect
from tillstone.domain.accounts import account_named, system
from tillstone.domain.commands import Create, Found, Get, Key, NewestStamp, Outcome
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import Row, Shape, Value
from tillstone.server.app import FRONTS

URL = "sqlite:///tillstone.db"


def table(text: str) -> list[list[str]]:
    """The lines of a printed table, without its head."""
    return [line.split("\t") for line in text.splitlines()[1:]]


def make(resource: str, **values: Value) -> int:
    """A record in the account `shop`, made beside the command line."""
    profile = Profile("test", resource, {name: Rule(name) for name in values})
    with service_over(URL) as service:
        outcome = service.run(Create(resource, values, profile), system(account_named(service, "shop").id))
    assert isinstance(outcome, Outcome)
    return outcome.id


def read(resource: str, record: int, *attributes: str) -> Row:
    with service_over(URL) as service:
        found = service.run(
            Get(Shape(resource, attributes), Key("id", record)), system(account_named(service, "shop").id)
        )
    assert isinstance(found, Found)
    return found.rows[0]


def newest(resource: str) -> object:
    with service_over(URL) as service:
        return service.run(NewestStamp(resource), system(account_named(service, "shop").id))


def test_every_promised_command_is_there() -> None:
    assert set(COMMANDS) == {"serve", "demo", "migrate", "check", "docs"}
    assert set(GROUPS) == {"account", "key", "group", "branch", "tax-rate", "price", "website"} | {
        "oauth",
        "admin",
        "role",
    }


def test_first_command_makes_the_database(typed: Type) -> None:
    assert typed("account", "list").stdout == "id\tname\n"
    assert Path("tillstone.db").exists()


def test_account_is_opened_and_listed(typed: Type) -> None:
    made = typed("account", "create", "test_account")
    assert made.stdout == "Account test_account is open. Next: tillstone key create test_account\n"
    assert table(typed("account", "list").stdout) == [["1", "test_account"]]


def test_error_is_a_sentence_and_the_next_command(shop: Type) -> None:
    again = shop("account", "create", "shop")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == "There is an account shop already.\nNext: tillstone account list\n"


@pytest.mark.parametrize("command", ["key list {}", "group list {}", "branch create {} Main", "website list {}"])
def test_unknown_account_is_told(shop: Type, command: str) -> None:
    answer = shop(*command.format("nobody").split())
    assert (answer.exit_code, answer.stderr) == (1, "There is no account nobody.\nNext: tillstone account list\n")


def test_trace_is_shown_on_demand_only(shop: Type) -> None:
    assert "Traceback" not in shop("account", "create", "shop").stderr
    assert "Traceback" in shop("--debug", "account", "create", "shop").stderr


@pytest.mark.parametrize(
    "words", [("account", "create", "caf\udce9"), ("group", "create", "shop", "A", "--title", "\udcff")]
)
def test_word_that_is_no_text_is_told(shop: Type, words: tuple[str, ...]) -> None:
    answer = shop(*words)
    assert (answer.exit_code, answer.stderr) == (1, f"{words[-1]!a} is not text in utf-8.\n")


def test_name_that_is_empty_is_shown_so(typed: Type) -> None:
    assert typed("account", "create", "").stderr.splitlines()[0] == '"" cannot be the account.'


@pytest.mark.parametrize(
    "url, why",
    [
        ("sqlite:///", "unable to open database file"),
        ("sqlite:///nowhere/shop.db", "No such file or directory: nowhere/shop.db-writer"),
        ("postgresql://u:open@127.0.0.1:1/shop", "nothing listens there"),
        ("postgresql://u:open@sesame@127.0.0.1:1/shop", "there is no such host"),
        ("postgresql://u:open@[::1/shop", "its URL is not understood"),
        ("postgresql://u:open@127.0.0.1/shop?sesame=1", "its URL is not understood"),
    ],
)
def test_database_that_cannot_be_reached_is_told_with_the_reason_and_without_its_password(
    typed: Type, monkeypatch: pytest.MonkeyPatch, url: str, why: str
) -> None:
    monkeypatch.setenv("TILLSTONE_DATABASE_URL", url)
    answer = typed("account", "list")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == f"The database cannot be used now: {why}.\nNext: tillstone check\n"


def test_wrong_settings_are_all_told(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILLSTONE_DATABASE_URL", "mysql://x")
    monkeypatch.setenv("TILLSTONE_SERVER_PORT", "none")
    answer = typed("account", "list")
    assert answer.exit_code == 1
    assert "database.url in the environment" in answer.stderr
    assert "server.port in the environment" in answer.stderr


def test_token_is_made_and_shown_once(shop: Type) -> None:
    token = shop("key", "create", "shop", "--label", "till").stdout.split()[-1]
    assert re.fullmatch("[0-9a-f]{40}", token)
    listed = shop("key", "list", "shop").stdout
    assert table(listed) == [["1", "till", "read and write", "all", "all", "", "", "in force"]]
    assert token not in listed
    files = list(Path().glob("tillstone.db*"))
    assert files
    assert [file for file in files if token.encode() in file.read_bytes()] == []


def test_key_is_limited_as_asked(shop: Type) -> None:
    limits = ("--read-only", "--mask-passwords", "--allow", "customer,product", "--deny", "product")
    made = shop("key", "create", "shop", *limits, "--dialects", "imonggo", "--expires", "2101-02-03")
    assert made.exit_code == 0
    assert table(shop("key", "list", "shop").stdout)[0][2:] == [
        *("read, no hashes", "imonggo", "customer,product", "product", "", "expires 2101-02-03")
    ]


def test_key_with_a_login_asks_for_its_password(shop: Type) -> None:
    made = shop("key", "create", "shop", "--login", "a@b.example", keyboard="open sesame\nopen sesame\n")
    assert made.exit_code == 0
    assert "sesame" not in made.stdout + made.stderr
    assert table(shop("key", "list", "shop").stdout)[0][6] == "a@b.example"


@pytest.mark.parametrize(
    "words, sentence",
    [
        ("--token xyz", "A token has 40 hexadecimal digits, 0-9 and a-f."),
        ("--allow tea,customer", "There is no resource tea."),
        ("--dialects latin", f"There is no dialect latin: choose from {', '.join(FRONTS)}."),
        ("--allow=", "--allow names nothing."),
        ("--deny=,", "--deny names nothing."),
        ("--dialects=", "--dialects names nothing."),
        ("--expires=", "Nothing is not a date: write it as 2031-12-31."),
        ("--expires tomorrow", "tomorrow is not a date: write it as 2031-12-31."),
    ],
)
def test_key_that_cannot_be_is_refused_with_a_sentence(shop: Type, words: str, sentence: str) -> None:
    answer = shop("key", "create", "shop", *words.split())
    assert (answer.exit_code, answer.stderr.splitlines()[0]) == (1, sentence)


def test_sealing_on_a_shared_database_needs_a_named_key(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILLSTONE_DATABASE_URL", "postgresql://nowhere.invalid/shop")
    answer = typed("key", "create", "shop", "--login", "a@b.example", "--password", "p")
    assert (answer.exit_code, answer.stderr.splitlines()[0]) == (
        1,
        "With PostgreSQL a key with a login needs server.key_file.",
    )


def test_token_is_used_once(shop: Type) -> None:
    assert shop("key", "create", "shop", "--token", "a" * 40).exit_code == 0
    assert shop("key", "create", "shop", "--token", "a" * 40).stderr.startswith("That token is in use already.\n")


def test_key_is_revoked(shop: Type) -> None:
    shop("key", "create", "shop")
    assert shop("key", "revoke", "shop", "1").stdout == "Key 1 of shop is revoked.\n"
    assert table(shop("key", "list", "shop").stdout)[0][-1] == "revoked"
    assert shop("key", "revoke", "shop", "7").stderr == "shop has no key 7.\nNext: tillstone key list shop\n"


def test_group_lives_and_ends(shop: Type) -> None:
    assert shop("group", "create", "shop", "Gold", "--discount-rate", "0.05").exit_code == 0
    assert shop("group", "change", "shop", "gold", "--title", "Golden ones").stdout == "Group gold is changed.\n"
    assert shop("group", "change", "shop", "gold", "--title", "Golden ones").stdout == "Group gold is unchanged.\n"
    assert [line[1:] for line in table(shop("group", "list", "shop").stdout)] == [["Gold", "Golden ones", "0.05"]]
    assert shop("group", "delete", "shop", "Gold").exit_code == 0
    assert table(shop("group", "list", "shop").stdout) == []


def test_members_come_and_go(shop: Type) -> None:
    customer = make("customer", name="Ana Lim")
    shop("group", "create", "shop", "Gold")
    assert shop("group", "add", "shop", "Gold", str(customer)).stdout == f"Customer {customer} is in group Gold.\n"
    assert read("customer", customer, "group.code") == ("Gold",)
    assert shop("group", "delete", "shop", "Gold").stderr == "The group still has 1 members.\n"
    assert shop("group", "remove", "shop", "Gold", str(customer)).exit_code == 0
    assert read("customer", customer, "group.code") == ("General",)
    assert shop("group", "remove", "shop", "Gold", str(customer)).stderr.startswith("There is no customer 1 in group")


def test_renamed_group_moves_the_customers_watermark(shop: Type) -> None:
    customer = make("customer", name="Ana Lim")
    shop("group", "create", "shop", "Gold")
    shop("group", "add", "shop", "Gold", str(customer))
    before = newest("customer")
    shop("group", "change", "shop", "Gold", "--title", "Golden")
    after = newest("customer")
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert after > before


@pytest.mark.parametrize(
    "words, sentence",
    [
        ("create shop General", "The code General is reserved."),
        ("change shop General --title x", "The group General belongs to the system and cannot be changed."),
        ("delete shop Gone", "There is no group Gone."),
        ("add shop Gone 1", "There is no customer 1."),
        ("create shop Gold --discount-rate much", "much cannot be the discount rate: write a number such as 12.50."),
    ],
)
def test_groups_mistakes_are_told(shop: Type, words: str, sentence: str) -> None:
    answer = shop("group", *words.split())
    assert (answer.exit_code, answer.stderr.splitlines()[0]) == (1, sentence)


def test_branches_are_opened_and_listed(shop: Type) -> None:
    shop("branch", "create", "shop", "Main Street")
    assert table(shop("branch", "list", "shop").stdout) == [["1", "Main Street"]]
    assert shop("branch", "create", "shop", "Main Street").stderr == "The name Main Street has already been taken.\n"


def test_tax_rates_are_made_and_changed(shop: Type) -> None:
    shop("tax-rate", "create", "shop", "VAT", "--value", "0.12")
    assert shop("tax-rate", "change", "shop", "VAT", "--value", "0.125").stdout == "Tax rate VAT is changed.\n"
    assert table(shop("tax-rate", "list", "shop").stdout) == [["1", "VAT", "0.125"]]
    assert shop("tax-rate", "change", "shop", "GST", "--value", "0").exit_code == 1


def test_price_is_set_and_set_again(shop: Type) -> None:
    product = make("product", sku="K-1", name="Kettle", retail_price=250_000)
    shop("branch", "create", "shop", "Harbour")
    before = read("product", product, "version")
    for price in ("19.95", "18"):
        assert shop("price", "set", "shop", "k-1", "Harbour", price).exit_code == 0
    assert read("branch_price", 1, "product_id", "retail_price") == (product, 180_000)
    assert read("product", product, "version") != before
    assert shop("price", "set", "shop", "K-1", "Harbour", "1.23456").stdout == "K-1 costs 1.2346 at Harbour.\n"
    for wrong in ("1e999999", "1e14", "NaN"):
        said = f"{wrong} cannot be the price: write a number such as 12.50.\n"
        assert shop("price", "set", "shop", "K-1", "Harbour", wrong).stderr == said
    assert shop("price", "set", "shop", "K-2", "Harbour", "1").stderr == "There is no stock number K-2.\n"
    assert shop("price", "set", "shop", "K-1", "Hill", "1").stderr == "There is no branch Hill.\n"


def test_websites_are_listed_with_those_of_the_start(shop: Type) -> None:
    shop("website", "create", "shop", "eu", "--name", "Europe")
    assert table(shop("website", "list", "shop").stdout) == [
        ["0", "admin", "Admin"],
        ["1", "base", "Main Website"],
        ["2", "eu", "Europe"],
    ]


def test_migrating_twice_is_migrating_once(typed: Type) -> None:
    for _ in range(2):
        assert typed("migrate").stdout == "The database is up to date.\n"


def test_dialects_of_keys_are_those_that_exist() -> None:
    for name, front in FRONTS.items():
        from tillstone.config import Settings

        made: Dialect = front(Settings(), StandingClock(0))
        assert made.name == name


def test_docs_are_written_checked_and_found_stale(typed: Type) -> None:
    assert typed("docs", "--write", "ref").exit_code == 0
    assert typed("docs", "--check", "ref").exit_code == 0
    settings = Path("ref/settings.md")
    assert "`TILLSTONE_IMONGGO_EMPTY_LIST`" in settings.read_text()
    settings.write_text(settings.read_text() + "by hand\n")
    stale = typed("docs", "--check", "ref")
    assert (stale.exit_code, stale.stderr.splitlines()[0]) == (1, "Not up to date: settings.md.")


def test_docs_name_every_command_and_setting(typed: Type) -> None:
    from tillstone.config import TABLE

    typed("docs", "--write", "ref")
    commands = Path("ref/command-line.md").read_text()
    assert [name for name in COMMANDS if f"## tillstone {name}\n" not in commands] == []
    assert [name for name in GROUPS if f"## tillstone {name} " not in commands] == []
    settings = Path("ref/settings.md").read_text()
    assert [name for name in TABLE if f"`{name}`" not in settings] == []


def test_docs_name_every_field_of_every_dialect(typed: Type) -> None:
    typed("docs", "--write", "ref")
    assert set(DIALECTS) == set(FRONTS)
    for name, (_, tables) in DIALECTS.items():
        page = Path(f"ref/{name}.md").read_text()
        missing = [field.wire for table in tables for field in table.fields if f"| `{field.wire}` |" not in page]
        assert missing == []


def test_sound_database_is_called_so(shop: Type) -> None:
    make("customer", name="Ana Lim")
    assert shop("check").stdout == "The database is sound.\n"


def test_damaged_database_is_called_so(shop: Type) -> None:
    make("customer", name="Ana Lim")
    with sqlite3.connect("tillstone.db") as connection:
        connection.execute("UPDATE customer SET stamp = stamp + 1")
    connection.close()
    checked = shop("check")
    assert checked.exit_code == 1
    assert "customer" in checked.stdout
    assert re.match(r"The database has \d+ faults\.\n", checked.stderr)


def test_database_that_is_not_there_is_not_checked(typed: Type) -> None:
    checked = typed("check")
    assert (checked.exit_code, checked.stderr.splitlines()[1]) == (1, "Next: tillstone migrate")


def test_pages_in_the_repository_are_up_to_date(typed: Type) -> None:
    checked = typed("docs", "--check", str(ROOT / "docs" / "reference"))
    assert (checked.exit_code, checked.stderr) == (0, "")


def test_docs_want_to_know_what_to_do(typed: Type) -> None:
    assert typed("docs").stderr.startswith("Say what to do with the pages.\n")
