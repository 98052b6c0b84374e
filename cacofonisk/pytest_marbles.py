"""The pytest plugin: each case of a `*.marble` file is a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

# cacofonisk.testing is imported where it is used: pytest loads plugins in every project that has cacofonisk
# installed, long before it knows whether there is a marble file.
if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from pathlib import Path

    from cacofonisk.testing import Case

_rewritten = pytest.StashKey[list[str]]()


class MarbleMismatchError(Exception):
    """What came out is not what the diagram says; the text is the report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--marbles-rewrite`."""
    parser.getgroup("marbles", "marble diagrams").addoption(
        "--marbles-rewrite",
        action="store_true",
        help="write what really comes out into the *.marble files that were collected",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> MarbleFile | None:
    """Collect a marble file wherever it stands."""
    if file_path.suffix != ".marble":
        return None
    file: MarbleFile = MarbleFile.from_parent(parent, path=file_path)
    return file


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell which cases were rewritten."""
    rewritten = config.stash.get(_rewritten, [])
    if rewritten:
        terminalreporter.section("marbles rewritten")
        for place in rewritten:
            terminalreporter.write_line(place)


class MarbleFile(pytest.File):
    """A file of cases."""

    def collect(self) -> Iterator[MarbleItem]:
        """Each case; a mistake in the file is told in one line."""
        from cacofonisk.testing import MarbleError, read_marbles

        try:
            cases = read_marbles(_shortest(self.path, self.config))
        except MarbleError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            item: MarbleItem = MarbleItem.from_parent(self, name=case.title, case=case)
            yield item


class MarbleItem(pytest.Item):
    """A case as a test."""

    def __init__(self, *, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case

    def runtest(self) -> None:
        """Run the case; with `--marbles-rewrite` write down what came out."""
        from cacofonisk.testing import rewrite_case, run_case

        if self.config.getoption("--marbles-rewrite"):
            if rewrite_case(self.case.path, self.case.number):
                self.config.stash.setdefault(_rewritten, []).append(f"{self.case.path}: {self.case.title}")
            return
        outcome = run_case(self.case)
        if not outcome.passed:
            raise MarbleMismatchError(outcome.report())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report alone: where in the plugin it was raised helps nobody."""
        from cacofonisk.testing import MarbleError

        if isinstance(excinfo.value, MarbleMismatchError | MarbleError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[PathLike[str] | str, int, str]:
        """Where the case stands."""
        return self.path, self.case.line - 1, f"{self.path.stem}: {self.case.title}"


def _shortest(path: Path, config: pytest.Config) -> Path:
    """The path from where pytest was started, as a user would type it."""
    start = config.invocation_params.dir
    return path.relative_to(start) if path.is_relative_to(start) else path
