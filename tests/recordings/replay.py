"""Sends what was sent to the product, in order, and compares the answers. Requests are signed by oauthlib or as
recorded."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.dialects.openmage.world import NOON, Reply, Shop, World
from tests.recordings.answers import comparable, is_byte_exact
from tests.recordings.exclusions import CASES, HTML, LATER, LATER_PATHS, NOT_SENT, WHOLE_GROUPS
from tests.recordings.flow import Flow
from tests.recordings.groups import GROUPS, MOMENTS, ZONES

VARIABLE = "TILLSTONE_RECORDINGS"
USUAL = Path(__file__).parents[2].parent / "shared" / "recordings"
CREATED = 302
"""How nginx and php-fpm turned a 200 with Location (the recordings' README)."""


def folder() -> Path | None:
    """Where the recordings are, if they are anywhere."""
    named = os.environ.get(VARIABLE)
    found = Path(named) if named else USUAL
    return found / "openmage" if (found / "openmage").is_dir() else None


class Report(Struct):
    """What became of one group."""

    group: str
    compared: int = 0
    statuses: int = 0
    exact: int = 0
    failures: list[str] = []
    excluded: dict[str, str] = {}

    @property
    def line(self) -> str:
        reasons = "; ".join(f"{number} {reason}" for reason, number in Counter(self.excluded.values()).items())
        sent = self.compared + self.statuses
        told = f"{self.group}: {sent - len(self.failures)} of {sent} agree"
        told += f" ({self.statuses} by status alone, {self.exact} bodies to the byte)"
        return told + (f", {len(self.excluded)} excluded: {reasons}" if self.excluded else "")


def replay(group: str, source: Path, workplace: Path) -> Report:
    """Replay one group on a shop of its own."""
    recorded = json.loads((source / f"{group}.json").read_text())["cases"]
    report = Report(group)
    if group in WHOLE_GROUPS:
        report.excluded = {case["name"]: WHOLE_GROUPS[group] for case in recorded}
        return report
    workplace.mkdir(exist_ok=True)
    world = World(workplace / "shop.db")
    GROUPS[group](world, {case["name"]: case for case in recorded})
    world.close()
    now = MOMENTS.get(group, NOON)
    settings = {"behave_as": "20.18", "time_zone": ZONES.get(group, "UTC")}
    with Shop(workplace / "shop.db", now=now, settings=settings) as shop:
        flow = Flow(shop, "admin" if group == "oauth_admin_flow" else "customer")
        for case in recorded:
            _replay_one(shop, case, report, flow)
    return report


def _replay_one(shop: Shop, case: dict[str, Any], report: Report, flow: Flow) -> None:
    name = case["name"]
    reason = CASES.get(report.group, {}).get(name) or _general(case)
    if reason == LATER or name in NOT_SENT.get(report.group, ()):
        report.excluded[name] = str(reason)
        return
    reply = flow.step(case) if flow.takes(case) else send(shop, flow.renewed(case["request"]))
    if reply is None:
        report.excluded[name] = HTML
        return
    difference = compare(flow.renewed_answer(case["response"]), reply)
    flow.remember(case["response"], reply)
    if reason is not None:
        report.excluded[name] = reason
        if difference is None:
            report.failures.append(f"{name} is excluded ({reason}) but agrees")
        return
    if case["response"].get("withheld"):
        report.statuses += 1
    else:
        report.compared += 1
        report.exact += is_byte_exact(case["response"]["body"], reply.body)
    if difference:
        report.failures.append(f"{name}: {difference}")


def _general(case: dict[str, Any]) -> str | None:
    path = case["request"]["path"]
    if path.startswith(LATER_PATHS):
        return LATER
    return HTML if path.startswith(("/api.php", "/index.php/api")) else None


def send(shop: Shop, request: dict[str, Any]) -> Reply:
    """One recorded request, signed anew unless it brings its own signature."""
    method, path, body = request["method"], request["path"], request["body"] or ""
    headers = dict(request["headers"])
    if request["user"] not in {"guest", "browser session"} and "Authorization" not in headers:
        headers["Authorization"] = shop.sign(method, path, request["user"], request.get("consumer") or 1)
    return shop.send(method, path, headers, body)


def compare(recorded: dict[str, Any], reply: Reply) -> str | None:
    """What differs, if anything does."""
    wanted = 200 if recorded["status"] == CREATED and _is_created(recorded) else recorded["status"]
    if reply.status != wanted:
        return f"status {reply.status}, recorded {wanted}: {reply.body[:300]}"
    if recorded.get("withheld"):
        return None
    headers = {name.lower(): value for name, value in recorded["headers"].items()}
    for name in ("content-type", "location"):
        if reply.headers.get(name) != headers.get(name):
            return f"{name} {reply.headers.get(name)!r}, recorded {headers.get(name)!r}"
    kind = headers.get("content-type", "")
    if "…" in recorded["body"]:
        # a page, cut short in the recording
        return None
    ours, theirs = comparable(kind, reply.body), comparable(kind, recorded["body"])
    return None if ours == theirs else f"body\n  ours     {ours}\n  recorded {theirs}"


def _is_created(recorded: dict[str, Any]) -> bool:
    location = recorded.get("headers", {}).get("Location", "/api/rest/")
    return str(location).startswith("/api/rest/")
