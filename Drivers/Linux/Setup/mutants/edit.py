#!/usr/bin/env python3
"""Breaks one function of a C file on purpose.

    edit.py FILE FUNCTION CHANGE

CHANGE is one or more of these, separated by " ; ":

    return [VALUE]                the body becomes this statement
    result VALUE                  every "return ...;" returns VALUE
    drop-call CALLEE              the call vanishes; where its value is used, 0 stands for it
    replace-call CALLEE VALUE     the call vanishes, VALUE stands for it
    set-argument CALLEE N VALUE   the Nth argument (from 1) becomes VALUE
    never WORD                    an "if" whose condition has this word is never taken
    always WORD                   ... is always taken
    drop-assignment LEFT          "LEFT = ...;", "LEFT++;", "LEFT--;" vanish
    assign LEFT VALUE             "LEFT = ...;" assigns VALUE

CALLEE, WORD and LEFT name exactly one place in the function, or say which: NAME#2 is the second, NAME#all is all of them.
The number of lines stays the same, so that what does not change compiles to the same bytes.
"""

import re
import sys


def fail(message):
    sys.exit("edit: " + message)


def masked(text):
    """The text with comments, strings and characters blanked out: same length, same line ends."""
    pattern = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def closing(mask, start):
    """The place of the bracket that closes the one at start."""
    pairs = {"(": ")", "{": "}", "[": "]"}
    stack = []
    for place in range(start, len(mask)):
        if mask[place] in pairs:
            stack.append(pairs[mask[place]])
        elif mask[place] in ")}]":
            if mask[place] != stack.pop():
                break
            if not stack:
                return place
    fail("unbalanced brackets")


def body_of(mask, function):
    """Start and end of the braces of the definition of a function."""
    found = []
    for match in re.finditer(r"(?<![\w.>])" + re.escape(function) + r"\s*\(", mask):
        after = closing(mask, match.end() - 1) + 1
        rest = re.match(r"\s*\{", mask[after:])
        line_start = mask.rfind("\n", 0, match.start()) + 1
        if rest and not mask[line_start].isspace():
            start = after + rest.end() - 1
            found.append((start, closing(mask, start)))
    if len(found) != 1:
        fail(f"{len(found)} definitions of {function}")
    return found[0]


def chosen(found, name):
    """The places that NAME, NAME#N or NAME#all asks for."""
    word, _, which = name.partition("#")
    if not found:
        fail(f"{word} is not in this function")
    if which == "all":
        return found
    if which == "" and len(found) == 1:
        return found
    if which == "":
        fail(f"{word} is in {len(found)} places; say which: {word}#1 or {word}#all")
    if not 1 <= int(which) <= len(found):
        fail(f"{word} is in {len(found)} places only")
    return [found[int(which) - 1]]


def replaced(text, pieces):
    """The text with (start, end, new) pieces replaced, each padded to the line ends that it had."""
    for start, end, new in sorted(pieces, reverse=True):
        lines = text[start:end].count("\n") - new.count("\n")
        text = text[:start] + new + "\n" * lines + text[end:]
    return text


def calls(mask, callee):
    """Start, opening and closing bracket of the calls; a call through a pointer starts with its whole path."""
    word = callee.partition("#")[0]
    path = r"(?:[A-Za-z_]\w*(?:->|\.))*"
    found = [(m.start(), m.end() - 1, closing(mask, m.end() - 1))
             for m in re.finditer(r"(?<![\w.>])" + path + re.escape(word) + r"\s*\(", mask)]
    return chosen(found, callee)


def replace_call(body, callee, value):
    mask = masked(body)
    return replaced(body, [(start, end + 1, f"({value})") for start, _, end in calls(mask, callee)])


def drop_call(body, callee):
    mask = masked(body)
    pieces = []
    for start, _, end in calls(mask, callee):
        alone = re.search(r"[;{}):]\s*$", mask[:start]) and re.match(r"\s*;", mask[end + 1:])
        pieces.append((start, end + 1, "((void)0)" if alone else "(0)"))
    return replaced(body, pieces)


def set_argument(body, callee, number, value):
    mask = masked(body)
    pieces = []
    for _, opening, end in calls(mask, callee):
        commas = [opening]
        place = opening + 1
        while place < end:
            if mask[place] in "({[":
                place = closing(mask, place)
            elif mask[place] == ",":
                commas.append(place)
            place += 1
        commas.append(end)
        if not 1 <= int(number) < len(commas):
            fail(f"{callee} has {len(commas) - 1} arguments")
        pieces.append((commas[int(number) - 1] + 1, commas[int(number)], f" ({value})"))
    return replaced(body, pieces)


def fix_condition(body, word, before):
    mask = masked(body)
    found = []
    for match in re.finditer(r"\bif\s*\(", mask):
        end = closing(mask, match.end() - 1)
        if re.search(r"\b" + re.escape(word.partition("#")[0]) + r"\b", mask[match.end():end]):
            found.append((match.end(), end))
    return replaced(body, [(start, end, before + body[start:end] + ")") for start, end in chosen(found, word)])


def replace_assignment(body, left, statement, operators):
    mask = masked(body)
    word = re.escape(left.partition("#")[0])
    found = [(m.start(), m.end()) for m in re.finditer(r"(?<![\w.>])" + word + r"\s*" + operators + r"\s*;", mask)]
    return replaced(body, [(start, end, statement) for start, end in chosen(found, left)])


def drop_assignment(body, left):
    return replace_assignment(body, left, ";", r"(?:\+\+|--|[-+|&]?=[^=][^;]*)")


def assign(body, left, value):
    return replace_assignment(body, left, f"{left.partition('#')[0]} = {value};", r"=[^=][^;]*")


def set_results(body, value):
    mask = masked(body)
    found = [(m.start(), m.end()) for m in re.finditer(r"\breturn\b[^;]*;", mask)]
    if not found:
        fail("the function returns nothing")
    return replaced(body, [(start, end, f"return {value};") for start, end in found])


CHANGES = {
    "result": (set_results, 1),
    "drop-call": (drop_call, 1),
    "replace-call": (replace_call, 2),
    "set-argument": (set_argument, 3),
    "never": (lambda body, word: fix_condition(body, word, "0 && ("), 1),
    "always": (lambda body, word: fix_condition(body, word, "1 || ("), 1),
    "drop-assignment": (drop_assignment, 1),
    "assign": (assign, 2),
}


def changed(body, change):
    """The body after one change. The last word of a change may hold spaces."""
    kind, _, rest = change.partition(" ")
    if kind == "return":
        return replaced(body, [(1, len(body) - 1, f" return {rest};" if rest else " return;")])
    if kind not in CHANGES:
        fail(f"no change is called {kind}")
    change_body, count = CHANGES[kind]
    words = rest.split(" ", count - 1)
    if len(words) != count or "" in words:
        fail(f"{kind} takes {count} words")
    return change_body(body, *words)


def main():
    if len(sys.argv) != 4:
        fail("usage: edit.py FILE FUNCTION CHANGE")
    path, function, changes = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for change in changes.split(" ; "):
        start, end = body_of(masked(text), function)
        after = text[:start] + changed(text[start:end + 1], change) + text[end + 1:]
        if after == text:
            fail(f"'{change}' changed nothing in {function}")
        text = after
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


main()
