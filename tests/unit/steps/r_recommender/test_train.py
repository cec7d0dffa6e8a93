"""The image's `train`: what it writes, and the one message that each kind of bad input gets."""

import pytest

pytestmark = pytest.mark.usefixtures("needs_r")

HEADER = "user_id,item_id,rating\n"


@pytest.fixture
def failure(tmp_path, run_program, place):
    """Train on bad input; gives what SageMaker would show as the reason."""

    def fail(files, **hyperparameters):
        done = run_program("train", place(tmp_path, files, **hyperparameters))
        assert done.returncode == 1
        text = (tmp_path / "output/failure").read_text()
        assert text in done.stderr
        assert len(text.splitlines()) == 1
        assert not (tmp_path / "model").exists()
        return text

    return fail


def test_a_model_is_trained_on_the_first_users_of_all_files(
    tmp_path, ratings, run_program, place, r
):
    lines = ratings.csv().splitlines()
    half = len(lines) // 2
    files = {
        "one.csv": "\n".join(lines[:half]),
        "deep/two.csv": "\n".join(["user_ind,book_ind,rating", *lines[half:], ""]),
        ".hidden": "not data",
    }
    base = place(tmp_path, files, method="pearson", nn='"7"', n_users="20", _tuning_metric="x")
    done = run_program("train", base)
    assert done.returncode == 0, done.stderr
    assert "method=pearson; nn=7; users=20;" in done.stdout
    model = r(
        "m <- read_model(input$path); list(m$users, m$nn, m$method, sum(m$rated))",
        path=str(tmp_path / "model"),
    )
    rated = int((ratings.matrix[:20] > 0).sum())
    assert model == [[str(user) for user in range(1, 21)], 7, "pearson", rated]
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["model.rds"]


def test_all_faults_of_data_and_hyperparameters_come_in_one_message(failure):
    files = {
        "columns.csv": "user,book,stars\n1,1,5\n",
        "values.csv": f"{HEADER}1,1,NaN\n1,2,five\n,3,4\n1,4,\n1,5,Inf\n",
        "indices.csv": "user_ind,book_ind,rating\n1,1.5,4\n-2,1,4\n",
        "ragged.csv": f"{HEADER}1,1,5\n1,2\n1,3,4,5\n",
        "empty.csv": "",
        "header.csv": HEADER,
    }
    text = failure(files, method="euclid", nn="0", n_users="many", colour="blue")
    for part in (
        "hyperparameter method: got 'euclid', expected one of cosine, pearson, cosine_all",
        "hyperparameter nn: got '0', expected a whole number from 1",
        "hyperparameter n_users: got 'many', expected a whole number from 2",
        "hyperparameter colour: unknown; known are method, nn, n_users",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("user,book,stars\n1,1,5\n", ["got columns user, book, stars", "expected user_id"]),
        (
            f"{HEADER}1,1,NaN\n1,2,five\n,3,4\n1,4,\n1,5,Inf\n",
            [
                "4 of 5 rows have a rating that is not a finite number: row 1, 2, 4, ...",
                "got 'NaN', 'five', ''",
                "1 of 5 rows have no user_id: row 3",
            ],
        ),
        (
            "user_ind,book_ind,rating\n1,1.5,4\n-2,1,4\n",
            [
                "a book_ind that is no zero-based index: row 1: got '1.5'",
                "a user_ind that is no zero-based index: row 2: got '-2'",
            ],
        ),
        (
            f"{HEADER}1,1,5\n1,2\n1,3,4,5\n",
            ["2 of 3 rows have another number of values than the header's 3: row 2, 3"],
        ),
        ("", ["the file is empty"]),
        (HEADER, ["no rows below the header"]),
        (f"{HEADER}1,1,5\n2,1,3\n1,1,4\n", ["1 of 3 rows rate an item that the same user rated"]),
        (
            f"{HEADER}1,1,5\n",
            ["got 1 users", "got 1 items", "got 1 different ratings", "expected at least 2"],
        ),
    ],
)
def test_ratings_that_cannot_be_used_are_named(failure, content, parts):
    text = failure({"ratings.csv": content})
    for part in ["bad input", *parts]:
        assert part in text


def test_more_users_than_there_are_cannot_be_trained_on(failure):
    text = failure({"ratings.csv": f"{HEADER}1,1,5\n2,2,3\n"}, n_users="3")
    assert "hyperparameter n_users: got 3, but the data have 2 users" in text


def test_a_channel_without_files_is_named(failure):
    assert "channel 'train': no file in" in failure({})


def test_ids_may_be_of_any_letters(tmp_path, run_program, place, r):
    rows = [("zoë", "книга", 5), ("zoë", "本", 1), ("ana", "книга", 2), ("ana", "a", 4)]
    text = HEADER + "".join(f"{user},{item},{rating}\n" for user, item, rating in rows)
    done = run_program("train", place(tmp_path, {"ratings.csv": text}))
    assert done.returncode == 0, done.stderr
    model = r("m <- read_model(input$path); list(m$users, m$items)", path=str(tmp_path / "model"))
    assert model == [["ana", "zoë"], ["a", "книга", "本"]]
