"""Who is let in: keys, hosts, expiry, logins, and how long a worker remembers."""

from collections.abc import Callable

import pytest

from tests.clocks import StandingClock
from tillstone.domain import accounts
from tillstone.domain.access import Login, Nobody, Principal, Token, require
from tillstone.domain.accounts import KeyWish
from tillstone.domain.admission import failures_of
from tillstone.domain.commands import TokenOf
from tillstone.domain.errors import Clash, Forbidden, Invalid, NotFound, Unauthorized
from tillstone.domain.secrets import token_digest
from tillstone.domain.service import Service

TOKEN = "0123456789" * 4

Hand = Callable[..., int]


@pytest.fixture
def hand_out(service: Service, shop: Principal) -> Hand:
    def create(**wish: object) -> int:
        return accounts.create_key(service, shop.account, KeyWish(token=TOKEN, **wish))[0]  # type: ignore[arg-type]

    return create


def admit(service: Service, host_account: str | None = None) -> Principal:
    return service.admit(Token(token_digest(TOKEN), host_account), "imonggo")


def test_key_opens_its_account(service: Service, shop: Principal, hand_out: Hand) -> None:
    key = hand_out(label="till")

    principal = admit(service)

    assert (principal.account, principal.id, principal.actor) == (shop.account, key, "key 1 (till)")


def test_unknown_key_is_refused(service: Service, shop: Principal) -> None:
    with pytest.raises(Unauthorized):
        admit(service)


def test_host_of_another_account_is_refused_and_a_foreign_host_says_nothing(service: Service, hand_out: Hand) -> None:
    hand_out()
    accounts.create_account(service, "other")

    with pytest.raises(Unauthorized):
        admit(service, "other")
    assert admit(service, "shop") == admit(service, "nobody") == admit(service)


@pytest.mark.parametrize("seconds", [2, -3_600])
def test_revoked_key_is_refused_at_the_latest_two_seconds_later_even_if_the_clock_is_set_back(
    service: Service, shop: Principal, hand_out: Hand, clock: StandingClock, seconds: int
) -> None:
    key = hand_out()
    admit(service)
    accounts.revoke_key(service, shop.account, key)

    clock.step(seconds)

    with pytest.raises(Unauthorized):
        admit(service)


def test_expired_key_is_refused(service: Service, hand_out: Hand, clock: StandingClock) -> None:
    hand_out(expires_at=clock.now() + 10)
    admit(service)

    clock.step(10)

    with pytest.raises(Unauthorized):
        admit(service)


def test_key_of_another_dialect_is_refused(service: Service, hand_out: Hand) -> None:
    hand_out(dialects=("zeald",))

    with pytest.raises(Unauthorized):
        admit(service)


def test_deny_beats_allow_and_read_only_writes_nothing(service: Service, hand_out: Hand) -> None:
    hand_out(allow=("customer", "supplier"), deny=("supplier",), read_only=True)
    principal = admit(service)

    require(principal, ("customer",), writes=False)
    for resources, writes in ((("customer",), True), (("supplier",), False), (("customer", "product"), False)):
        with pytest.raises(Forbidden):
            require(principal, resources, writes=writes)


def test_token_is_stored_nowhere_and_a_second_key_cannot_have_it(
    service: Service, shop: Principal, hand_out: Hand
) -> None:
    hand_out()

    with pytest.raises(Clash):
        hand_out()
    assert TOKEN not in repr(accounts.list_keys(service, shop.account))


def test_login_gives_its_token_back(service: Service, shop: Principal, hand_out: Hand) -> None:
    key = hand_out(login="ann@shop.example", password="correct horse")

    principal = service.admit(Login("ANN@shop.example", "correct horse"), "imonggo")

    assert service.answer(TokenOf(), principal) == (TOKEN, key)


def test_account_that_is_asked_for_by_name_is_that_one_or_none(service: Service, shop: Principal) -> None:
    assert service.admit(Nobody("nobody", "shop"), "imonggo").account == shop.account
    assert service.admit(Nobody("nobody"), "imonggo").account == shop.account
    with pytest.raises(NotFound):
        service.admit(Nobody("shop", "nobody"), "imonggo")


def test_failures_are_counted_under_a_short_text_whatever_the_name() -> None:
    """PostgreSQL's indexes hold no long one."""
    counted = {failures_of("login", 1, name) for name in ("x" * 20_000, "X" * 20_000, "x" * 20_001, "\ud800")}
    assert len(counted) == 3
    assert max(map(len, counted)) < 100


def test_ten_failures_shut_a_login_even_to_the_right_password(service: Service, hand_out: Hand) -> None:
    hand_out(login="ann@shop.example", password="correct horse")
    for _ in range(10):
        with pytest.raises(Unauthorized) as refused:
            service.admit(Login("ann@shop.example", "wrong"), "imonggo")
        assert refused.value.reason == "login"

    with pytest.raises(Unauthorized) as refused:
        service.admit(Login("ann@shop.example", "correct horse"), "imonggo")
    assert refused.value.reason == "throttled"


@pytest.mark.parametrize("wish", [{"token": "short"}, {"login": "ann"}, {"allow": ("nothing",)}])
def test_bad_wish_is_refused(service: Service, shop: Principal, wish: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        accounts.create_key(service, shop.account, KeyWish(**wish))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "Shop", "a b", "-x", "x" * 64])
def test_account_names_fit_into_a_host(service: Service, name: str) -> None:
    with pytest.raises(Invalid):
        accounts.create_account(service, name)


def test_secrets_show_in_no_repr(service: Service) -> None:
    for value in (Login("ann", "horse"), KeyWish(token=TOKEN, password="horse")):
        assert "horse" not in repr(value)
        assert TOKEN not in repr(value)
