"""From one settings object to the configs of the parts."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from coldreel.app.queries import Queries
from coldreel.errors import ProviderError
from coldreel.ingest.batching import BatchRules
from coldreel.ingest.decoding import DecodingRules
from coldreel.ingest.metadata import split_tags
from coldreel.ingest.paying import MeterRules
from coldreel.ingest.worker import WorkerRules
from coldreel.learn.counting import CountingRules
from coldreel.learn.posterior import TrialRules
from coldreel.media.child import ChildLimits
from coldreel.media.limits import Limits
from coldreel.model import Policy, Stage
from coldreel.recommend.desk import DeskRules
from coldreel.recommend.feed import FeedRules
from coldreel.recommend.recommendations import Recommendations
from coldreel.recommend.scoring import SHIPPED
from coldreel.recommend.selection import SelectionRules
from coldreel.recommend.showcase import Showcases
from coldreel.settings import Settings
from coldreel.store.embedded.server import LEAST_CONNECTIONS, EmbeddedServer
from coldreel.store.ledger import LedgerRules
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from coldreel.understand.choice import Chosen, Rooms
from coldreel.understand.spaces import TEXT, Space
from coldreel.understand.speech import Recogniser


def limits(settings: Settings) -> Limits:
    names = (limit.name for limit in fields(Limits))
    return Limits(**{name: getattr(settings, name) for name in names})


def ledger_rules(settings: Settings) -> LedgerRules:
    return LedgerRules(
        lease_s=settings.lease_s, max_errors=settings.max_errors, max_lost_leases=settings.max_lost_leases
    )


def decoding_rules(settings: Settings) -> DecodingRules:
    return DecodingRules(
        limits(settings),
        decode_seconds=settings.decode_seconds,
        render_seconds=settings.render_seconds,
        hardware=settings.hwaccel == "auto",
    )


def recogniser(settings: Settings) -> Recogniser | None:
    """Who writes down what is said; None where that is not set up. Raises ProviderError for half a set-up."""
    return None if settings.speech_model is None else Recogniser.open(settings)


def batch_rules() -> BatchRules:
    return BatchRules()


def worker_rules(settings: Settings, stages: tuple[Stage, ...]) -> WorkerRules:
    known = tuple(stage for stage in WorkerRules(1).stages if stage in stages)  # in their order
    return WorkerRules(slots=settings.workers, stages=known)


def child_limits(settings: Settings) -> ChildLimits:
    return ChildLimits(
        memory_mb=settings.child_memory_mb,
        device=settings.hwaccel == "auto",
        file_mb=max(1, 2 * settings.max_bytes // 2**20),
    )


def recommendations(settings: Settings, store: Store, rooms: Rooms) -> Recommendations:
    return Recommendations(
        store,
        Queries(rooms).probe,
        Showcases(store, lambda space: store.models.weights(space) or SHIPPED),
        feed_rules(settings),
        DeskRules(hold_back_s=settings.hold_back_s),
    )


def feed_rules(settings: Settings) -> FeedRules:
    selection = SelectionRules(
        random_share=settings.random_share,
        explore_per_item=settings.explore_per_item,
        explore_per_day=settings.explore_per_day,
    )
    return FeedRules(selection=selection, policy=policy(settings), show_again=settings.show_again)


def policy(settings: Settings) -> Policy:
    """What this deployment recommends."""
    return Policy(
        exclude_tags=split_tags(settings.exclude_tags),
        min_age_s=settings.min_age_s,
        with_sound=settings.with_sound,
        max_duration_s=settings.feed_max_duration_s,
    )


def counting_rules(settings: Settings) -> CountingRules:
    trial = TrialRules(budget=settings.explore_per_item)
    return CountingRules(trial=trial, pause=timedelta(seconds=settings.count_s))


def embedded_server(settings: Settings) -> EmbeddedServer:
    """The data folder's server, with connections for `coldreel up` and as many for what runs beside it."""
    processes = 2 + settings.server_processes  # itself, its worker, its server
    asked = 2 * processes * pool_size(settings)
    return EmbeddedServer(settings.data_dir, connections=max(asked, LEAST_CONNECTIONS))


def pool_size(settings: Settings) -> int:
    """Connections of one process, at most."""
    return settings.connections + settings.workers


def check_space(active: StoredSpace | None, chosen: Chosen) -> None:
    """Raises ProviderError when the catalogue lives in another space than the one that is filled."""
    space = chosen.space
    if active is not None and active.recipe != space.recipe():
        raise ProviderError(
            f"The catalogue lives in the space {active.name}, and {chosen.provider.name} makes {space.name}; "
            "vectors of two spaces cannot be compared. --provider auto stays with who took the videos in; "
            f"`coldreel reembed --provider {chosen.provider.name}` moves the catalogue"
        )


def ensure_space(store: Store, space: Space) -> StoredSpace:
    """The space in the database, made where missing."""
    return store.spaces.ensure(space.name, space.recipe(), space.dimensions, space.place_of(TEXT))


QUERY_PATIENCE_S = 1.0
"""Whoever searches does not wait for the turn of a paid call for longer: words alone must do."""


def meter_rules(settings: Settings, patience_s: float | None = None) -> MeterRules:
    return MeterRules(settings.requests_per_minute, settings.budget, patience_s)
