"""Run CPython's own tests of `re` with a recording `re`, and print what they ask, with this interpreter's answers.

Needs an interpreter with its `test` package. Prints one JSON line: [[pattern, flag letters, [subject, ...]], answer]
pairs as two lists. Nothing of the test files is copied: they are read where they are installed, each time.
"""

import io
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle  # noqa: E402

seen = {}
LETTERS = {re.I: "i", re.M: "m", re.S: "s", re.X: "x", re.A: "a", re.U: "u"}


def letters_of(flags):
    flags = int(flags)
    known = 0
    out = ""
    for flag, letter in LETTERS.items():
        known |= int(flag)
        if flags & int(flag):
            out += letter
    return None if flags & ~known else out


def note(pattern, flags, subject=None):
    if isinstance(pattern, Recorder):
        pattern, flags = pattern.real.pattern, pattern.flags_given
    if isinstance(pattern, re.Pattern):
        pattern, flags = pattern.pattern, 0
    if not isinstance(pattern, str) or len(pattern) > 2000:
        return
    letters = letters_of(flags)
    if letters is None:
        return
    subjects = seen.setdefault((pattern, letters), {})
    if isinstance(subject, str) and len(subject) <= 300:
        for each in (subject, subject + "\n", subject.upper()):
            subjects[each] = None


class Recorder:
    """A compiled pattern that notes what it is asked."""

    def __init__(self, real, flags):
        self.real = real
        self.flags_given = flags

    def __getattr__(self, name):
        value = getattr(self.real, name)
        if not callable(value):
            return value

        def call(*args, **kwargs):
            for argument in (*args, *kwargs.values()):
                note(self, 0, argument)
            return value(*args, **kwargs)

        return call


genuine = {name: getattr(re, name) for name in ("compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer")}


def unwrap(pattern):
    return pattern.real if isinstance(pattern, Recorder) else pattern


def recording_compile(pattern, flags=0):
    note(pattern, flags)
    return Recorder(genuine["compile"](unwrap(pattern), flags), flags)


def recording(name, subject_at):
    def call(pattern, *args, **kwargs):
        flags = kwargs.get("flags", args[subject_at + 1] if subject_at == 0 and len(args) > 1 else 0)
        subject = args[subject_at] if len(args) > subject_at else kwargs.get("string")
        note(pattern, flags if isinstance(flags, int) else 0, subject)
        return genuine[name](unwrap(pattern), *args, **kwargs)

    return call


def record():
    try:
        from test import re_tests, test_re
    except ImportError:
        return False
    for row in re_tests.tests:
        note(row[0], 0, row[1])
    re.compile = recording_compile
    for name in genuine:
        if name != "compile":
            setattr(re, name, recording(name, 1 if name in ("sub", "subn") else 0))
    suite = unittest.defaultTestLoader.loadTestsFromModule(test_re)
    stdout = sys.stdout
    sys.stdout = io.StringIO()
    try:
        unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    finally:
        sys.stdout = stdout
        for name, value in genuine.items():
            setattr(re, name, value)
    return True


if __name__ == "__main__":
    if not record():
        print(json.dumps(None))
        sys.exit(0)
    questions = [[pattern, letters, list(subjects)] for (pattern, letters), subjects in seen.items()]
    print(json.dumps([questions, [oracle.answer(question) for question in questions]]))
