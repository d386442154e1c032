"""Secrets: values that no output may show, masked by value in every encoding.

The values of environment variables and `.env`, URLs and storage options are registered when they
are read, once for the whole process. `mask` then finds them in any text: as they are,
percent-encoded, or escaped for JSON, Python, SQL, HTML or a shell, even several times.
"""

from __future__ import annotations

import logging
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any
from urllib.parse import unquote

MASK = "***"
SHORTEST = 4  # a shorter value is masked only where a URL shows that it is a password

_SECRET_NAME = re.compile("KEY|SECRET|TOKEN|PASS|_PWD|CREDENTIAL", re.IGNORECASE)
_PLACE_NAME = re.compile("(?:FILE|DIR|PATH|SOCK|SOCKET)$", re.IGNORECASE)
_OPTION_NAME = (
    "(?:password|passwd|pwd|passphrase|secret|token|credentials?|signature|(?:api|access)_?key)"
)
SECRET_SETTING = re.compile(rf"{_OPTION_NAME}$", re.IGNORECASE)
_OPTION = re.compile(rf"[?&;]([\w.%-]*{_OPTION_NAME})=", re.IGNORECASE)
_PROPERTY = re.compile(r"AWS_SESSION_TOKEN:([^,&\s]+)")
# Not `github://OWNER:REPOSITORY@REF`, which has no password.
_URL = re.compile(r"(?!github://)([a-zA-Z][\w+.-]*)://([^\s].*)", re.DOTALL)
_HOST = r"(?:\[[\da-fA-F:.%]*\]|[\w.%-]*)(?::\d*)?"
_HOSTS = re.compile(rf"{_HOST}(?:,{_HOST})*")

# Of URLs that are not registered; one with a raw "/" or "@" in its password is masked too much.
_UNKNOWN_PASSWORD = re.compile(r"""((?<!github)://[^\s:/@"'<>]*):(?:[^\s/"'<>]*|[^\s"'<>]*?)@""")
_UNKNOWN_OPTION = re.compile(rf"""([?&;][\w.%-]*{_OPTION_NAME}=)[^&;\s"'<>]+""", re.IGNORECASE)
GITHUB_TOKEN = re.compile(r"\b(?:gh[oprsu]_|github_pat_)\w{16,}")

_DOUBLED = "'\"$%{}"
_SHORT_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\0": "0"}


class SecretRegistry:
    """The secrets of this process."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all secrets, in a process that continues with other pipelines."""
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._any: re.Pattern[str] | None = None

    def add(self, *values: str | None) -> None:
        """Register values, and their forms without percent-encoding."""
        for value in values:
            for form in _decoded(value or ""):
                if len(form) >= SHORTEST:
                    self._register(form)

    def add_variables(self, variables: Mapping[str, str]) -> None:
        """Register the values of variables such as `S3_SECRET_KEY`, and the credentials in URLs."""
        for name, value in variables.items():
            if _SECRET_NAME.search(name) and not _PLACE_NAME.search(name):
                self.add(value)
            self.add_url(value)

    def add_setting(self, name: str, value: object) -> None:
        """Register the value of a setting with a name such as `password`."""
        if isinstance(value, str) and SECRET_SETTING.search(name):
            self.add(value)

    def add_url(self, text: str) -> None:
        """Register the password of a URL and its secret options; other text is ignored."""
        match = _URL.match(text.strip())
        if match is None:
            return
        for user, password in _credentials(match[2]):
            self.add(password)
            for form in filter(None, _decoded(password)):
                self._register(f":{form}@")
                self._register_basic(unquote(user), form)
        if match[1].lower() in ("http", "https") and (token := _lone_user(match[2])):
            self.add(token)
        for option in _options(match[2]):
            self.add(option)

    def mask(self, text: str) -> str:
        """The text with `***` for each secret."""
        if self._any is None and self._patterns:
            self._any = re.compile("|".join(pattern.pattern for pattern in self._patterns.values()))
        if self._any and self._any.search(text):
            spans = sorted(
                match.span()
                for pattern in self._patterns.values()
                for match in pattern.finditer(text)
            )
            text = _covered(text, spans)
        text = GITHUB_TOKEN.sub(MASK, _UNKNOWN_PASSWORD.sub(rf"\1:{MASK}@", text))
        return _UNKNOWN_OPTION.sub(rf"\1{MASK}", text)

    def _register(self, value: str) -> None:
        if value not in self._patterns:
            self._patterns[value] = re.compile(_pattern(value))
            self._any = None  # compiled again on next use

    def _register_basic(self, user: str, password: str) -> None:
        """Register the encoded credentials that HTTP Basic authentication sends."""
        pair = f"{user}:{password}".encode()
        for encoded in (b64encode(pair), urlsafe_b64encode(pair)):
            self._register(encoded.decode().rstrip("="))


SECRETS = SecretRegistry()


def mask(text: str) -> str:
    """The text with `***` for each registered secret, password in a URL and token of GitHub."""
    return SECRETS.mask(text)


def mask_all(value: Any) -> Any:
    """A value with every text in lists and mappings masked; keys stay."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {key: mask_all(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(mask_all(item) for item in value)
    return value


def scrub(error: BaseException | None) -> None:
    """Mask the messages of an exception of any library, and of those that caused it."""
    chain: set[int] = set()
    while error is not None and id(error) not in chain:
        chain.add(id(error))
        error.args = tuple(mask(part) if isinstance(part, str) else part for part in error.args)
        error = error.__cause__ or error.__context__


class MaskingFilter(logging.Filter):
    """Masks a log record, including its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


def masked_logger(name: str) -> logging.Logger:
    """A logger whose records are masked, whatever handler they reach."""
    logger = logging.getLogger(name)
    if not any(isinstance(known, MaskingFilter) for known in logger.filters):
        logger.addFilter(MaskingFilter())
    return logger


# What to do about the user and password of a URL that are unclear.
PERCENT_ENCODE = "percent-encode @ : / ? # in them, as %40, %3A, %2F, %3F and %23"


def unclear_credentials(url: str) -> bool:
    """Whether a raw `@`, `/`, `?`, `#` or `:` in a URL's password makes a part of it a host.

    One reading is accepted: in `mongodb://anna:12?a=b@host`, anna is a host, 12 its port and
    `b@host` the value of an option. It could be a password only if its raw text began like hosts
    and ports and had a `?` and a later `=`.
    """
    match = _URL.match(url)
    return match is not None and _unclear(match[2])


def _unclear(rest: str) -> bool:
    """The same for a URL without its scheme."""
    authority = _authority(rest)
    path, _, query = rest[len(authority) :].partition("?")
    userinfo = authority.rpartition("@")[0]
    outside = [path, *(option.partition("=")[0] for option in re.split("[&;]", query))]
    if "@" in userinfo or userinfo.count(":") > 1 or any("@" in part for part in outside):
        return True
    return "@" in rest and not _HOSTS.fullmatch(authority.rpartition("@")[2])


def _authority(rest: str) -> str:
    return re.split(r"[/?#]", rest, maxsplit=1)[0]


def _credentials(rest: str) -> Iterator[tuple[str, str]]:
    """What user and password may be, in a URL without its scheme.

    With raw characters there is one reading for each `@`, and a program that misreads the URL may
    show any of the parts.
    """
    if not _unclear(rest):
        user, _, password = _authority(rest).rpartition("@")[0].partition(":")
        yield user, password
        return
    user, _, tail = rest.partition(":")
    ends = [match.start() for match in re.finditer("@", tail)]
    if "@" in user or "/" in user or not ends:
        return
    for end in ends:
        yield user, tail[:end]
    for part in re.split(r"[@/:?#,&=]", tail[: ends[-1]]):
        if len(part) >= SHORTEST:
            yield user, part


def _lone_user(rest: str) -> str:
    """The user of a URL without a password: many HTTP services expect a token there."""
    user, at, _ = _authority(rest).rpartition("@")
    return user if at and ":" not in user else ""


def _options(rest: str) -> Iterator[str]:
    """The secret options of a URL.

    A raw `&` may be part of a value, unless `name=` follows it.
    """
    for match in _OPTION.finditer(rest):
        first, *others = rest[match.end() :].split("&")
        yield first
        joined = first
        for other in others:
            if "=" in other:
                break
            joined = f"{joined}&{other}"
            yield joined
    for match in _PROPERTY.finditer(unquote(rest)):
        yield match[1]


def _decoded(value: str) -> Iterable[str]:
    """A value as it is, and with percent-encoding removed once and twice."""
    return dict.fromkeys(
        (value, unquote(value), unquote(unquote(value)), unquote(value.replace("+", " ")))
    )


def _covered(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with one mask for each group of spans that overlap or touch."""
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        if start > end or not parts:
            parts += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*parts, text[end:]])


def _pattern(secret: str) -> str:
    """A regular expression for a secret in any mix of encodings."""
    if secret.startswith(":") and secret.endswith("@"):
        return f"(?<=:){_runs(secret[1:-1])}(?=@)"
    return _runs(secret)


def _runs(text: str) -> str:
    """The same for runs of equal characters, some of which SQL, CSV, YAML and Compose double."""
    patterns: list[str] = []
    for char, run in groupby(text):
        length, same = len(list(run)), rf"(?:\\*{re.escape(char)})"
        forms = f"{_forms(char)}{{{length}}}" if length > 1 else _forms(char)
        if char in _DOUBLED:
            forms = f"(?:{same}{{{4 * length}}}|{same}{{{2 * length}}}|{forms})"
        patterns.append(forms)
    return "".join(patterns)


def _forms(char: str) -> str:
    """A regular expression for one character in any encoding; letters and digits have one form."""
    if char.isascii() and char.isalnum():
        return char
    from html.entities import codepoint2name

    code, octets = ord(char), char.encode("utf-8", "surrogatepass")
    units = char.encode("utf-16-be", "surrogatepass")
    words = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    name = "apos|#0*39" if char == "'" else codepoint2name.get(code, "")
    # The longest forms first: the escape of a character may begin with the character.
    forms = [
        "".join(rf"%(?:25)*{octet:02x}" for octet in octets),
        "".join(rf"\\+u{word}" for word in words),
        "".join(rf"\\+x{octet:02x}" for octet in octets),
        rf"\\+U{code:08x}",
        rf"&(?:amp;)*(?:#0*{code}|#x0*{code:x}{f'|{name}' if name else ''});",
    ]
    if code < 256:
        forms.append(rf"\\+x{code:02x}")
    if char in _SHORT_ESCAPES:
        forms.append(rf"\\+{_SHORT_ESCAPES[char]}")
    if char == " ":
        forms.append(r"\+|%(?:25)*2b")
    if char == "'":
        forms.append(r"""'(?:"'"|\\+')'""")  # as in a shell
    forms.append(r"\\+" if char == "\\" else rf"\\*{re.escape(char)}")
    return f"(?:(?i:{'|'.join(forms)}))"
