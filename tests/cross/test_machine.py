"""One record behind every dialect: whoever writes, nobody loses a field, and what is read can be sent back.

Sources: one record in three dialects (spec 14), the echo rule, the tombstones of seeds/000.
"""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import UNSET, UnsetType

from tests.clocks import StandingClock
from tests.cross.rows import BOOKKEEPING, POINTERS, by_id, everything
from tests.cross.speakers import SPEAKERS, ZealdSpeaker
from tests.fronts import NOON, make_database, open_service
from tillstone.domain import accounts
from tillstone.domain.records import RESOURCES
from tillstone.store.check import findings
from tillstone.wire.table import Field

TEMPLATE = Path(tempfile.mkdtemp(prefix="cross-"))

TEXTS = st.sampled_from(
    [
        *("", "x", "Ana de la Cruz", "Cher", " padded ", "two  blanks", "A & B <c>", "é ß 你", 'O\'Neil "q"'),
        *("1, Main Road", "Level 2; Tower", "line\nbreak", "x" * 40, "y" * 60, "nz", "NZ", "Philippines", "PETER@x.nz"),
        *("peter@x.nz", "mary@x.nz", "100%", "_", "  "),
    ]
)
VALUES = {
    "string": TEXTS,
    "boolean": st.sampled_from(["true", "false", ""]),
    "integer": st.sampled_from(["0", "20", "100", ""]),
    "date": st.sampled_from(["1980-12-31", "", "nonsense"]),
}


def fields_of(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, str]]:
    """Some fields of a customer with values."""
    drawn = st.sampled_from(fields).flatmap(lambda field: st.tuples(st.just(field.wire), VALUES[field.codec.type]))
    return st.lists(drawn, max_size=5).map(dict)


SPOKEN = st.integers(0, len(SPEAKERS) - 1).flatmap(
    lambda place: st.tuples(st.just(place), fields_of(SPEAKERS[place].fields))
)
"""A speaker, and fields in its words."""


class OneRecord(RuleBasedStateMachine):
    """Customers written through every dialect in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="cross-"))
        if not (TEMPLATE / "shop.db").exists():
            make_database(TEMPLATE / "shop.db")
        shutil.copytree(TEMPLATE, self.folder, dirs_exist_ok=True)
        self.clock = StandingClock(NOON)
        self.service = open_service(self.folder / "shop.db", self.clock)
        self.account = accounts.account_named(self.service, "shop").id
        self.speakers = [speaker(self.service) for speaker in SPEAKERS]
        self.zeald = next(speaker for speaker in self.speakers if isinstance(speaker, ZealdSpeaker))

    def teardown(self) -> None:
        self.service.store.close()
        try:
            assert list(findings(f"sqlite:///{self.folder / 'shop.db'}")) == []
        finally:
            shutil.rmtree(self.folder)

    def rows(self) -> dict[str, dict[int, dict[str, object]]]:
        return {name: by_id(rows, name) for name, rows in everything(self.service, self.account).items()}

    def pick(self, place: int, which: int) -> str | UnsetType:
        keys = self.speakers[place].keys()
        return keys[which % len(keys)] if keys else UNSET

    @initialize(spoken=st.lists(SPOKEN, min_size=1, max_size=4))
    def begin(self, spoken: list[tuple[int, dict[str, str]]]) -> None:
        for place, fields in spoken:
            self.speakers[place].create(fields)

    @rule(spoken=SPOKEN)
    def create(self, spoken: tuple[int, dict[str, str]]) -> None:
        place, fields = spoken
        before = self.rows()["customer"]
        self.speakers[place].create(fields)
        after = self.rows()["customer"]
        assert {key: after[key] for key in before} == before

    @rule(spoken=SPOKEN, which=st.integers(0, 9))
    def change(self, spoken: tuple[int, dict[str, str]], which: int) -> None:
        """Only one customer changes, and of it nothing that the speaker does not know."""
        place, fields = spoken
        key = self.pick(place, which)
        if key is UNSET:
            return
        self.clock.step(1)
        before = self.rows()
        self.speakers[place].change(str(key), fields)
        after = self.rows()
        changed = {one for one in before["customer"] if after["customer"][one] != before["customer"][one]}
        assert len(changed) <= 1
        assert before["membership"] == after["membership"]
        assert before["customer_group"] == after["customer_group"]
        for one in changed:
            self._require_foreign_fields(place, before["customer"][one], after["customer"][one])
            assert after["customer"][one]["stamp"] == self.clock.now()

    def _require_foreign_fields(self, place: int, before: dict[str, object], after: dict[str, object]) -> None:
        known = {field.attr for field in SPEAKERS[place].fields} | BOOKKEEPING | POINTERS
        known |= {"birth_date"} if "birthday" in known else set()
        known |= {"birth_time"} if "birth_date" in known and not after["birth_date"] else set()
        known |= {"birth_date", "birth_time"} if "birth_moment" in known else set()
        foreign = set(RESOURCES["customer"].attributes) - known
        assert {name: after[name] for name in foreign} == {name: before[name] for name in foreign}

    @rule(place=st.integers(0, len(SPEAKERS) - 1), which=st.integers(0, 9))
    def remove(self, place: int, which: int) -> None:
        """A tombstone keeps everything but its stamp."""
        key = self.pick(place, which)
        if key is UNSET:
            return
        self.clock.step(1)
        before = self.rows()
        self.speakers[place].remove(str(key))
        after = self.rows()
        assert {name: after[name] for name in ("address", "membership")} == {
            name: before[name] for name in ("address", "membership")
        }
        for one, row in before["customer"].items():
            gone = after["customer"][one]
            assert {name: value for name, value in row.items() if gone[name] != value}.keys() <= {
                "deleted",
                "stamp",
                "version",
            }

    @rule(which=st.integers(0, 9), group=st.sampled_from(["vip", "dealer"]))
    def join(self, which: int, group: str) -> None:
        key = self.pick(self.speakers.index(self.zeald), which)
        if key is not UNSET:
            self.clock.step(1)
            self.zeald.join(str(key), group)

    @rule(group=st.sampled_from(["vip", "dealer"]))
    def leave(self, group: str) -> None:
        self.clock.step(1)
        self.zeald.leave(group)

    @rule(group=st.sampled_from(["vip", "dealer"]), title=TEXTS)
    def rename(self, group: str, title: str) -> None:
        self.clock.step(1)
        self.zeald.rename(group, title)

    @invariant()
    def what_is_read_can_be_sent_back(self) -> None:
        """Through every dialect; compared on the canonical rows, stamps included."""
        self.clock.step(1)
        before = everything(self.service, self.account)
        for speaker in self.speakers:
            speaker.echo()
            assert everything(self.service, self.account) == before, speaker.name

    @invariant()
    def a_live_customer_is_seen_by_everybody(self) -> None:
        live = [row for row in self.rows()["customer"].values() if row["deleted"] is None]
        names = sorted(str(row["username"]) for row in live)
        assert sorted(self.zeald.keys()) == names
        shown = self.speakers[0].read()
        assert sorted(key for key, fields in shown.items() if not fields["status"]) == sorted(
            str(row["id"]) for row in live
        )


OneRecord.TestCase.settings = settings(max_examples=25, stateful_step_count=15)
TestOneRecord = OneRecord.TestCase
