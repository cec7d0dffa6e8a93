"""Processing step: a table of titled items in; the items and the vocabulary of their titles out.

    prepare.py

Reads `processing/input/titles` below the machine-learning directory (/opt/ml) and writes
`processing/output/items` (`items.json`) and `processing/output/vocabulary` (`vocabulary.json`, a
gluonnlp Vocab, the most frequent word first). Everything is computed before the first file is
written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Sequence

from arguments import Parser, split_base_directory
from faults import BadInput, report
from items import ITEMS_FILE, Items, read_items, save_items

VOCABULARY_FILE = "vocabulary.json"


def make_vocabulary(items: Items) -> Any:
    """The gluonnlp Vocab of all titles' words.

    Raises:
        BadInput: no title has a word.
    """
    import gluonnlp as nlp

    counter = nlp.data.count_tokens([word for words in items.words() for word in words])
    if not counter:
        example = items.titles[0]
        raise BadInput(
            [f"channel 'titles': no title has a word of letters, expected one; got {example!r}"]
        )
    return nlp.Vocab(counter, bos_token=None, eos_token=None)


def write(items: Items, vocabulary: Any, output: Path) -> None:
    """Writes each output into its own directory."""
    for name in ("items", "vocabulary"):
        (output / name).mkdir(parents=True, exist_ok=True)
    save_items(items, output / "items" / ITEMS_FILE)
    (output / "vocabulary" / VOCABULARY_FILE).write_text(vocabulary.to_json(), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the step; gives 1 after bad input, whose text goes to `output/message` too."""
    base, rest = split_base_directory(argv)
    processing = base / "processing"
    try:
        Parser(__doc__.splitlines()[0]).parse_args(rest)
        items = read_items(processing / "input/titles")
        vocabulary = make_vocabulary(items)
    except BadInput as error:
        report(error, base / "output/message")
        return 1
    write(items, vocabulary, processing / "output")
    groups = len(frozenset().union(*items.groups))
    without = sum(not words for words in items.words())
    print(
        f"{len(items.titles)} titles, {without} of them without a word; "
        f"{len(vocabulary)} tokens in the vocabulary; {groups} {items.group_column}",
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
