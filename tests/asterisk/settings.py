"""The files of config/, filled in for one PBX: its ports, its channel technology, its folders."""

import shutil
import subprocess
from pathlib import Path

from .fetch import Installation

TEMPLATES = Path(__file__).parent / "config"

OPENSSL = """
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1
"""


def write_settings(folder: Path, installation: Installation, *, chan_sip: bool, ports: dict[str, int]) -> None:
    """Make the folder one that Asterisk can run in."""
    for name in ("etc", "var/keys", "spool/monitor", "run", "log"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    values = {
        "MODULES": str(installation.modules),
        "DATA": str(installation.data),
        "TECH": "SIP" if chan_sip else "PJSIP",
        "OTHER_CHANNELS": "chan_pjsip*" if chan_sip else "chan_sip*",
        "OTHER_STACK": "res_pjsip*" if chan_sip else "chan_sip*",
        "TRUNK_BEFORE": "SIP/trunk/" if chan_sip else "PJSIP/",
        "TRUNK_AFTER": "" if chan_sip else "@trunk",
        "SELF_BEFORE": "SIP/self/" if chan_sip else "PJSIP/",
        "SELF_AFTER": "" if chan_sip else "@self",
        "AMI_TLS": "yes" if make_certificate(folder / "etc") else "no",
        **{name: str(port) for name, port in ports.items()},
    }
    for template in sorted(TEMPLATES.glob("*.conf")):
        text = template.read_text()
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        if template.name == "modules.conf":
            text = expand_stars(text, installation.modules)
        (folder / "etc" / template.name).write_text(text)


def expand_stars(text: str, modules: Path) -> str:
    """Asterisk wants whole names: `noload = cdr_*` becomes a line for each module that fits."""
    lines: dict[str, None] = {}
    for line in text.splitlines():
        key, _, pattern = line.partition(" = ")
        if pattern.endswith("*"):
            lines |= dict.fromkeys(f"{key} = {path.name}" for path in sorted(modules.glob(pattern)))
        else:
            lines[line] = None
    return "\n".join([*lines, ""])


def make_certificate(folder: Path) -> bool:
    """A self-signed certificate for localhost; without openssl there is no AMI over TLS."""
    pem = folder / "ami.pem"
    if not pem.exists() and shutil.which("openssl"):
        key, certificate = folder / "ami.key", folder / "ami.crt"
        command = [*OPENSSL.split(), "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(command, check=True, capture_output=True)
        pem.write_bytes(key.read_bytes() + certificate.read_bytes())
        pem.chmod(0o600)
    return pem.exists()
