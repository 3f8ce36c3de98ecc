"""Answers questions about `re` with this interpreter: JSON text in, JSON text out, for CPython and for Pyodide.

A question is [pattern, flag letters, [subject, ...]]. An answer is {"e": [kind, msg, pos, lineno, colno, text]} or
{"w": [warning, ...], "r": [[fullmatch, match, search], ...]}, where each verdict is null, a list of spans (group 0
first, null for an unset group) followed by lastindex, or a string naming the exception.
"""

import json
import re
import signal
import sys
import warnings

TIMER = sys.platform != "emscripten"


class TookTooLong(Exception):
    pass


def stop(signum, frame):
    raise TookTooLong


if TIMER:
    signal.signal(signal.SIGALRM, stop)


def verdict(match):
    if match is None:
        return None
    spans = [match.span(i) for i in range(match.re.groups + 1)]
    return [None if s == (-1, -1) else s for s in spans] + [match.lastindex]


def attempt(function, subject):
    """Backtracking may take for ever; where there are signals, it is stopped after a while."""
    try:
        if TIMER:
            signal.setitimer(signal.ITIMER_REAL, 0.25)
        return verdict(function(subject))
    except Exception as error:
        return type(error).__name__
    finally:
        if TIMER:
            signal.setitimer(signal.ITIMER_REAL, 0)


def answer(question):
    pattern, letters, subjects = question
    flags = 0
    for letter in letters:
        flags |= getattr(re, letter.upper())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        re.purge()
        try:
            compiled = re.compile(pattern, flags)
        except re.error as error:
            return {"e": ["re.error", error.msg, error.pos, error.lineno, error.colno, str(error)]}
        except Exception as error:
            return {"e": [type(error).__name__, str(error), None, None, None, str(error)]}
    spoken = [[w.category.__name__, str(w.message)] for w in caught]
    forms = (compiled.fullmatch, compiled.match, compiled.search)
    return {"w": spoken, "r": [[attempt(form, s) for form in forms] for s in subjects]}


def answer_all(text):
    return json.dumps([answer(question) for question in json.loads(text)])


if __name__ == "__main__":
    for line in sys.stdin:
        print(answer_all(line), flush=True)
