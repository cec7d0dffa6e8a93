import polars as pl
import pytest
from faults import BadInput
from ratings import read_ratings

HEADER = "user_id,book_id,rating\n"


def grid(users=10, items=10, separator=","):
    cells = [(user, item) for user in range(users) for item in range(items)]
    return "".join(
        f"{user}{separator}{item}{separator}{(user + item) % 5 + 1}\n" for user, item in cells
    )


@pytest.fixture
def read(tmp_path):
    def read_files(*contents, names=("a.csv", "b.csv")):
        for name, content in zip(names, contents, strict=False):
            (tmp_path / name).write_bytes(
                content if isinstance(content, bytes) else content.encode()
            )
        return read_ratings(tmp_path)

    return read_files


@pytest.mark.parametrize(
    ("content", "item_column"),
    [
        ("user_id,book_id,rating\n" + grid(), "book_id"),
        ("user_ind,book_ind,rating\n" + grid(), "book_ind"),
        ("\ufeffuser_id,item_id,rating\r\n" + grid().replace("\n", "\r\n"), "item_id"),
        (
            "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
            + grid(separator="\t").replace("\n", "\t881250949\n"),
            "item_id",
        ),
        ("user_id,book_id,rating\n" + grid() + "\n\n", "book_id"),
    ],
    ids=["goodbooks", "chapter 7", "Windows csv with a byte order mark", "RecBole", "blank lines"],
)
def test_the_known_forms_give_the_same_ratings(read, content, item_column):
    ratings, column = read(content)
    assert column == item_column
    assert ratings.columns == ["user_id", "item_id", "rating"]
    assert ratings.rows()[:2] == [("0", "0", 1.0), ("0", "1", 2.0)]
    assert len(ratings) == 100


def test_the_folder_that_spark_writes_gives_the_same_ratings_by_their_ids(read, tmp_path):
    rows = [line.split(",") for line in grid().splitlines()]
    table = pl.DataFrame(
        {
            "user_id": [user for user, _, _ in rows],
            "book_id": [book for _, book, _ in rows],
            "rating": [float(rating) for _, _, rating in rows],
            "title": ["Any"] * len(rows),
            "user_ind": [9 - int(user) for user, _, _ in rows],
            "book_ind": [9 - int(book) for _, book, _ in rows],
        }
    )
    table[:40].write_parquet(tmp_path / "part-00000-4d5e.c000.snappy.parquet")
    table[40:].write_parquet(tmp_path / "part-00001-4d5e.c000.snappy.parquet")
    for name in ("_SUCCESS", "._SUCCESS.crc", ".part-00000-4d5e.c000.snappy.parquet.crc"):
        (tmp_path / name).touch()

    ratings, column = read_ratings(tmp_path)

    assert column == "book_id"
    assert ratings.rows()[:2] == [("0", "0", 1.0), ("0", "1", 2.0)]
    assert len(ratings) == 100


def test_order_of_rows_and_files_does_not_matter(read, tmp_path):
    rows = grid(12, 12).splitlines(keepends=True)
    whole, _ = read(HEADER + "".join(rows))
    parts, _ = read(HEADER + "".join(rows[70:]), HEADER + "".join(reversed(rows[:70])))
    assert parts.equals(whole)
    assert whole["user_id"].unique(maintain_order=True).to_list() == [str(n) for n in range(12)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.csv: the file is empty, expected a header and rows"),
        (HEADER.encode(), "a.csv: no rows below the header, expected ratings"),
        ((HEADER + grid(1, 60)).encode(), "ratings: got 1 users, expected at least 2"),
        ((HEADER + grid(60, 1)).encode(), "ratings: got 1 items, expected at least 2"),
        ((HEADER + grid(3, 4)).encode(), "ratings: got 12 ratings, expected at least 50"),
        (
            b"user,book,stars\n1,2,3\n",
            "a.csv line 1: got columns user, book, stars; expected user_id (or user_ind), one item "
            "column ending in _id or _ind (such as item_id, book_id, book_ind), and rating",
        ),
        (b"user_id,book_id,rating\n1,2,3\n1,2,3,4\n", "a.csv: not a readable table: "),
        (b"user_id,book_id,rating\n1,\xff\xfe,3\n", "a.csv: not a readable table: "),
        (b"\x1f\x8b\x08\x00cut off", "a.csv: not a readable table: "),
        (
            (HEADER + grid() + "99,99,1e9\n").encode(),
            "a.csv column rating: 1 rows are beyond 1000000, lines 102: got '1e9'",
        ),
    ],
)
def test_an_unusable_file_is_refused_with_what_is_wrong(read, content, message):
    with pytest.raises(BadInput) as refused:
        read(content)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_ratings_that_are_not_numbers_are_counted_and_the_first_named(read):
    bad = "1,100,five\n1,101,NaN\n1,102,\n1,103,inf\n"
    with pytest.raises(BadInput) as refused:
        read(HEADER + grid() + bad)
    assert str(refused.value) == (
        "a.csv column rating: 4 rows are not finite numbers, lines 102, 103, 104, ...: "
        "got 'five', 'NaN', ''"
    )


def test_rows_without_an_id_are_named_by_line_also_after_blank_lines(read):
    with pytest.raises(BadInput) as refused:
        read(HEADER + "\n" + grid() + ",7,3\n5, ,3\n")
    assert str(refused.value) == (
        "a.csv column user_id: 1 rows without a value, lines 103 | "
        "a.csv column book_id: 1 rows without a value, lines 104"
    )


def test_duplicate_pairs_are_counted_and_named_across_files(read):
    with pytest.raises(BadInput) as refused:
        read(HEADER + grid(), HEADER + "3,4,1\n3,4,2\n")
    assert str(refused.value) == (
        "2 rows rate an item that the same user rated before: b.csv line 2 (user 3, item 4), "
        "b.csv line 3 (user 3, item 4); expected one rating for each user and item"
    )


def test_the_faults_of_all_files_come_in_one_message(read):
    with pytest.raises(BadInput) as refused:
        read("user,item\n1,2\n", HEADER + "1,2,x\n")
    assert "a.csv line 1: got columns user, item" in str(refused.value)
    assert "b.csv column rating: 1 rows are not finite numbers, lines 2: got 'x'" in str(
        refused.value
    )


def test_files_that_call_their_items_differently_are_refused(read):
    with pytest.raises(BadInput, match=r"differently: \['book_id', 'book_ind'\]"):
        read(HEADER + grid(), "user_id,book_ind,rating\n90,1,2\n")


def test_an_empty_channel_is_refused(tmp_path):
    (tmp_path / ".hidden").write_text("x")
    with pytest.raises(BadInput, match="channel 'ratings': no file in"):
        read_ratings(tmp_path)
    with pytest.raises(BadInput, match="channel 'ratings': no file in"):
        read_ratings(tmp_path / "missing")


@pytest.mark.parametrize(
    "content",
    [(HEADER + grid()).encode("utf-16"), "größe,rating\n1,2\n".encode("latin-1")],
    ids=["UTF-16", "a header in Latin-1"],
)
def test_a_file_that_is_not_utf_8_is_told_so_and_not_by_its_columns(read, content):
    with pytest.raises(BadInput, match="^a.csv line 1: not UTF-8$"):
        read(content)


def test_of_many_columns_the_first_are_told(read):
    names = [f"column_{number}" for number in range(300)]
    with pytest.raises(BadInput) as refused:
        read(",".join(names) + "\n")
    assert "got columns column_0, column_1, " in str(refused.value)
    assert "column_299" not in str(refused.value)
    assert "expected user_id (or user_ind), one item" in str(refused.value)
