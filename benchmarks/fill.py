"""Fills a Tillstone database with the customers, through the service, in large transactions like an import's.

`python fill.py N` fills the database that the settings name. The clock is this file's own, so that every server holds
the same stamps.
"""

import os
import sys
from functools import partial
from itertools import islice
from pathlib import Path

import customers as sample
from tillstone.cli.profiles import GROUP, MEMBERSHIP
from tillstone.config import load
from tillstone.domain.access import Principal
from tillstone.domain.accounts import KeyWish, create_account, create_key, system
from tillstone.domain.commands import Create, Outcome
from tillstone.domain.consumers import ConsumerWish, TokenWish, create_admin, create_consumer, create_token
from tillstone.domain.profile import Profile, Rule
from tillstone.domain.records import Value
from tillstone.domain.secrets import Seal
from tillstone.domain.service import Service
from tillstone.domain.store import Transaction
from tillstone.store import migrate, open_store

ATTRIBUTES = {
    "name": "name",
    "alternate_code": "alternate_code",
    "email": "email",
    "telephone": "phone",
    "company_name": "company",
    "birthdate": "birth_date",
    "street": "billing.street1",
    "city": "billing.city",
    "state": "billing.region",
    "zipcode": "billing.postcode",
    "country": "billing.country",
}
CUSTOMER = Profile("benchmark", "customer", {name: Rule(name) for name in ATTRIBUTES.values()})


class SetClock:
    """A clock that shows what it is set to."""

    def __init__(self) -> None:
        self.moment = sample.EPOCH

    def now(self) -> int:
        """What it is set to."""
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.moment += int(seconds)


class Filler:
    """Writes groups and customers into one account."""

    def __init__(self, service: Service, clock: SetClock, principal: Principal) -> None:
        self._service = service
        self._clock = clock
        self._principal = principal
        self._groups: list[int] = []

    def fill(self, total: int) -> None:
        """Everything."""
        account = self._principal.account
        self._service.store.write(account, self._make_groups)
        rows = sample.customers(total)
        while batch := list(islice(rows, sample.BATCH)):
            self._clock.moment = sample.stamp(batch[0][0])
            self._service.store.write(account, partial(self._make_customers, batch=batch))

    def _make_groups(self, tx: Transaction) -> None:
        for code, title, rate in sample.GROUPS:
            self._groups.append(self._create(tx, GROUP, {"code": code, "title": title, "discount_rate": rate}))

    def _make_customers(self, tx: Transaction, batch: list[tuple[int, sample.Wire]]) -> None:
        for number, wire in batch:
            values: dict[str, Value] = {ATTRIBUTES[name]: value for name, value in wire.items()}
            made = self._create(tx, CUSTOMER, values)
            place = sample.group(number)
            if place is not None:
                self._create(tx, MEMBERSHIP, {"customer_id": made, "group_id": self._groups[place]})

    def _create(self, tx: Transaction, profile: Profile, values: dict[str, Value]) -> int:
        outcome = self._service.perform(tx, Create(profile.resource, values, profile), self._principal)
        assert isinstance(outcome, Outcome)
        return outcome.id


def fill(total: int) -> None:
    url, clock = load(os.environ).database.url, SetClock()
    migrate(url)
    seal = Seal(Path(f"{url.removeprefix('sqlite:///')}.key"))
    service = Service(open_store(url, clock), clock, seal)
    try:
        account = create_account(service, sample.ACCOUNT)
        create_key(service, account.id, KeyWish(token=sample.TOKEN, label="benchmark"))
        create_admin(service, account.id, "bench", "", "all")
        program = ConsumerWish("benchmark", sample.CONSUMER_KEY, sample.CONSUMER_SECRET)
        create_consumer(service, account.id, program)
        token = TokenWish(sample.CONSUMER_KEY, "bench", token=sample.USER_TOKEN, secret=sample.USER_SECRET)
        create_token(service, account.id, token)
        Filler(service, clock, system(account.id)).fill(total)
    finally:
        service.store.close()


if __name__ == "__main__":
    fill(int(sys.argv[1]))
