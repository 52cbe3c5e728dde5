"""The suite's figures as Prometheus metric families; plain data in, families out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder

# Upper borders in seconds. Each scrape maps the finer stored histogram on these.
DURATION_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(slots=True)
class Series:
    """One counter or gauge: ``rows`` holds (label values, value) in the order of ``labels``.

    ``name`` has no ``_total``: the library adds it to counters.
    """

    kind: str
    name: str
    help: str
    labels: Sequence[str] = ()
    rows: Iterable[tuple[Sequence[str], float]] = ()


@dataclass(slots=True)
class DurationSeries:
    """One histogram; ``rows`` holds (label values, cumulative counts, total count, seconds)."""

    name: str
    help: str
    labels: Sequence[str]
    rows: Iterable[tuple[Sequence[str], Sequence[int], int, float]] = field(default_factory=list)


class SuiteCollector:
    """Collector of one scrape: what was read from the database, nothing of this process."""

    def __init__(self, series: Iterable[Series | DurationSeries]):
        self.series = list(series)

    def collect(self) -> Iterator[Metric]:
        """Yield the families; rows with equal labels are added up, so none is told twice."""
        for series in self.series:
            if isinstance(series, DurationSeries):
                yield _durations(series)
                continue
            factory = CounterMetricFamily if series.kind == "counter" else GaugeMetricFamily
            family = factory(series.name, series.help, labels=list(series.labels))
            summed: dict[tuple[str, ...], float] = {}
            for labels, value in series.rows:
                key = tuple(_label(label) for label in labels)
                summed[key] = summed.get(key, 0) + value
            for key, value in summed.items():
                family.add_metric(list(key), value)
            yield family


def _durations(series: DurationSeries) -> HistogramMetricFamily:
    family = HistogramMetricFamily(series.name, series.help, labels=list(series.labels))
    for labels, cumulative, count, seconds in series.rows:
        buckets = [
            (repr(float(bound)), float(below))
            for bound, below in zip(DURATION_BOUNDS, cumulative, strict=True)
        ]
        buckets.append(("+Inf", float(count)))
        family.add_metric([_label(label) for label in labels], buckets, sum_value=seconds)
    return family


def _label(value: object) -> str:
    return "" if value is None or value is False else str(value)


def render(
    series: Iterable[Series | DurationSeries], headers: Mapping[str, str]
) -> tuple[bytes, str]:
    """Return (body, content type) in the format that the scraper asks for by ``Accept``."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SuiteCollector(series))
    encoder, content_type = choose_encoder(headers.get("Accept") or "")
    return encoder(registry), content_type
