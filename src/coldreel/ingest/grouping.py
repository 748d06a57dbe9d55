"""Re-uploads: an item that is another one, altered, joins its group at the moment it is published."""

from __future__ import annotations

from coldreel.media.likeness import Fingerprint, is_one_video
from coldreel.store.store import Store


def group(store: Store, item: int, fingerprint: Fingerprint) -> None:
    """Keep the fingerprint, and make the item a duplicate of what it is like. Within a transaction.

    An item that has a fingerprint stays in the group where it is.
    """
    scene = None if fingerprint.is_plain else fingerprint.scene
    if not store.fingerprints.put(item, fingerprint.to_bytes(), scene):
        return
    # Not before: whoever holds an item that others may join must not wait for this.
    store.fingerprints.lock()
    like = find_like(store, item, fingerprint)
    if like is not None:
        store.fingerprints.group(item, like)


def find_like(store: Store, item: int, fingerprint: Fingerprint) -> int | None:
    """Another item that is the same video as this one, altered; None when none is known."""
    if fingerprint.is_plain:
        return None
    near = store.fingerprints.near(item, [fingerprint.scene, fingerprint.mirrored.scene])
    alike = (each.item for each in near if is_one_video(fingerprint, Fingerprint.from_bytes(each.content)))
    return next(alike, None)
