"""TLS for connections to AMI: verified unless told otherwise."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

from cacofonisk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cacofonisk.sources._ami_url import Address

Path = str | os.PathLike[str]


def tls_context(
    *, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None, verify: bool = True
) -> ssl.SSLContext:
    """A context that trusts the system's authorities, or those in the file `ca` alone.

    `certificate` and `key` (None: in the same file) show who we are. Without `verify` anybody can pretend to be
    the server. Raises SourceError for files that cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        raise SourceError(f"{ca} holds no certificates of authorities: {_why(error)}") from None
    if ca is not None:
        # Whatever the version of Python: a certificate that is no authority's may be named itself (as 3.13 lets one),
        # and none needs the extensions (that 3.13 asks for) which Asterisk's own ast_tls_cert does not write.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if certificate is not None:
        try:
            # Without the password function OpenSSL would ask on the terminal.
            context.load_cert_chain(certificate, key, password=lambda: "")
        except OSError as error:
            where = certificate if key is None else f"{certificate} and {key}"
            raise SourceError(f"{where} hold no usable certificate with its key: {_why(error)}") from None
    elif key is not None:
        raise SourceError("a key needs its certificate: give both")
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def tls_for(
    addresses: Sequence[Address],
    *,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    verify: bool = True,
) -> ssl.SSLContext | None:
    """The context for those of these servers that are reached with TLS; None where none is.

    Raises SourceError also for files that would be of no use: who names them believes to be safe.
    """
    if any(address.tls for address in addresses):
        return tls_context(ca=ca, certificate=certificate, key=key, verify=verify)
    for name, file in (("ca", ca), ("certificate", certificate), ("key", key)):
        if file is not None:
            raise SourceError(f"{name} is for TLS, which ami:// does without: write amis:// (port 5039)")
    return None


_ANOTHER_HOST = (62, 64)  # OpenSSL's numbers for a certificate of another name or address


def why_no_tls(error: ssl.SSLError) -> str:
    """What went wrong with TLS, in words."""
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in _ANOTHER_HOST:
        host = error.verify_message.rpartition(" for ")[2].strip(" '.")
        return f"its certificate is not one of {host} (use the name that it is made for)"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message} (name its authority with ca, --ca)"
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return "it does not speak TLS at this port; is it ami:// rather than amis://?"
    return f"TLS failed: {(error.reason or 'unknown reason').lower().replace('_', ' ')}"


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not in PEM format, or locked with a password").lower().replace("_", " ")
    return (error.strerror or str(error)).lower()
