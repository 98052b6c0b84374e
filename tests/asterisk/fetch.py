"""Get a real Asterisk from Debian, without root and without installing it.

    installation = fetch(22)        # a folder with everything in it, fetched once

The packages are downloaded with the machine's own apt (from the mirror its own sources name) and
unpacked into a cache folder: $CACOFONISK_LAB, or `.asterisk/` in the checkout.
"""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

COMMON = """
    asterisk asterisk-modules asterisk-core-sounds-en-gsm libbsd0 libc6 libcap2 libcrypt1 libedit2
    libgcc-s1 libgsm1 libjansson4 libmd0 libsqlite3-0 libstdc++6 libsystemd0 libtinfo6 liburiparser1
    libuuid1 libxslt1.1 libzstd1 zlib1g
"""


@dataclass(frozen=True)
class Release:
    """Which Debian release has which Asterisk, and what it links to."""

    suite: str
    libraries: tuple[str, ...]
    security: bool  # it has a -security suite, with a newer Asterisk


RELEASES = {
    22: Release("forky", ("libssl3t64", "libxml2-16"), security=False),
    16: Release(
        "bullseye",
        ("libssl1.1", "libxml2", "libicu67", "libgcrypt20", "libgpg-error0", "liblz4-1", "liblzma5"),
        security=True,
    ),
}


class LabUnavailable(Exception):  # noqa: N818  # not an error: there is just no lab here
    """No real Asterisk can be had on this machine; the reason says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Installation:
    """An unpacked Asterisk: `command` starts it, with its own loader and its own libraries."""

    version: int
    root: Path

    @property
    def command(self) -> list[str]:
        loader = next(
            iter(
                sorted(self.root.glob("usr/lib*/**/ld-linux*.so.*")) + sorted(self.root.glob("lib*/**/ld-linux*.so.*"))
            )
        )
        return [
            str(loader),
            "--library-path",
            ":".join(map(str, self._libraries())),
            str(self.root / "usr/sbin/asterisk"),
        ]

    @property
    def modules(self) -> Path:
        return next(self.root.glob("usr/lib/**/asterisk/modules"))

    @property
    def data(self) -> Path:
        return self.root / "usr/share/asterisk"

    def _libraries(self) -> list[Path]:
        triplets = sorted(self.root.glob("lib/*-linux-gnu*")) + sorted(self.root.glob("usr/lib/*-linux-gnu*"))
        return [*triplets, self.root / "usr/lib"]


def cache_folder() -> Path:
    named = os.environ.get("CACOFONISK_LAB")
    return Path(named) if named else Path(__file__).resolve().parents[2] / ".asterisk"


def fetch(version: int, cache: Path | None = None) -> Installation:
    """The unpacked Asterisk of this version; downloads it if it is not there yet."""
    if version not in RELEASES:
        raise LabUnavailable(f"no Asterisk {version} here, only {sorted(RELEASES)}")
    cache = (cache or cache_folder()).resolve()
    root = cache / f"asterisk-{version}"
    if not root.is_dir():  # it gets this name only when it is whole
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with _lock(cache / f".asterisk-{version}.lock"):
                if not root.is_dir():
                    _build(RELEASES[version], root)
        except OSError as error:
            raise LabUnavailable(f"{cache}: {error}") from error
    return Installation(version, root)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One process at a time; the lock dies with its holder."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(release: Release, root: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    try:
        packages = _download(release, work)
        staged = work / "root"
        for package in packages:
            _run("dpkg-deb", "-x", str(package), str(staged))
        if not (staged / "usr/sbin/asterisk").exists():
            raise LabUnavailable(f"the packages of {release.suite} hold no asterisk")
        _link_sounds(staged / "usr/share/asterisk/sounds")
        staged.rename(root)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _link_sounds(sounds: Path) -> None:
    if (sounds / "en_US_f_Allison").is_dir() and not (sounds / "en").exists():
        (sounds / "en").symlink_to("en_US_f_Allison")


def _download(release: Release, work: Path) -> list[Path]:
    apt = _private_apt(release, work)
    debs = work / "debs"
    debs.mkdir()
    _run(*apt, "update")
    try:
        _run(*apt, "download", *COMMON.split(), *release.libraries, cwd=debs)
    except LabUnavailable:  # a library has another name by now: let apt find out what is needed
        archives = work / "cache/archives"
        _run(
            *apt,
            "install",
            "--download-only",
            "--no-install-recommends",
            "-y",
            "asterisk",
            "asterisk-core-sounds-en-gsm",
        )
        debs = archives
    return sorted(debs.glob("*.deb"))


def _private_apt(release: Release, work: Path) -> list[str]:
    """apt-get with a source list, state and cache of its own: the machine's are not touched."""
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    mirror, security = _mirrors()
    lines = [f"deb [signed-by={KEYRING}] {mirror} {release.suite} main"]
    if release.security:
        lines.append(f"deb [signed-by={KEYRING}] {security} {release.suite}-security main")
    (work / "sources.list").write_text("\n".join(lines) + "\n")
    options = {
        "Dir::Etc::SourceList": work / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State": work / "state",
        "Dir::State::Lists": work / "state/lists",
        "Dir::State::Status": work / "status",
        "Dir::Cache": work / "cache",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
    }
    return ["apt-get", "-qq", *(part for key, value in options.items() for part in ("-o", f"{key}={value}"))]


def _mirrors() -> tuple[str, str]:
    """The machine's own Debian mirror, and its mirror of the security updates."""
    if not KEYRING.exists():
        raise LabUnavailable(f"no {KEYRING}: this is not a Debian machine")
    codename = _codename()
    found = dict(_configured_suites())
    mirror = found.get(codename)
    if mirror is None:
        raise LabUnavailable(f"the machine's apt sources have no suite {codename}")
    security = found.get(f"{codename}-security") or re.sub(r"/debian$", "/debian-security", mirror)
    return mirror, security


def _codename() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise LabUnavailable("/etc/os-release has no VERSION_CODENAME")


def _configured_suites() -> Iterator[tuple[str, str]]:
    """(suite, URI of its mirror) of everything apt would update from."""
    listed = _run("apt-get", "update", "--print-uris", "-o", "Debug::NoLocking=1")
    for uri, suite in re.findall(r"^'([^']+)/dists/([^/']+)/InRelease'", listed, re.MULTILINE):
        yield suite, uri


def _run(*command: str, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        raise LabUnavailable(f"{command[0]} is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise LabUnavailable(f"{command[0]} did not end") from error
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout or "").strip().splitlines()
        raise LabUnavailable(f"{command[0]} failed: {lines[-1] if lines else error.returncode}") from error
    return done.stdout


if __name__ == "__main__":
    for version in RELEASES:
        print(fetch(version).root)
