"""Counts what held and what did not, and prints a line for each group of checks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

SHOWN_FAILURES = 12


class Report:
    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self.notes: list[str] = []
        self._failures: list[str] = []
        self._missing: str | None = None

    def check(self, holds: bool, message: str) -> bool:
        """Counts one check; `message` says what was expected of what, for when it does not hold."""
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            self._failures.append(message)
        return holds

    def fail(self, message: str) -> None:
        self.check(False, message)

    def note(self, text: str) -> None:
        """A figure for the line of the running group."""
        self.notes.append(text)

    def not_run(self, reason: str) -> None:
        """The running group needs something that is not here. It counts neither way, and its line says so."""
        self._missing = reason

    @contextmanager
    def group(self, name: str) -> Iterator[None]:
        """Prints the group's line when it ends. An error inside counts as one failure and ends the group only."""
        before, begin = (self.passed, self.failed), time.monotonic()
        self.notes, self._failures, self._missing = [], [], None
        try:
            yield
        except Exception as error:  # noqa: BLE001 - one broken group must not hide the others
            self.fail(f"{type(error).__name__}: {error}")
        passed, failed = self.passed - before[0], self.failed - before[1]
        if self._missing is not None and failed == 0:
            print(f"NOT RUN {name}: {self._missing}", flush=True)
            return
        if passed + failed == 0:
            self.fail("nothing was checked")
            failed = 1
        counts = f"{passed} passed" + (f", {failed} failed" if failed else "")
        details = "".join(f", {note}" for note in self.notes)
        seconds = time.monotonic() - begin
        print(f"{'FAIL' if failed else 'ok  '} {name}: {counts}{details} ({seconds:.1f} s)", flush=True)
        for message in self._failures[:SHOWN_FAILURES]:
            print(f"     {message[:1000]}", flush=True)
        if failed > SHOWN_FAILURES:
            print(f"     and {failed - SHOWN_FAILURES} more", flush=True)
