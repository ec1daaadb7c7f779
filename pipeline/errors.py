"""The error tree of this floor; each error says what becomes of the document.

FaxformsError
├── OriginalDamaged     the stored original is gone or changed: the document is marked `failed` and waits for a person
├── OriginalRemoved     the original was removed after its retention: nothing of it can be shown, what was read stands
├── OriginalsAway       the store of originals is not there, or not ours: nothing changes, trying again can help
├── SealBroken          what was encrypted was changed or cut off: as OriginalDamaged
├── KeyMissing          the key that encrypted it is not given: the work stops, every document goes on waiting
├── KeysUnusable        the keys cannot be read: nothing is opened
├── ClaimLost           another took the document over after our lease ran out: our work on it is dropped, theirs stands
├── SourceConflict      a file changed while it was read, or its id was used for other bytes: it is not taken in
├── UploadRefused       an upload without a key that opens, or that cannot be so: nothing is taken in
├── RepairRefused       a document of the ledger that this cannot be done to: nothing changes
├── ManifestError       the manifest cannot be used: nothing of it is taken in
├── RegistryFileError   the registry file cannot be used: nothing of it is imported
├── DatabaseOutdated    the database is another version's: nothing is done until it is upgraded
├── NotHeld             the form waits for nobody: nobody can accept it, nothing changes
├── DecisionRefused     a decision that this person cannot make of this item now: nothing changes, it goes on waiting
├── NotLoggedIn         nobody is logged in: the review station shows the log-in
├── NotAllowed          the station does not do this for that role, or for another site's page: nothing changes
├── LoginThrottled      too many log-ins failed lately: this one is not even tried
├── UserRefused         a user that cannot be so: nothing changes
├── CorrectionRefused   the form has no such field, or it cannot say that: nothing changes
├── CheckRefused        what somebody keyed blindly cannot be taken: nothing changes
├── NotThere            the document or page asked for does not exist: nothing changes
├── NothingToTell       no finding of the form concerns its sender: no notice is made, the form goes on waiting
├── WordsMissing        the rulebook has no words for the sender: no notice is made until it has
├── NoticeTextError     the edited words of a notice cannot be used: no notice is made
├── RetentionUnusable   the file of classes cannot be used: nothing is removed
├── HoldRefused         a legal hold that cannot be so: nothing changes
├── BackupUnusable      a backup that is not whole, or a place where none can be made or restored: nothing changes
├── KnownValuesError    the file of true values cannot be used: nothing is calibrated
└── ExportFileError     the cursor file of an export cannot be used: nothing is written

Messages name documents by number or hash, never by a path or a patient's data.
"""

from __future__ import annotations

from extractors.errors import FaxformsError


class OriginalDamaged(FaxformsError):
    """The stored original is gone or its bytes have another hash than its name."""


class OriginalRemoved(FaxformsError):
    """An original that was removed when its retention had ended."""


class OriginalsAway(FaxformsError):
    """The store of originals does not answer, or is not the one that belongs to the database."""


class SealBroken(FaxformsError):
    """Something encrypted that is not as it was written."""


class KeyMissing(FaxformsError):
    """Something encrypted by a key that is not given."""


class KeysUnusable(FaxformsError):
    """A key file or key that cannot be used."""


class ClaimLost(FaxformsError):
    """The lease on a document or review item is no longer ours."""


class SourceConflict(FaxformsError):
    """A file whose bytes are not those that its name or id stood for."""


class UploadRefused(FaxformsError):
    """An upload that is not taken in; its words are for the program that sent it. `status` is what HTTP calls it."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


class RepairRefused(FaxformsError):
    """A repair that does not fit how far the document has come."""


class ManifestError(FaxformsError):
    """A manifest, or a path named beside it, that cannot be used."""


class RegistryFileError(FaxformsError):
    """A registry file that cannot be used."""


class DatabaseOutdated(FaxformsError):
    """A database with the tables of another version of the program."""


class NotHeld(FaxformsError):
    """A form that a person wants to decide, and that waits for nobody."""


class DecisionRefused(FaxformsError):
    """A decision that cannot stand; its words are for the person who made it."""


class NotLoggedIn(FaxformsError):
    """A request without a session that goes on."""


class NotAllowed(FaxformsError):
    """A request that the role may not make, or that no page of the session made."""


class LoginThrottled(FaxformsError):
    """A log-in after too many that failed."""


class UserRefused(FaxformsError):
    """A user with a name, password or role that cannot be."""


class CorrectionRefused(FaxformsError):
    """A correction that does not fit the form."""


class CheckRefused(FaxformsError):
    """A blind entry that its person may not make, or that does not fit the form."""


class NotThere(FaxformsError):
    """A document or page that does not exist."""


class NothingToTell(FaxformsError):
    """A notice was asked for, and there is nothing for the sender in it."""


class WordsMissing(FaxformsError):
    """A rule without words for the sender."""


class NoticeTextError(FaxformsError):
    """Words of a notice that cannot be used."""


class ExportFileError(FaxformsError):
    """A cursor file that cannot be used."""


class RetentionUnusable(FaxformsError):
    """A file of document classes that cannot be used."""


class HoldRefused(FaxformsError):
    """A legal hold that lacks something, or that was released before."""


class BackupUnusable(FaxformsError):
    """A backup that is not whole, or a place where none can be made or restored."""


class KnownValuesError(FaxformsError):
    """A file of true values that cannot be used, or that knows too little."""
