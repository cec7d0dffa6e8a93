"""Which files the patterns of a buildspec mean.

Source: "artifacts/files" of the buildspec reference: a single file, ``dir/*`` for the files of a
directory, ``dir/**/*`` for those below it, ``**/*`` for all.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path


def matching_files(
    base: Path, patterns: Sequence[str], excluded: Sequence[str] = ()
) -> dict[str, list[str]]:
    """For each pattern the paths of the files it means, relative to the base and sorted.

    Links to files count as files, and links to directories too; neither is followed. Nothing
    outside the base is ever meant.
    """
    refused = [_compiled(pattern) for pattern in excluded]
    paths = [
        path for path in sorted(_walk(base)) if not any(each.fullmatch(path) for each in refused)
    ]
    found = {}
    for pattern in patterns:
        wanted = _compiled(pattern)
        found[pattern] = [path for path in paths if wanted.fullmatch(path)]
    return found


def matching_directories(root: Path, pattern: str) -> list[Path]:
    """The directories below the root that a base-directory means; the root itself is ``.``."""
    normalized = _normalized(pattern)
    if not normalized:
        return [root]
    if ".." in normalized.split("/") or normalized.startswith("/"):
        return []
    wanted = _compiled(normalized)
    found = [
        root / path
        for path in sorted(_directories(root))
        if wanted.fullmatch(path) and not (root / path).is_symlink()
    ]
    return [path for path in found if path.resolve().is_relative_to(root.resolve())]


def _walk(base: Path) -> Iterator[str]:
    for folder, directories, files in os.walk(base):
        relative = Path(folder).relative_to(base)
        links = [name for name in directories if (Path(folder) / name).is_symlink()]
        for name in (*files, *links):
            yield (relative / name).as_posix()


def _directories(root: Path) -> Iterator[str]:
    for folder, directories, _ in os.walk(root):
        for name in directories:
            yield (Path(folder).relative_to(root) / name).as_posix()


def _normalized(pattern: str) -> str:
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    return ("/" if pattern.startswith("/") else "") + "/".join(parts)


def _compiled(pattern: str) -> re.Pattern[str]:
    parts = _normalized(pattern).split("/")
    expression = ""
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        if part == "**":
            expression += ".+" if is_last else "(?:[^/]+/)*"
        else:
            expression += _part(part) + ("" if is_last else "/")
    return re.compile(expression, re.DOTALL)


def _part(part: str) -> str:
    expression, position = "", 0
    while position < len(part):
        character = part[position]
        position += 1
        end = part.find("]", position + 1) if character == "[" else -1
        if character == "*":
            expression += "[^/]*"
        elif character == "?":
            expression += "[^/]"
        elif end > 0:
            inside = part[position:end].replace("\\", r"\\").replace("[", r"\[")
            negated = inside[0] in "!^"
            expression += f"[^{inside[1:]}]" if negated else f"[{inside}]"
            position = end + 1
        else:
            expression += re.escape(character)
    return expression
