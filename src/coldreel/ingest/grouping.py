"""Re-uploads: an item that is another one, altered, joins its group at the moment it is published."""

from __future__ import annotations

from coldreel.media.likeness import Fingerprint, is_one_video
from coldreel.store.store import Store

_ASKED_SECONDS = 24
"""More than are kept: a re-upload may begin some seconds earlier."""


def group(store: Store, item: int, fingerprint: Fingerprint) -> None:
    """Keep the fingerprint, and make the item a duplicate of what it is like. Within a transaction.

    An item that has a fingerprint stays in the group where it is.
    """
    store.fingerprints.lock()
    if not store.fingerprints.put(item, fingerprint.to_bytes(), fingerprint.keys()):
        return
    keys = {*fingerprint.keys(_ASKED_SECONDS), *fingerprint.mirrored.keys(_ASKED_SECONDS)}
    for near in store.fingerprints.near(item, sorted(keys)):
        if is_one_video(fingerprint, Fingerprint.from_bytes(near.content)):
            store.fingerprints.group(item, near.item)
            return
