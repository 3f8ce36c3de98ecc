"""Print, as JSON, every Unicode fact that this interpreter's `re` depends on.

Run it under each supported CPython; make-unicode.ts turns the answers into src/unicode/tables.generated.ts.
"""

import _sre
import json
import sys
import unicodedata
from re import _casefix

LAST = 0x110000


def boundaries(test):
    """Code points where membership of the set {c: test(c)} changes, in order."""
    out, inside = [], False
    for code in range(LAST):
        now = bool(test(code))
        if now != inside:
            out.append(code)
            inside = now
    if inside:
        out.append(LAST)
    return out


def dump():
    return {
        "python": "%d.%d" % sys.version_info[:2],
        "unicode": unicodedata.unidata_version,
        "sets": {
            "alpha": boundaries(lambda c: chr(c).isalpha()),
            "alnum": boundaries(lambda c: chr(c).isalnum()),
            "decimal": boundaries(lambda c: chr(c).isdecimal()),
            "space": boundaries(lambda c: chr(c).isspace()),
            "cased": boundaries(_sre.unicode_iscased),
            "xidStart": boundaries(lambda c: chr(c).isidentifier()),
            "xidContinue": boundaries(lambda c: ("a" + chr(c)).isidentifier()),
            "printable": boundaries(lambda c: chr(c).isprintable()),
        },
        "lower": [[c, _sre.unicode_tolower(c)] for c in range(LAST) if _sre.unicode_tolower(c) != c],
        "upper": [[c, ord(chr(c).upper()[0])] for c in range(LAST) if _sre.unicode_tolower(c) == c],
        "extraCases": [[c, list(more)] for c, more in sorted(_casefix._EXTRA_CASES.items())],
    }


print(json.dumps(dump(), separators=(",", ":")))
