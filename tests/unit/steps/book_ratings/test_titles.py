import polars as pl
import pytest
from faults import BadInput
from titles import read_titles

RATED = pl.Series(["1", "2", "7"])


@pytest.fixture
def read(tmp_path):
    def read_file(content, item_column="book_id"):
        (tmp_path / "items.csv").write_text(content)
        return read_titles(tmp_path, RATED, item_column)

    return read_file


def test_titles_of_rated_items_are_read_from_goodbooks_columns(read):
    content = (
        "book_id,original_title,title,authors\n"
        '1,The Hunger Games,"The Hunger Games (The Hunger Games, #1)",Suzanne Collins\n'
        "2,,Quidditch,\n"
        "9,x,Not rated,\n"
    )
    assert read(content) == {"1": "The Hunger Games (The Hunger Games, #1)", "2": "Quidditch"}


def test_titles_are_read_from_recbole_s_typed_columns_with_quotes_kept(read):
    content = (
        "item_id:token\tmovie_title:token_seq\trelease_year:token\n"
        '1\tToy Story\t1995\n7\t"Twelve" Monkeys\t1995\n'
    )
    assert read(content, "item_id") == {"1": "Toy Story", "7": '"Twelve" Monkeys'}


def test_titles_are_read_from_id_and_title(read):
    assert read("id,title\n7,Seven\n", "item_id") == {"7": "Seven"}


def test_the_channel_is_optional(tmp_path):
    assert read_titles(tmp_path, RATED, "book_id") == {}
    assert read_titles(tmp_path / "missing", RATED, "book_id") == {}


@pytest.mark.parametrize(
    ("content", "item_column", "message"),
    [
        ("isbn,author\n1,x\n", "book_id", "items.csv line 1: got columns isbn, author; expected"),
        (
            "book_id,title\n1,a\n2,b\n1,c\n",
            "book_id",
            "items.csv column book_id: 1 ids are given twice, the first on line 4: 1",
        ),
        (
            "book_id,title\n1,a\n",
            "book_ind",
            "items.csv: its ids are 'book_id' but the ratings' are 'book_ind'",
        ),
        ("book_id,title\n50,a\n", "book_id", "none of its ids is a rated item, such as 1, 2, 7"),
    ],
)
def test_an_unusable_file_is_refused_with_what_is_wrong(read, content, item_column, message):
    with pytest.raises(BadInput) as refused:
        read(content, item_column)
    assert message in str(refused.value)
