"""From titles and word vectors to an endpoint that finds near titles, by the commands."""

from collections.abc import Iterator

import numpy as np
import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.loop import Loop, running_loop, s3_uri, succeed

GROUP = "title-embeddings"
INPUTS = {"TitlesS3Uri": s3_uri("titles/films.csv"), "VectorsS3Uri": s3_uri("vectors/own.vec")}
# Two genres whose words point in two directions, so near titles share the genre.
WORDS = {
    "Sea": ("ship", "wave", "anchor", "harbour", "sailor", "tide"),
    "War": ("battle", "soldier", "trench", "sword", "siege", "cannon"),
}
HOSTILE = "Ship </script><script>alert(1)</script> $wave_{"


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    objects = {
        "titles/films.csv": films_csv(),
        "wrong/films.csv": b"isbn,headline\n1,A\n",
        "vectors/own.vec": own_vec(),
    }
    with running_loop(tmp_path_factory.mktemp("titles"), objects) as loop:
        yield loop


def films_csv() -> bytes:
    lines = ["item_id,title,genre"]
    for genre, words in WORDS.items():
        for first in words:
            for second in words:
                if first != second:
                    lines.append(
                        f"{len(lines)},The {first.title()} and the {second.title()},{genre}"
                    )
    lines += [f'{len(lines)},"{HOSTILE}",Sea', f"{len(lines) + 1},1984,War"]
    return "\n".join(lines).encode()


def own_vec() -> bytes:
    """fastText's form: the first line counts words and numbers."""
    lines = ["17 4", "<unk> 9 9 9 9"]  # no title has a word of this form
    for axis, words in enumerate(WORDS.values()):
        for place, word in enumerate(words):
            numbers = [0.0, 0.0, round(0.1 * place, 1), 0.1]
            numbers[axis] = 1.0
            lines.append(f"{word} {' '.join(map(str, numbers))}")
    # What no title has: a word for each genre, and words of the question that checks an endpoint.
    lines += ["ocean 1 0 0.1 0.1", "army 0 1 0.1 0.1", "night 1 1 0.1 0.1", "house 1 1 0.2 0.1"]
    return "\n".join(lines).encode()


def cosine(*titles: list[str]) -> float:
    lines = (line.split(" ") for line in own_vec().decode().split("\n")[1:])
    vectors = {word: np.array(numbers, float) for word, *numbers in lines}
    first, second = (np.mean([vectors[word] for word in words], axis=0) for words in titles)
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


# The tests of this module tell one story, in order.


def test_wrong_columns_fail_the_run_with_one_report(loop):
    done = loop.build("title_embeddings", **INPUTS | {"TitlesS3Uri": s3_uri("wrong/films.csv")})
    report = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Step Prepare failed" in report
    assert "films.csv line 1: got columns isbn, headline; expected also an id" in report


def test_near_titles_share_their_genre_so_the_model_is_registered(loop):
    succeed(loop.build("title_embeddings", **INPUTS))
    evaluation = loop.evaluation(GROUP)
    related = evaluation["retrieval_metrics"]["related_at_10"]["value"]
    assert related > 0.95
    assert evaluation["baselines"]["random"]["related_at_10"]["value"] == pytest.approx(
        0.5, abs=0.02
    )
    assert evaluation["vectors"]["name"] == "vectors of your own"
    assert evaluation["coverage"]["titles"]["value"] == pytest.approx(61 / 62)
    assert loop.read(evaluation["maps"]["png"]).startswith(b"\x89PNG\r\n\x1a\n")


def test_the_map_is_one_page_that_shows_titles_and_runs_none(loop):
    page = loop.read(loop.evaluation(GROUP)["maps"]["html"]).decode()
    assert "The Ship and the Wave" in page
    assert "<script>alert" not in page
    assert "<script src=" not in page  # nothing to fetch


def test_the_training_job_tells_its_metrics(loop):
    sagemaker = loop.emulator.client("sagemaker")
    (summary,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    job = sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics["title_coverage"] == pytest.approx(61 / 62, abs=1e-4)
    assert 0.9 < metrics["word_coverage"] < 1


def test_a_model_below_the_gate_is_not_registered_and_the_numbers_are_said(loop):
    before = loop.newest_package(GROUP)["ModelPackageVersion"]
    done = loop.build("title_embeddings", **INPUTS, MinimumLift="99")
    assert done.returncode != 0
    assert "at least the MinimumLift 99" in done.stdout + done.stderr
    assert loop.newest_package(GROUP)["ModelPackageVersion"] == before


def test_the_endpoint_finds_titles_near_to_known_and_new_ones(loop):
    succeed(loop.run("approve-model", GROUP, "--note", "good"))
    succeed(loop.deploy(GROUP))
    known = loop.invoke(GROUP, {"title": "the ship and THE wave", "top_k": 1})
    assert known["is_known"] is True
    # The same words in another order have the same mean.
    assert known["neighbours"][0]["title"] == "The Wave and the Ship"
    assert known["neighbours"][0]["similarity"] == 1.0
    # No title has these words; the vectors do.
    new = loop.invoke(GROUP, {"titles": ["Ocean", "Army", ""], "top_k": 3})["answers"]
    for answer, genre in zip(new, WORDS, strict=False):
        for neighbour in answer["neighbours"]:
            assert any(word.title() in neighbour["title"] for word in WORDS[genre])
            # The vectors of the words, their mean and the cosine, by our own arithmetic.
            expected = cosine([answer["title"].lower()], neighbour["title"].lower().split()[1::3])
            assert neighbour["similarity"] == pytest.approx(expected, abs=1e-4)
    assert [len(answer["neighbours"]) for answer in new] == [3, 3, 0]
    assert new[2]["reason"] == "the title has no word of letters"


def test_a_request_that_is_wrong_gets_400_and_every_fault(loop):
    with pytest.raises(ClientError) as caught:
        loop.invoke(GROUP, {"title": "x" * 10_001, "top_k": 0})
    error = caught.value.response
    assert error["OriginalStatusCode"] == 400
    assert "title: got 10001 characters" in error["OriginalMessage"]
    assert "top_k: got 0" in error["OriginalMessage"]
