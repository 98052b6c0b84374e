"""A real Asterisk on loopback, with ports and files of its own.

async with Pbx(version=22, technology="pjsip") as pbx:
    ...                     # pbx.sip_port, pbx.ami_port, pbx.ami_tls_port
    await pbx.kill()        # as if the power failed
    await pbx.start()
"""

import asyncio
import ctypes
import random
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from .ami import Ami
from .fetch import Installation, LabUnavailable, fetch
from .ports import Ports
from .settings import write_settings

Technology = Literal["pjsip", "chan_sip"]

READY_WITHIN = 20.0
RTP_PORTS = 4000  # chan_sip keeps a port for half a minute after its call
PR_SET_PDEATHSIG = 1


class Pbx:
    def __init__(self, version: int = 22, technology: Technology = "pjsip", trunk_port: int = 0) -> None:
        if technology == "chan_sip" and version != 16:
            raise LabUnavailable(f"Asterisk {version} has no chan_sip")
        self.version = version
        self.technology = technology
        self.trunk_port = trunk_port
        self.far_iax_port = 0
        """Where its IAX2 trunk leads; 0: back to itself."""
        self.release = ""  # what it says of itself, e.g. "Asterisk 22.10.1"
        self.folder = Path()
        self._process: asyncio.subprocess.Process | None = None
        self._installation: Installation | None = None
        self._ports = Ports()
        self.sip_port = self.iax_port = self.ami_port = self.ami_tls_port = 0

    @property
    def channel_prefix(self) -> str:
        return "SIP" if self.technology == "chan_sip" else "PJSIP"

    async def __aenter__(self) -> Self:
        self._installation = await asyncio.to_thread(fetch, self.version)
        self.folder = Path(tempfile.mkdtemp(prefix="cacofonisk-lab-"))
        try:
            self.sip_port, self.iax_port = self._ports.udp(), self._ports.udp()
            self.ami_port, self.ami_tls_port = self._ports.tcp(), self._ports.tcp()
            await asyncio.to_thread(self._write_settings)
            await self.start()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        self._ports.close()
        if self.folder != Path():  # else it never got so far
            shutil.rmtree(self.folder, ignore_errors=True)

    async def start(self) -> None:
        """Start the PBX and wait until it takes calls."""
        assert self._installation
        command = [*self._installation.command, "-C", str(self.folder / "etc/asterisk.conf"), "-f"]
        with (self.folder / "log/output.log").open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        try:
            async with asyncio.timeout(READY_WITHIN):
                await self._booted()
        except TimeoutError:
            await self.kill()
            raise LabUnavailable(f"Asterisk {self.version} did not start: {self._last_words()}") from None

    async def kill(self) -> None:
        """SIGKILL: connections just end, nobody is told anything."""
        await self._end(signal.SIGKILL)

    async def stop_gracefully(self) -> None:
        """An orderly stop: calls are hung up, AMI says Shutdown."""
        await self._end(signal.SIGTERM)

    async def restart(self) -> None:
        """Kill it and start it again on the same ports."""
        await self.kill()
        await self.start()

    async def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(how)
            try:
                await asyncio.wait_for(self._process.wait(), 10)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _booted(self) -> None:
        assert self._process
        while self._process.returncode is None:
            ami = Ami()
            with suppress(OSError, ConnectionError, asyncio.IncompleteReadError):
                await ami.connect(self.ami_port)
                await ami.until(lambda packet: packet.get("Event") == "FullyBooted")
                self.release = f"Asterisk {(await ami.action('CoreSettings'))['AsteriskVersion']}"
                await ami.close()
                return
            await ami.close()
            await asyncio.sleep(0.05)
        raise LabUnavailable(f"Asterisk {self.version} ended at once: {self._last_words()}")

    def _last_words(self) -> str:
        logs = [self.folder / "log/output.log", self.folder / "log/messages.log"]
        lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]
        return " / ".join(lines[-3:])

    def _write_settings(self) -> None:
        assert self._installation
        rtp_first = random.randrange(10000, 28000, 2)  # noqa: S311  # Asterisk skips those in use
        ports = {
            "SIP_PORT": self.sip_port,
            "TRUNK_PORT": self.trunk_port or 9,
            "IAX_PORT": self.iax_port,
            "FAR_IAX_PORT": self.far_iax_port or self.iax_port,
            "AMI_PORT": self.ami_port,
            "AMI_TLS_PORT": self.ami_tls_port,
            "RTP_FIRST": rtp_first,
            "RTP_LAST": rtp_first + RTP_PORTS,
        }
        write_settings(self.folder, self._installation, chan_sip=self.technology == "chan_sip", ports=ports)


def die_with_parent() -> None:
    """Runs in the PBX's process before it is Asterisk: no PBX outlives a lab that was killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
