"""What counts as a word in searches: letters and digits, without case, accents and endings.

SQLite's index (`porter unicode61`) splits and folds text by itself. PostgreSQL's parser treats
whole paths and addresses as one word, so `fold` does it there.
"""

import re
import unicodedata

_SEPARATORS = {code: " " for code in range(128) if not chr(code).isalnum()}
_ACCENTS = re.compile("[\u0300-\u036f]+")
_NO_WORD = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return the words of `text` between single spaces, in lower case and without accents."""
    text = text.lower()
    if text.isascii():
        return text.translate(_SEPARATORS)
    return _NO_WORD.sub(" ", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))
