"""TLS of connections to MySQL: the options of a URL, named as in MySQL's own clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from medallion.errors import did_you_mean

if TYPE_CHECKING:
    from ssl import SSLContext

_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
_OPTIONS = ("ssl-mode", "ssl-ca", "ssl-cert", "ssl-key")


def check_options(url: str) -> None:
    """Raise ValueError for an option of a URL that is not known."""
    options = dict(parse_qsl(urlsplit(url).query))
    for name in options.keys() - set(_OPTIONS):
        raise ValueError(f"unknown option {name!r} in the URL{did_you_mean(name, _OPTIONS)}")
    if (mode := _mode(options)) not in _MODES:
        raise ValueError(f"ssl-mode in the URL is one of {', '.join(_MODES)}, not {mode!r}")
    if "ssl-ca" in options and not mode.startswith("verify"):
        raise ValueError("ssl-ca in the URL is for ssl-mode verify_ca or verify_identity")


def tls_arguments(options: Mapping[str, str]) -> dict[str, Any]:
    """What PyMySQL needs: by default TLS where the server has it, without a check of its name."""
    mode = _mode(options)
    if mode == "disabled":
        return {"ssl_disabled": True}
    if mode == "preferred" and "ssl-cert" not in options:
        return {}
    return {"ssl": _context(mode, options)}


def _mode(options: Mapping[str, str]) -> str:
    default = "verify_identity" if "ssl-ca" in options else "preferred"
    return options.get("ssl-mode", default).lower().replace("-", "_")


def _context(mode: str, options: Mapping[str, str]) -> SSLContext:
    import ssl

    context = ssl.create_default_context(cafile=options.get("ssl-ca"))
    # Certificates that MySQL makes for itself lack an extension that this flag requires.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = mode == "verify_identity"
    if not mode.startswith("verify"):
        context.verify_mode = ssl.CERT_NONE
    if "ssl-cert" in options:
        context.load_cert_chain(options["ssl-cert"], options.get("ssl-key"))
    return context
