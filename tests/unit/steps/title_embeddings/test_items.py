import pytest

from tests.unit.steps.title_embeddings.modules import BadInput, make_items, steps

RECBOLE = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "1\tToy Story\t1995\tAnimation Children's Comedy\n"
    "2\tGoldenEye\t1995\tAction\n"
)
GOODBOOKS = (
    "book_id,goodreads_book_id,authors,original_title,title\n"
    '1,2767052,Suzanne Collins,The Hunger Games,"The Hunger Games (The Hunger Games, #1)"\n'
    '2,3,"J.K. Rowling, Mary GrandPr\u00e9",,"Harry ""P"" Potter"\n'
)


def read(folder, **files):
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    return steps.items.read_items(folder)


def test_a_recbole_file_has_titles_and_genres_with_spaces_between(tmp_path):
    items = read(tmp_path, **{"ml.item": RECBOLE})
    assert items.group_column == "class"
    assert items.ids == (1, 2)
    assert items.titles == ("Toy Story", "GoldenEye")
    assert items.groups[0] == {"Animation", "Children's", "Comedy"}


def test_a_books_file_has_quoted_titles_and_authors_with_commas_between(tmp_path):
    items = read(tmp_path, **{"books.csv": GOODBOOKS})
    assert items.group_column == "authors"
    assert items.titles == ("The Hunger Games (The Hunger Games, #1)", 'Harry "P" Potter')
    assert items.groups[1] == {"J.K. Rowling", "Mary GrandPr\u00e9"}


def test_movielens_own_genres_have_bars_between(tmp_path):
    items = read(tmp_path, **{"m.csv": "id,title,genres\n1,A,Drama|War\n"})
    assert items.groups[0] == {"Drama", "War"}


def test_ids_that_are_not_all_integers_stay_text(tmp_path):
    assert read(tmp_path, **{"m.csv": "id,title,genre\n1,A,x\n02,B,x\n"}).ids == ("1", "02")


def test_rows_without_a_title_and_blank_lines_are_left_out(tmp_path):
    items = read(tmp_path, **{"m.csv": "id,title,genre\n1,,x\n\n2,B,x\n"})
    assert items.titles == ("B",)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    assert read(tmp_path, **{"m.csv": b"\xef\xbb\xbfid,title,genre\n1,A,x\n"}).ids == (1,)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["m.csv: the file is empty"]),
        ("\n\n", ["m.csv: the file is empty"]),
        ("id,title,genre\n", ["no row has a title"]),
        ("id,title,genre\n1,,x\n", ["no row has a title"]),
        (
            "isbn,headline\n1,A\n",
            [
                "isbn, headline",
                "an id (item_id",
                "a title (title",
                "what belongs together (authors",
            ],
        ),
        ("id,title,genre\n1,A,x\n1,B,x\n", ["1 ids are given twice, the first is 1"]),
        ("id,title,genre\n1,A,x\n,B,x\n", ["column id: 1 rows have no id", "line 3"]),
        ("id,title,genre\n1,A,x\n2,B\n", ["1 rows have another number of fields", "line 3"]),
        ('id,title,genre\n1,"A,x\n', ["not a readable table"]),
        (b"id,title,genre\n1,\xff,x\n", ["not UTF-8 at byte 17"]),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_message(tmp_path, content, expected):
    with pytest.raises(BadInput) as caught:
        read(tmp_path, **{"m.csv": content})
    for text in expected:
        assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_faults_of_all_files_come_at_once(tmp_path):
    with pytest.raises(BadInput) as caught:
        read(tmp_path, **{"a.csv": "", "b.csv": "x,y\n1,2\n"})
    assert "a.csv: the file is empty" in str(caught.value)
    assert "b.csv line 1: got columns x, y" in str(caught.value)


def test_files_that_group_by_different_columns_do_not_go_together(tmp_path):
    with pytest.raises(BadInput, match="group by authors and genre"):
        read(tmp_path, **{"a.csv": "id,title,authors\n1,A,x\n", "b.csv": "id,title,genre\n2,A,x\n"})


def test_a_channel_without_a_file_is_told(tmp_path):
    with pytest.raises(BadInput, match="channel 'titles': no file"):
        read(tmp_path)


def test_items_come_back_from_their_file(tmp_path):
    items = make_items(["A", "\u00c9"], [{"x", "y"}, set()])
    steps.items.save_items(items, tmp_path / "items.json")
    assert steps.items.load_items(tmp_path / "items.json") == items


@pytest.mark.parametrize("content", [None, "{", "[]", '{"ids": []}'])
def test_a_file_that_holds_no_items_is_told(tmp_path, content):
    path = tmp_path / "items.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadInput, match=r"expected prepare.py's items.json"):
        steps.items.load_items(path)
