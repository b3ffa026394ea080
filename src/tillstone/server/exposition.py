"""The counters in Prometheus' text format. Imported by the first look at `/metrics`, not by the worker."""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from tillstone.server.metrics import BOUNDS, EVENT_HELP, EVENTS, MICROSECONDS, OTHER, STATUSES, Layout, Meters

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class Reading:
    """A prometheus-client collector over the meters."""

    def __init__(self, meters: Meters) -> None:
        self._layout = meters.layout
        workers = list(meters.everybody())
        self._cells = [sum(column) for column in zip(*workers, strict=True)] or [0] * meters.layout.cells
        self._drift = max((cells[meters.layout.drift] for cells in workers), default=0)

    def collect(self) -> Iterator[Metric]:
        """The metric families."""
        yield _answers(self._layout, self._cells)
        yield _durations(self._layout, self._cells)
        for place, event in enumerate(EVENTS, self._layout.events):
            yield CounterMetricFamily(f"tillstone_{event}", EVENT_HELP[event], value=self._cells[place])
        yield GaugeMetricFamily(
            "tillstone_stamp_drift_seconds", "Seconds by which stamps run ahead of the clock", value=self._drift
        )


def _answers(layout: Layout, cells: list[int]) -> Metric:
    family = CounterMetricFamily("tillstone_requests", "Requests answered", labels=["front", "status"])
    for front in layout.fronts:
        for place, status in enumerate((OTHER, *STATUSES), layout.first(front)):
            if cells[place]:
                family.add_metric([front, str(status) if status else "other"], cells[place])
    return family


def _durations(layout: Layout, cells: list[int]) -> Metric:
    family = HistogramMetricFamily("tillstone_request_seconds", "How long answers took", labels=["front"])
    for front in layout.fronts:
        start = layout.first(front) + len(STATUSES) + 1
        counts = accumulate(cells[start : start + len(BOUNDS) + 1])
        bounds: Iterable[str] = (*map(str, BOUNDS), "+Inf")
        family.add_metric(
            [front], list(zip(bounds, counts, strict=True)), cells[start + len(BOUNDS) + 1] / MICROSECONDS
        )
    return family


def exposition(meters: Meters) -> bytes:
    """The page."""
    registry = CollectorRegistry()
    registry.register(Reading(meters))
    return generate_latest(registry)
