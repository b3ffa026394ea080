"""The way of a request: what is refused first, what is counted, what is written down."""

import asyncio
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.server.parrot import LONG, Answer, Bench
from tillstone.server import guard
from tillstone.server.guard import URL_LIMIT

GOOD = {"authorization": "good"}


def ask(bench: Bench, method: str, path: str, **more: Any) -> Answer:
    return asyncio.run(bench.ask(method, path, **more))


def test_read_is_answered_at_once(bench: Bench) -> None:
    answer = ask(bench, "GET", "/parrot/x", **GOOD)
    assert (answer.status, answer.body, answer.headers[b"content-length"]) == (200, b"read 0", b"6")


def test_write_gets_its_body(bench: Bench) -> None:
    answer = ask(bench, "POST", "/parrot/x", body=[b"ab", b"c"], content_length="3", **GOOD)
    assert (answer.status, answer.body) == (200, b"written 3")


@pytest.mark.parametrize("path, status", [("/parrot/x", 200), ("/parrot/malformed", 500)])
def test_long_body_is_read_and_refused_off_the_event_loop(bench: Bench, path: str, status: int) -> None:
    before = bench.runner.asides
    assert ask(bench, "POST", path, body=[LONG], content_length="4", **GOOD).status == status
    assert bench.runner.asides == before + (1 if status == 200 else 2)
    ask(bench, "POST", path, body=[b"abc"], content_length="3", **GOOD)
    assert bench.runner.asides == before + (1 if status == 200 else 2)


def test_write_without_a_body_is_handed_on_empty(bench: Bench) -> None:
    assert ask(bench, "POST", "/parrot/x", content_length="0", **GOOD).body == b"written 0"


def test_body_of_unknown_length_is_read_to_its_end(bench: Bench) -> None:
    answer = ask(bench, "POST", "/parrot/x", body=[b"a" * 400, b"b" * 400], transfer_encoding="chunked", **GOOD)
    assert answer.body == b"written 800"


def test_head_has_the_length_and_no_body(bench: Bench) -> None:
    answer = ask(bench, "HEAD", "/parrot/x", **GOOD)
    assert (answer.body, answer.headers[b"content-length"]) == (b"", b"6")


@pytest.mark.parametrize(
    "method, path, headers, status",
    [
        ("GET", "/parrot/nowhere", {}, 401),
        ("GET", "/parrot/nowhere", GOOD, 404),
        ("POST", "/parrot/nowhere", {"authorization": "good reader"}, 404),
        ("POST", "/parrot/x", {"authorization": "good reader", "content_length": "9999"}, 403),
        ("POST", "/parrot/malformed", {**GOOD, "content_length": "9999"}, 413),
        ("POST", "/parrot/malformed", {**GOOD, "content_length": "3", "content_encoding": "gzip"}, 415),
        ("POST", "/parrot/malformed", {**GOOD, "transfer_encoding": "gzip, chunked"}, 415),
        ("POST", "/parrot/malformed", {**GOOD, "transfer_encoding": "Chunked"}, 500),
        ("POST", "/parrot/malformed", {**GOOD, "content_length": "3"}, 500),
        ("GET", "/parrot/" + "x" * URL_LIMIT, {}, 414),
        ("GET", "/elsewhere", {}, 404),
    ],
)
def test_refusals_come_in_their_order(
    bench: Bench, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert ask(bench, method, path, body=[b"abc"], **headers).status == status


def test_refused_body_is_read_and_dropped(bench: Bench) -> None:
    pieces = [b"x" * 60_000] * 100
    answer = ask(bench, "POST", "/parrot/x", body=pieces, content_length="6000000")
    assert (answer.status, answer.pieces.taken) == (401, 6_000_000)
    assert b"connection" not in answer.headers


def test_body_that_turns_out_too_large_is_dropped_to_its_end(bench: Bench) -> None:
    answer = ask(bench, "POST", "/parrot/x", body=[b"x" * 900] * 5, transfer_encoding="chunked", **GOOD)
    assert (answer.status, answer.pieces.taken) == (413, 4_500)


def test_absurd_body_is_not_read_and_the_connection_ends(bench: Bench) -> None:
    answer = ask(bench, "POST", "/parrot/x", body=[b"x"] * 2, content_length="9000000", **GOOD)
    assert (answer.status, answer.pieces.taken, answer.headers[b"connection"]) == (413, 0, b"close")


def test_body_without_end_is_dropped_up_to_a_limit(bench: Bench) -> None:
    pieces = [b"x" * 1_048_576] * 20
    answer = ask(bench, "POST", "/parrot/x", body=pieces, transfer_encoding="chunked", **GOOD)
    assert answer.status == 413
    assert answer.pieces.taken <= 10 * 1_048_576
    assert answer.headers[b"connection"] == b"close"


def test_client_that_waits_to_be_asked_is_told_before_it_sends(bench: Bench) -> None:
    answer = ask(bench, "POST", "/parrot/x", body=[b"x"], content_length="5000", expect="100-continue")
    assert (answer.status, answer.pieces.taken, answer.headers[b"connection"]) == (401, 0, b"close")


def test_client_that_goes_away_gets_no_answer(bench: Bench) -> None:
    answer = ask(bench, "POST", "/parrot/x", body=[], content_length="5", **GOOD)
    assert answer.sent is None


def test_fault_is_answered_counted_and_written_down_without_its_message(bench: Bench) -> None:
    answer = ask(bench, "GET", "/parrot/crash", authorization="good sesame")
    assert (answer.status, answer.body) == (500, b"RuntimeError")
    assert bench.meters.count("faults") == 1
    bench.journal.close()
    written = msgspec.json.decode(bench.faults.getvalue())
    assert written["fault"] == "RuntimeError"
    assert written["request"] == answer.headers[b"x-request-id"].decode()
    assert any("parrot.py" in line for line in written["trace"])
    assert b"sesame" not in bench.faults.getvalue() + bench.access.getvalue()


def test_trouble_of_our_own_is_written_down_with_its_message(bench: Bench) -> None:
    assert ask(bench, "GET", "/parrot/x", authorization="down").status == 503
    bench.journal.close()
    assert msgspec.json.decode(bench.faults.getvalue())["fault"] == "StoreDown: the disk is full"


def test_dialect_that_cannot_word_a_problem_still_gets_an_answer_out(bench: Bench) -> None:
    answer = ask(bench, "GET", "/parrot/unwordable")
    assert (answer.status, answer.body) == (500, b"The server failed.\n")


def test_malformed_body_is_counted_apart_from_faults(bench: Bench) -> None:
    ask(bench, "POST", "/parrot/malformed", body=[b"<"], content_length="1", **GOOD)
    assert (bench.meters.count("malformed"), bench.meters.count("faults")) == (1, 0)
    bench.journal.close()
    assert bench.faults.getvalue() == b""


def test_every_request_is_one_line_of_the_log(bench: Bench) -> None:
    answer = ask(bench, "GET", "/parrot/x", query="page=2", **GOOD)
    ask(bench, "GET", "/elsewhere", client="10.0.0.9")
    ours, foreign = bench.lines()
    assert ours.pop("time").endswith("Z")
    assert ours.pop("ms") >= 0
    assert ours == {
        "request": answer.headers[b"x-request-id"].decode(),
        "front": "parrot",
        "account": 7,
        "actor": "key 3",
        "client": "127.0.0.1",
        "method": "GET",
        "path": "/parrot/x?page=2",
        "status": 200,
    }
    assert (foreign["front"], foreign["account"], foreign["client"]) == ("server", None, "10.0.0.9")


def test_secrets_of_the_query_are_masked_in_the_log(bench: Bench) -> None:
    query = "email=a&password=hush1&_key=hush2&oauth_token=hush3&p%61ssword=hush4&OAUTH_Nonce=hush5&page=2"
    ask(bench, "GET", "/parrot/x", query=query, authorization="good hush6")
    ask(bench, "GET", "/parrot/x", query="user[password]=hush7&Customer.password=hush8&keyword=tea&key=hush9", **GOOD)
    assert "hush" not in bench.access.getvalue().decode() + str(bench.lines())
    assert bench.lines()[0]["path"].endswith(
        "?email=a&password=-&_key=-&oauth_token=-&p%61ssword=-&OAUTH_Nonce=-&page=2"
    )
    assert bench.lines()[1]["path"].endswith("?user[password]=-&Customer.password=-&keyword=tea&key=-")


def test_long_answer_is_packed_for_those_who_ask(bench: Bench) -> None:
    answer = ask(bench, "GET", "/parrot/long", accept_encoding="deflate, gzip;q=0.5", **GOOD)
    assert answer.headers[b"content-encoding"] == b"gzip"
    assert answer.headers[b"vary"] == b"accept-encoding"
    assert zlib.decompress(answer.body, 31) == b"long " * 1_000
    assert int(answer.headers[b"content-length"]) == len(answer.body) < 500


@pytest.mark.parametrize("wish", ["", "identity", "gzip;q=0", "br", "*;q=0"])
def test_long_answer_is_plain_for_everybody_else(bench: Bench, wish: str) -> None:
    answer = ask(bench, "GET", "/parrot/long", accept_encoding=wish, **GOOD)
    assert (b"content-encoding" in answer.headers, len(answer.body)) == (False, 5_000)


def test_short_answer_is_never_packed(bench: Bench) -> None:
    assert b"content-encoding" not in ask(bench, "GET", "/parrot/x", accept_encoding="gzip", **GOOD).headers


def test_rate_limit_refuses_in_the_dialects_words_and_says_when_to_come_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, requests=2)
    assert [ask(bench, "GET", "/parrot/x", **GOOD).status for _ in range(2)] == [200, 200]
    bench.clock.step(4)
    refused = ask(bench, "GET", "/parrot/nowhere", **GOOD)
    assert (refused.status, refused.headers[b"retry-after"]) == (503, b"6")
    assert bench.meters.count("rate_limited") == 1
    bench.clock.step(6)
    assert ask(bench, "GET", "/parrot/x", **GOOD).status == 200
    bench.journal.close()


def test_guests_are_counted_by_where_they_come_from(tmp_path: Path) -> None:
    bench = Bench(tmp_path, requests=1)
    guest = {"authorization": "good guest"}
    statuses = [ask(bench, "GET", "/parrot/x", client=f"10.0.0.{host}", **guest).status for host in (1, 2, 1)]
    assert statuses == [200, 200, 503]
    bench.journal.close()


def test_unknown_key_is_told_so_before_any_rate(tmp_path: Path) -> None:
    bench = Bench(tmp_path, requests=1)
    assert {ask(bench, "GET", "/parrot/x").status for _ in range(3)} == {401}
    bench.journal.close()


def test_slow_body_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.server.parrot import ENDLESS

    monkeypatch.setattr(guard.Intake.__init__, "__kwdefaults__", {"seconds": 0.01})
    bench = Bench(tmp_path)
    answer = ask(bench, "POST", "/parrot/x", body=[b"x", ENDLESS], content_length="500", **GOOD)
    assert (answer.status, answer.headers[b"connection"]) == (408, b"close")
    bench.journal.close()


def test_the_end_of_the_application_ends_everything(bench: Bench) -> None:
    bench.app.start()
    asyncio.run(bench.app.close())
    assert not bench.pages.ready


def test_alive_and_ready(bench: Bench) -> None:
    assert (ask(bench, "GET", "/healthz").status, ask(bench, "HEAD", "/readyz").status) == (200, 200)
    bench.is_up = False
    assert (ask(bench, "GET", "/healthz").status, ask(bench, "GET", "/readyz").status) == (200, 503)


def test_own_pages_are_only_read(bench: Bench) -> None:
    answer = ask(bench, "DELETE", "/healthz")
    assert (answer.status, answer.headers[b"allow"]) == (405, b"GET, HEAD")


@pytest.mark.parametrize("client, status", [("127.0.0.1", 200), ("::1", 200), ("10.9.3.4", 200), ("10.8.3.4", 404)])
def test_counters_are_for_this_machine_and_those_allowed(bench: Bench, client: str, status: int) -> None:
    assert ask(bench, "GET", "/metrics", client=client).status == status


def test_counters_are_shown_in_prometheus_format(bench: Bench) -> None:
    ask(bench, "GET", "/parrot/x", **GOOD)
    ask(bench, "GET", "/parrot/x")
    page = ask(bench, "GET", "/metrics").body.decode()
    assert 'tillstone_requests_total{front="parrot",status="200"} 1.0' in page
    assert 'tillstone_requests_total{front="parrot",status="401"} 1.0' in page
    assert 'tillstone_request_seconds_count{front="parrot"} 2.0' in page
    assert "tillstone_faults_total 0.0" in page
    assert "tillstone_stamp_drift_seconds 0.0" in page


def test_counters_of_workers_are_added_up(bench: Bench, tmp_path: Path) -> None:
    own = next(tmp_path.glob("*.counters"))
    bench.meters.happened("faults")
    bench.meters.drifted(5)
    (tmp_path / "1.counters").write_bytes(own.read_bytes())
    assert bench.meters.count("faults") == 2
    page = ask(bench, "GET", "/metrics").body.decode()
    assert "tillstone_faults_total 2.0" in page
    assert "tillstone_stamp_drift_seconds 5.0" in page
