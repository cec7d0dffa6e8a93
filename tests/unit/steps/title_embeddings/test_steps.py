"""What the scripts do with bad input, and what runs them."""

import ast
import io
import json
import tarfile

import numpy as np
import pytest

from tests.unit.steps.title_embeddings.modules import STEPS, BadInput, make_items, steps


def archive(path, **parts):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in parts.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def model_parts(tmp_path, items, embeddings):
    steps.items.save_items(items, tmp_path / "items.json")
    buffer = io.BytesIO()
    np.save(buffer, embeddings)
    source = {"name": "own", "reason": "r", "coverage": {"words": 0.5, "titles": 1.0}}
    return {
        "./items.json": (tmp_path / "items.json").read_bytes(),
        "./embeddings.npy": buffer.getvalue(),
        "./source.json": json.dumps(source).encode(),
    }


@pytest.mark.parametrize("path", sorted(STEPS.glob("*.py")), ids=lambda path: path.name)
def test_a_script_is_in_the_python_of_awss_image(path):
    # Source: mxnet-training:1.9.0-cpu-py38.
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 8))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    # Without it, list[str] in a signature would end the import there.
    assert imports[0].module == "__future__"


def test_serving_gets_every_module_that_it_imports():
    modules = {path.stem for path in STEPS.glob("*.py")}
    wanted, found = ["inference"], set()
    while wanted:
        name = wanted.pop()
        found.add(name)
        for node in ast.walk(ast.parse((STEPS / f"{name}.py").read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in modules - found:
                wanted.append(node.module)
    assert {f"{name}.py" for name in found} == set(steps.train.SERVING_MODULES)


def test_hyperparameters_are_checked_all_at_once():
    assert steps.train.read_hyperparameters("auto", "0") == 0
    with pytest.raises(BadInput) as caught:
        steps.train.read_hyperparameters("word2vec", "many")
    assert "embedding: got 'word2vec', expected one of auto, vectors, fasttext, glove" in str(
        caught.value
    )
    assert "further_words: got 'many', expected an integer from 0 to 5000000" in str(caught.value)


@pytest.mark.parametrize("text", ["-1", "1.5", "5000001", "", "9" * 30])
def test_a_number_of_words_out_of_range_is_refused(text):
    with pytest.raises(BadInput, match="further_words"):
        steps.train.read_hyperparameters("auto", text)


def test_bad_titles_end_the_step_with_their_faults_where_sagemaker_looks(tmp_path, capsys):
    folder = tmp_path / "processing/input/titles"
    folder.mkdir(parents=True)
    (folder / "books.csv").write_text("isbn\n1\n")
    assert steps.prepare.main(["--base-directory", str(tmp_path)]) == 1
    said = (tmp_path / "output/message").read_text()
    assert said.startswith("bad input: books.csv line 1: got columns isbn; expected also an id")
    assert said in capsys.readouterr().err
    assert not (tmp_path / "processing/output").exists()


def test_bad_hyperparameters_end_training_with_their_faults(tmp_path, capsys):
    arguments = ["--base-directory", str(tmp_path), "--embedding", "elmo"]
    assert steps.train.main(arguments) == 1
    assert "embedding: got 'elmo'" in (tmp_path / "output/failure").read_text()
    assert not (tmp_path / "model").exists()


def test_an_unknown_argument_is_told(tmp_path, capsys):
    assert steps.evaluate.main(["--base-directory", str(tmp_path), "--epochs", "3"]) == 1
    assert "unrecognized arguments: --epochs 3" in (tmp_path / "output/message").read_text()


def test_arguments_out_of_range_are_told_together(tmp_path, capsys):
    arguments = ["--base-directory", str(tmp_path), "--map-titles", "0", "--seed", "-1"]
    assert steps.evaluate.main(arguments) == 1
    said = (tmp_path / "output/message").read_text()
    assert "--map-titles: got 0" in said
    assert "--seed: got -1" in said


def test_the_figures_are_those_of_the_vectors_in_the_artefact(tmp_path):
    items = make_items(["sea a", "sea b", "war a", "war b"], [{"x"}, {"x"}, {"y"}, {"y"}])
    vectors = np.float32([[1, 0], [1, 0], [0, 1], [0, 1]])
    path = archive(tmp_path / "model.tar.gz", **model_parts(tmp_path, items, vectors))
    evaluation = steps.evaluate.evaluate(steps.evaluate.read_model(path), seed=0)
    # Each title has three others, one of which is related; ten neighbours are all three of them.
    assert evaluation["retrieval_metrics"]["related_at_10"]["value"] == pytest.approx(1 / 3)
    assert evaluation["retrieval_metrics"]["lift_over_random"]["value"] == pytest.approx(1)
    assert evaluation["coverage"] == {"words": {"value": 0.5}, "titles": {"value": 1.0}}
    assert evaluation["rows"] == {"titles": 4, "asked": 4}


def test_members_that_reach_out_of_the_archive_are_not_unpacked(tmp_path):
    parts = model_parts(tmp_path, make_items(["a", "b"]), np.eye(2, dtype=np.float32))
    path = archive(tmp_path / "model.tar.gz", **{"../escaped.json": b"{}", **parts})
    assert steps.evaluate.read_model(path).items.titles == ("a", "b")
    assert not (tmp_path.parent / "escaped.json").exists()


def test_an_artefact_that_is_no_model_is_told(tmp_path):
    path = tmp_path / "model.tar.gz"
    with pytest.raises(BadInput, match="no such file"):
        steps.evaluate.read_model(path)
    path.write_bytes(b"not a tar")
    with pytest.raises(BadInput, match=r"model.tar.gz: not a usable model"):
        steps.evaluate.read_model(path)
    parts = model_parts(tmp_path, make_items(["a", "b"]), np.eye(3, dtype=np.float32))
    with pytest.raises(BadInput, match="got 3 vectors for 2 titles"):
        steps.evaluate.read_model(archive(path, **parts))
    del parts["./source.json"]
    with pytest.raises(BadInput, match=r"source.json"):
        steps.evaluate.read_model(archive(path, **parts))


def test_the_report_says_where_in_s3_the_pictures_are(tmp_path):
    # Source: the ProcessingOutputConfig of DescribeProcessingJob, which the file holds.
    output = {"S3Uri": "s3://bucket/run/evaluation", "LocalPath": "/opt/ml/processing/evaluation"}
    config = {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "e", "S3Output": output}]}}
    (tmp_path / "job.json").write_text(json.dumps(config))
    folder = steps.evaluate.Path("/opt/ml/processing/evaluation")
    assert steps.evaluate.locate(tmp_path / "job.json", folder) == {
        "png": "s3://bucket/run/evaluation/titles.png",
        "html": "s3://bucket/run/evaluation/titles.html",
    }
    assert steps.evaluate.locate(tmp_path / "none.json", folder)["png"] == f"{folder}/titles.png"
