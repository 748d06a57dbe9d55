"""One tree of errors. A class's docstring is its default message; each says what a person can do next."""

from __future__ import annotations

import inspect
from typing import ClassVar


class ColdreelError(Exception):
    """Something went wrong inside coldreel; `coldreel doctor` shows what this machine has."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.cleandoc(type(self).__doc__ or self.code))

    @property
    def message(self) -> str:
        return str(self.args[0])


class SettingsError(ColdreelError):
    """A setting has a value that coldreel cannot use."""

    code = "settings"


class UnknownItemError(ColdreelError):
    """No item has that ref; `coldreel search` finds items by their words."""

    code = "unknown_item"
    status = 404


class AmbiguousRefError(ColdreelError):
    """Several items answer to that name; use one of their refs."""

    code = "ambiguous_ref"
    status = 409


class UnknownUserError(ColdreelError):
    """No such user; users appear with their first feed or feedback."""

    code = "unknown_user"
    status = 404


class UnknownSourceError(ColdreelError):
    """Nothing of that source failed or was rejected; `coldreel status --failures` lists those that did."""

    code = "unknown_source"
    status = 404


class NotPlayableError(ColdreelError):
    """There is nothing to play yet: a rendition of this video is still to be made, or could not be made."""

    code = "not_playable"
    status = 404


class InvalidRequestError(ColdreelError):
    """The request cannot be understood; its fields are described at /api/openapi.json."""

    code = "invalid_request"
    status = 422


class ForbiddenError(ColdreelError):
    """This needs the API key: send it as `Authorization: Bearer …`."""

    code = "forbidden"
    status = 403


class SourceError(ColdreelError):
    """The source cannot be listed; check the path or address and the permission to read it."""

    code = "source"
    status = 422


class NothingToDoError(SourceError):
    """No video was found there."""

    code = "no_video_found"


class PartDiedError(ColdreelError):
    """A part of coldreel does not stay alive; what it said stands above."""

    code = "part_died"


class MissingPackageError(ColdreelError):
    """This needs a package that is not installed."""

    code = "missing_package"


class ProviderError(ColdreelError):
    """The provider cannot be used; `coldreel doctor` says what it needs."""

    code = "provider"


class UnauthorisedError(ProviderError):
    """The provider does not accept the key; check it, and that it may use the model."""

    code = "unauthorised"


class BudgetReachedError(ProviderError):
    """The budget is spent; a higher --budget goes on from here."""

    code = "budget_reached"


class RateLimitedError(ProviderError):
    """The provider takes no more requests for now; the work waits, and goes on by itself."""

    code = "rate_limited"
    status = 503
    retryable = True

    def __init__(self, message: str | None = None, retry_after_s: float = 30.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnavailableError(ProviderError):
    """The provider did not answer, or said that something is wrong with itself; it is tried again."""

    code = "provider_unavailable"
    status = 503
    retryable = True


class BadAnswerError(ProviderError):
    """The provider's answer cannot be used; it is asked again."""

    code = "bad_answer"
    status = 502
    retryable = True


class UnknownThereError(ProviderError):
    """The provider does not know what it was asked for; check the setting that names the model."""

    code = "unknown_there"


class BatchLostError(ProviderError):
    """A batch came to nothing; its requests are sent with another."""

    code = "batch_lost"
    status = 502
    retryable = True


class RefusedError(ProviderError):
    """The provider would not describe it; `coldreel redescribe --failed --provider NAME` asks another."""

    code = "refused"
    status = 502


class DiskFullError(ColdreelError):
    """The disk is full; make room."""

    code = "disk_full"
    status = 507
    retryable = True


class DemoError(ColdreelError):
    """The demo shorts could not be drawn; check that their folder can be written and the disk has room."""

    code = "demo"


class AlreadyLearningError(ColdreelError):
    """Another process is learning right now; try again when it is done."""

    code = "already_learning"
    status = 409
    retryable = True


# --- the database ----------------------------------------


class DatabaseError(ColdreelError):
    """The database cannot be used; the log in the data folder says more."""

    code = "database"
    status = 503
    retryable = True


class DatabaseTooOldError(DatabaseError):
    """coldreel needs PostgreSQL 16 or newer with pgvector 0.8 or newer."""

    code = "database_too_old"
    retryable = False


class DataFolderError(DatabaseError):
    """The data folder cannot be written; choose another with --data-dir."""

    code = "data_folder"
    retryable = False


class MigrationError(DatabaseError):
    """The schema in the database does not fit this version of coldreel."""

    code = "migration"
    retryable = False


class SpaceMovedError(DatabaseError):
    """The catalogue has moved to another space meanwhile; the work goes on there."""

    code = "space_moved"
    status = 409


class ParkedError(ColdreelError):
    """The work waits for an answer that was asked for together with others."""

    code = "parked"

    def __init__(self, message: str | None = None, awaits: str = "") -> None:
        super().__init__(message)
        self.awaits = awaits


class NotMovedError(ColdreelError):
    """Not every item could be placed in the other space, so the catalogue stays where it is."""

    code = "not_moved"
    status = 409


class LostClaimError(ColdreelError):
    """The lease on this work ran out and another worker has it; nothing was written."""

    code = "lost_claim"
    status = 409


# --- files that are no use: rejected, not tried again ----------------------------------------


class RejectedError(ColdreelError):
    """The file is no use as a short video."""

    code = "rejected"
    status = 422


class EmptyFileError(RejectedError):
    """The file is empty."""

    code = "empty"


class NotAVideoError(RejectedError):
    """The file is not a video that coldreel can open."""

    code = "not_a_video"


class NoPictureError(RejectedError):
    """The file has sound but no moving picture."""

    code = "no_picture"


class UnsupportedError(RejectedError):
    """The file's format or codec is not on the list that coldreel opens."""

    code = "unsupported"


class TooLongError(RejectedError):
    """The video is longer than the limit (COLDREEL_MAX_DURATION_S)."""

    code = "too_long"


class TooLargeError(RejectedError):
    """The picture or the file is larger than the limit (COLDREEL_MAX_PIXELS, COLDREEL_MAX_BYTES)."""

    code = "too_large"


class CorruptError(RejectedError):
    """The file opens, but not one frame of it can be decoded."""

    code = "corrupt"


class DeletedError(RejectedError):
    """This very video was deleted from the catalogue and is not taken in again."""

    code = "deleted"


class NotKeptError(RejectedError):
    """The file was sent in, could not be used and was not kept; send it in again."""

    code = "not_kept"


class RefTakenError(RejectedError):
    """Another video already has the ref that was given; give this one another."""

    code = "ref_taken"


# --- work that failed: tried again where that can help, then failed ----------------------------------------


class WorkError(ColdreelError):
    """The work failed and is tried again."""

    code = "work"
    retryable = True


class UnreadableError(WorkError):
    """The file cannot be read; check that it is there and may be read, then `coldreel ingest` it again."""

    code = "unreadable"


class ChildDiedError(WorkError):
    """The process that decoded the file died; the file may be broken."""

    code = "child_died"


class TooSlowError(WorkError):
    """Decoding took longer than the limit (COLDREEL_DECODE_SECONDS)."""

    code = "too_slow"


class RenderTooSlowError(WorkError):
    """Coding it anew for browsers took longer than the limit (COLDREEL_RENDER_SECONDS)."""

    code = "render_too_slow"
    retryable = False


class OutOfMemoryError(WorkError):
    """Decoding needed more memory than the limit (COLDREEL_CHILD_MEMORY_MB)."""

    code = "out_of_memory"
