"""Print, as JSON, every name that `unicodedata.lookup` of this interpreter knows; alias candidates come on stdin.

CJK ideographs and Hangul syllables, whose names are computed, are given as ranges.
"""

import json
import sys
import unicodedata

COMPUTED = ("CJK UNIFIED IDEOGRAPH-", "HANGUL SYLLABLE ")


def dump(candidates):
    names, ranges = [], {prefix: [] for prefix in COMPUTED}
    for code in range(0x110000):
        name = unicodedata.name(chr(code), "")
        prefix = next((p for p in COMPUTED if name.startswith(p)), None)
        if prefix is not None:
            spans = ranges[prefix]
            if spans and spans[-1] == code:
                spans[-1] = code + 1
            else:
                spans += [code, code + 1]
        elif name:
            names.append([code, name])
    aliases = []
    for candidate in candidates:
        try:
            char = unicodedata.lookup(candidate)
        except KeyError:
            continue
        if len(char) == 1 and unicodedata.name(char, "") != candidate:
            aliases.append([ord(char), candidate])
    return {"python": "%d.%d" % sys.version_info[:2], "names": names, "aliases": sorted(aliases), "cjk": ranges[COMPUTED[0]]}


if __name__ == "__main__":
    print(json.dumps(dump(json.load(sys.stdin)), separators=(",", ":")))
