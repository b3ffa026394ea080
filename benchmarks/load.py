"""`make bench`: our server against its peers. Prints the page that stands in `docs/reference/speed.md`.

load.py                                    everything that is compared, a few minutes
load.py --only list,read --seconds 1 --rounds 2
load.py --only sync --million              the first synchronisation of 1,000,000 customers as well
load.py --write docs/reference/speed.md    also writes the page there
"""

import argparse
import sys
from pathlib import Path

import report
import signed
import stand
import trees
import walks
from report import Lines
from rounds import PARTS, Comparison, Effort, Part, chosen, compare

OTHERS = ("sync", "walk", "count", "trees", "signed", "beside")
EVERYTHING = (*(part.name for part in PARTS), *OTHERS)
MILLION = 1_000_000


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="load.py", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--only", default=",".join(EVERYTHING), help=f"some of {','.join(EVERYTHING)}")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each server")
    parser.add_argument("--customers", type=int, default=100_000, help="customers of every server")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--million", action="store_true", help="also synchronise and count 1,000,000 customers")
    parser.add_argument("--write", type=Path, help="write the page here as well")
    chosen_ones = parser.parse_args(words)
    chosen_ones.only = set(chosen_ones.only.split(","))
    if unknown := chosen_ones.only - set(EVERYTHING):
        parser.error(f"nothing is called {', '.join(sorted(unknown))}; there are {', '.join(EVERYTHING)}")
    return chosen_ones


def requests(parts: list[Part], effort: Effort, *, by_ourselves: bool) -> list[tuple[Part, Comparison]]:
    """The comparison."""
    if by_ourselves:
        with stand.alone(effort.customers) as ours:
            return [(part, compare(part, (ours,), effort)) for part in parts]
    with stand.all_three(effort.customers) as servers:
        return [(part, compare(part, servers, effort)) for part in parts]


def figures(only: set[str], effort: Effort, customers: int, lines: Lines) -> None:
    """Our server's own figures; each on a server that has just started."""
    if "count" in only:
        with stand.alone(customers) as ours:
            lines.counted(walks.count(ours), customers)
    if "sync" in only:
        with stand.alone(customers) as ours:
            lines.synchronised(walks.synchronise(ours, customers))
            lines.held("after it", ours.memory())
    if "walk" in only:
        with stand.alone(customers) as ours:
            lines.walked(walks.walk(ours, max(1, min(1_000, customers // 100))))
    if "trees" in only:
        with stand.alone(customers) as ours:
            lines.nested(trees.measure(ours))
    if "signed" in only:
        with stand.alone(customers, {"TILLSTONE_SERVER_WORKERS": "2"}) as ours:
            lines.signed(walks.signed(ours, seconds=effort.seconds, customers=customers), signed.costs())
    if "beside" in only and customers == effort.customers:
        slow = stand.slow_disk()
        for environ in (slow, {}) if slow else ({},):
            with stand.alone(customers, environ) as ours:
                reads, writes = walks.beside(ours, seconds=effort.seconds, customers=customers)
                lines.read_beside(reads, writes, slow=bool(environ))
                held = ours.memory()
        lines.held("after reads and writes", held)


def main(words: list[str]) -> None:
    wanted = arguments(words)
    effort = Effort(wanted.seconds, wanted.rounds, wanted.customers)
    page = report.head(effort)
    if parts := chosen(wanted.only):
        page += report.compared(requests(parts, effort, by_ourselves=wanted.alone))
    lines = Lines()
    for customers in (effort.customers, MILLION) if wanted.million else (effort.customers,):
        figures(wanted.only, effort, customers, lines)
    page += str(lines)
    print(page)
    if wanted.write:
        wanted.write.write_text(page)


if __name__ == "__main__":
    main(sys.argv[1:])
