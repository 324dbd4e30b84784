"""A run from its first event to its last.

1. Take the id: make the run's folder with the lock held, or take over the queued folder that was made for this process.
2. Record the process, append `running`, or `queued` where it has to wait, enter the run into the index.
3. Let the caller append events and save artifacts.
4. End in exactly one terminal status: completed, failed or cancelled. A process that dies before that is found by the
   next looker, who gets the lock and appends `crashed` or `cancelled`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from types import TracebackType
from typing import Self

from core.base.errors import QlopError, StoreError
from core.base.events import TERMINAL_STATES, Event, RunState, StatusPayload
from core.base.identifiers import check_run_id
from core.store.atomic import write_json
from core.store.disk_room import LastRoom
from core.store.home import Home
from core.store.process_mark import mark_process, restore_mark
from core.store.process_record import ProcessRecord, describe_process
from core.store.queued_folder import take_over
from core.store.run_ending import last_status, traceback_of
from core.store.run_folder import RunFolder
from core.store.run_lock import RunLock
from core.store.run_results import RunResults
from core.store.run_store import RunStore

__all__ = ["RunSession", "open_run"]

_STARTED = "The run has started."


def open_run(
    home: Home,
    run_id: str,
    config: Mapping[str, object],
    environment: Mapping[str, object],
    *,
    owns_process: bool = True,
    waiting: StatusPayload | None = None,
    log_segment_bytes: int | None = None,
) -> RunSession:
    """Begin a run and return its session, to be used in a `with` block that ends it.

    Parameters
    ----------
    home : Home
        Where the run's folder is made.
    run_id : str
        A fresh UUID4; or that of a queued run which was prepared for this very process.
    config : mapping
        The config as resolved, in JSON types.
    environment : mapping
        What the run runs with (versions, seed, threads, command), in JSON types.
    owns_process : bool
        Whether this process exists for the run alone, so that cancelling the run may end it.
    waiting : StatusPayload, optional
        What a run says that has to wait first; it is then queued until `begin`.
    log_segment_bytes : int, optional
        The size from which on the log goes on in another file.

    Raises
    ------
    RunIdError
        If the id is no UUID4, or was used before.
    StoreError
        If the home cannot be written to.
    """
    process = describe_process(owns_process=owns_process)
    first = waiting or StatusPayload(state=RunState.RUNNING, current_status=_STARTED)
    if home.run_path(check_run_id(run_id)).is_dir():
        folder, lock = take_over(home, run_id, process)
        files = (config, environment)
        return RunSession(
            home, folder, lock, process, first_status=first, files=files, log_segment_bytes=log_segment_bytes
        )
    folder, lock = RunFolder.create(home, run_id, config, environment, first_status=first, process=process)
    return RunSession(home, folder, lock, process, log_segment_bytes=log_segment_bytes)


class RunSession(RunResults):
    """A living run: its events, its artifacts, and its one ending.

    Promises: when the `with` block ends the log has exactly one terminal status, on disk: completed; cancelled after
    RunCancelled or KeyboardInterrupt; failed after any other exception, which goes on to the caller. The index of runs
    follows the files; if it cannot be reached the run goes on, and the index catches up when someone next looks.

    Attributes
    ----------
    run_id : str
        The run's id.
    folder : RunFolder
        Its folder.
    events : FileEventLog
        Its event log, to append to from any thread of this process.
    """

    def __init__(
        self,
        home: Home,
        folder: RunFolder,
        lock: RunLock,
        process: ProcessRecord,
        *,
        first_status: StatusPayload | None = None,
        files: tuple[Mapping[str, object], Mapping[str, object]] | None = None,
        log_segment_bytes: int | None = None,
    ) -> None:
        self.run_id = folder.run_id
        self.folder = folder
        self._lock = lock
        self._store = RunStore(home)
        self._ending = "The run has completed."
        self._last_room = LastRoom(folder.path)
        self._is_ended_by_another = False
        self._begun_at: float | None = None
        try:
            self.events = folder.events(lock=lock, segment_bytes=log_segment_bytes)
            self._begin(first_status, files)
            if self.events.state() is RunState.RUNNING:
                self._begun_at = monotonic()
        except BaseException:
            self._last_room.give_back()
            lock.release()
            raise
        super().__init__(folder, self.events)
        self._mark_before = mark_process(self.run_id) if process.owns_process else None
        self._owns_process = process.owns_process
        self._store.upsert_if_possible(self.folder)

    @contextmanager
    def not_yet_at_work(self) -> Iterator[None]:
        """Let a run wait for its turn, and make ready for its work, in a `with` block before the session's.

        An exception in it ends the run, as in the session's own block.
        """
        try:
            yield
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise

    def begin(self) -> Event:
        """Say that a run which was queued is running."""
        self._begun_at = monotonic()
        return self.events.append(StatusPayload(state=RunState.RUNNING, current_status=_STARTED))

    def status(self, current_status: str, *, next_step: str = "") -> None:
        """Tell a person where the run stands; it stays running."""
        self.events.append(StatusPayload(state=RunState.RUNNING, current_status=current_status, next_step=next_step))

    def complete(self, current_status: str) -> None:
        """Choose the words of the completed status, which is appended when the `with` block ends well."""
        self._ending = current_status

    def end_now(self, error: QlopError) -> bool:
        """End the run as failed, from any thread; False where it has ended already.

        For whoever ends the process right after: the run's own thread can append nothing any more.
        """
        self._is_ended_by_another = True
        self._last_room.give_back()
        with suppress(StoreError):
            self.events.append(self._last_status(error))
            return True
        return self.events.state() not in TERMINAL_STATES

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._artifacts.discard_unfinished()
            self._last_room.give_back()
            if self._is_ended_by_another:
                return
            self._tell_the_end(error)
            self._store.upsert_if_possible(self.folder)
        finally:
            try:
                self.events.close()
            finally:
                self._lock.release()
                self._store.close()
                if self._owns_process:
                    restore_mark(self._mark_before)

    def _tell_the_end(self, error: BaseException | None) -> None:
        unforeseen = None if error is None else traceback_of(error)
        try:
            if unforeseen is not None:
                self.events.append(unforeseen)
            self.events.append(self._last_status(error))
        except StoreError as refused:
            # After a failure of the disk the log takes no other word than this one.
            self.events.append(self._last_status(error or refused))
            if error is None:
                raise

    def _last_status(self, error: BaseException | None) -> StatusPayload:
        elapsed_s = None if self._begun_at is None else round(monotonic() - self._begun_at, 3)
        return last_status(self.run_id, error, self._ending, elapsed_s)

    def _begin(
        self,
        first_status: StatusPayload | None,
        files: tuple[Mapping[str, object], Mapping[str, object]] | None,
    ) -> None:
        if files is not None:
            write_json(self.folder.path / "config.json", files[0])
            # What the starter knew stays.
            write_json(self.folder.path / "environment.json", {**self.folder.environment(), **files[1]})
        if first_status is not None:
            self.events.append(first_status)
