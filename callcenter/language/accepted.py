"""Which of our languages a client reads, by what it says it accepts."""

from callcenter.language.catalogues import LANGUAGES
from callcenter.language.said import SOURCE


def accepted(header: str) -> str:
    """Return the first of the languages in `Accept-Language` that there is, the most wanted first; else English.

    >>> accepted("de-CH,zh-Hans-CN;q=0.8,en;q=0.5"), accepted("en, zh;q=0.9"), accepted("zh;q=0, *"), accepted("")
    ('zh_CN', 'en', 'en', 'en')
    """
    wishes = []
    for n, part in enumerate(header[:500].split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            wanted = float(weight or 1)
        except ValueError:
            continue
        if wanted > 0:
            wishes.append((-wanted, n, name.lower()))
    for _, _, name in sorted(wishes):
        for language in LANGUAGES:
            if name.split("-")[0] == language.split("_")[0].lower():
                return language
    return SOURCE
