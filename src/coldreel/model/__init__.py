"""The nouns of coldreel. Every part takes and returns these."""

from coldreel.model.descriptions import Description, Understanding
from coldreel.model.feed import EVERYTHING, Feed, FeedItem, Origin, Policy, Slot
from coldreel.model.feedback import LONGEST_NAME, WATCHING, Event, EventKind, Interaction, Interests, Refusal
from coldreel.model.footage import (
    SOUND_RATE,
    Footage,
    Material,
    MediaFacts,
    Picture,
    Playback,
    Spoken,
    Transcript,
)
from coldreel.model.items import Item, SearchHit, SimilarItem
from coldreel.model.learned import ModelKind, Weights
from coldreel.model.sources import Failure, Given, Listing, Progress, Stage, State
from coldreel.model.standings import Board, Census, ItemStats, Ranked, Standings, Trial
from coldreel.model.vectors import Vector, cosine_at, likeness

__all__ = [
    "EVERYTHING",
    "LONGEST_NAME",
    "SOUND_RATE",
    "WATCHING",
    "Board",
    "Census",
    "Description",
    "Event",
    "EventKind",
    "Failure",
    "Feed",
    "FeedItem",
    "Footage",
    "Given",
    "Interaction",
    "Interests",
    "Item",
    "ItemStats",
    "Listing",
    "Material",
    "MediaFacts",
    "ModelKind",
    "Origin",
    "Picture",
    "Playback",
    "Policy",
    "Progress",
    "Ranked",
    "Refusal",
    "SearchHit",
    "SimilarItem",
    "Slot",
    "Spoken",
    "Stage",
    "Standings",
    "State",
    "Transcript",
    "Trial",
    "Understanding",
    "Vector",
    "Weights",
    "cosine_at",
    "likeness",
]
