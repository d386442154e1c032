"""The messages of the interface in one language, with their values and plurals."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError, numbers

from medallion_panel.messages.catalogue import CATALOGUE
from medallion_panel.messages.translation import Translation

LANGUAGES = ("en", *Translation._fields)
_PLURAL = " | "


class Messages:
    """The messages in the language of a locale, in English where there is no translation into it.

    Call it with the English text, which is the key of a message in the catalogue, and the values of
    its placeholders: integers are written as the locale writes them, and `count` chooses between
    singular and plural.
    """

    def __init__(self, locale: str) -> None:
        self._locale = locale
        try:
            self._parsed = Locale.parse(locale)
        except (UnknownLocaleError, ValueError):
            self._parsed = Locale("en")
        language = self._parsed.language
        self.language = language if language in LANGUAGES else "en"

    def __call__(self, text: str, /, **values: object) -> str:
        translation = CATALOGUE[text]
        message = text if self.language == "en" else getattr(translation, self.language)
        if _PLURAL in message:
            one, other = message.split(_PLURAL)
            message = one if self._is_one(values.get("count")) else other
        return str(message.format_map({name: self._written(each) for name, each in values.items()}))

    def _is_one(self, count: object) -> bool:
        return isinstance(count, int) and Locale(self.language).plural_form(abs(count)) == "one"

    def _written(self, value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return numbers.format_decimal(value, "#,##0", self._parsed)
        return value


@lru_cache
def messages_in(locale: str) -> Messages:
    """The messages in the language of a locale."""
    return Messages(locale)
