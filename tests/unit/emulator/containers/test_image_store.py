"""The files of images that builds have made."""

import hashlib
import json
import stat
from pathlib import Path

import pytest

from emulator.containers.image_store import ImageStore, StoredImage
from emulator.containers.manifests import make_manifest

FILES = ("recipe.toml", "run", "sub/link")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    (root / "sub").mkdir(parents=True)
    (root / "recipe.toml").write_text('repositories = ["books"]\n')
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o750)
    (root / "sub/link").symlink_to("../run")
    return root


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def add(store: ImageStore, context: Path) -> StoredImage:
    return store.add(context, FILES, ".", claim=lambda _: None)


def test_an_image_keeps_its_files_as_they_were(store: ImageStore, context: Path) -> None:
    assert store.is_empty
    stored = add(store, context)
    (context / "run").write_text("changed")
    found = store.find(stored.digest)
    assert found == stored
    assert not store.is_empty
    assert (found.files / "sub/link").read_text() == "#!/bin/sh\n"
    assert stat.S_IMODE((found.files / "run").stat().st_mode) == 0o555
    assert stat.S_IMODE((found.files / "recipe.toml").stat().st_mode) == 0o444
    assert found.recipe.repositories == ("books",)
    assert found.recipe.name == f"image-{stored.digest[7:19]}"
    assert store.find("sha256:" + 64 * "0") is None


def test_a_manifest_names_config_and_layer_by_their_hashes(
    store: ImageStore, context: Path
) -> None:
    manifest = add(store, context).manifest
    assert manifest.digest == f"sha256:{hashlib.sha256(manifest.content).hexdigest()}"
    content, config = json.loads(manifest.content), json.loads(manifest.config)
    assert content["config"]["digest"] == f"sha256:{hashlib.sha256(manifest.config).hexdigest()}"
    assert content["config"]["size"] == len(manifest.config)
    (layer,) = content["layers"]
    assert config["rootfs"] == {"type": "layers", "diff_ids": [layer["digest"]]}


def test_a_digest_is_of_content_and_of_what_can_be_executed(tmp_path: Path, context: Path) -> None:
    first = make_manifest(context, FILES, ".").digest
    (context / "run").touch()
    assert make_manifest(context, tuple(reversed(FILES)), ".").digest == first
    (context / "run").chmod(0o640)
    assert make_manifest(context, FILES, ".").digest != first


def test_what_neither_a_registry_nor_a_build_has_is_removed(
    store: ImageStore, context: Path
) -> None:
    digests = []
    for text in ("registered", "claimed", "neither"):
        (context / "run").write_text(text)
        digests.append(add(store, context).digest)
    registered, claimed, _ = digests
    store.engines.mkdir()
    (store.engines / "build.json").write_text(json.dumps({"digests": [claimed]}))
    store.sweep(lambda: [registered, "sha256:" + 64 * "0"])
    assert [store.find(each) is not None for each in digests] == [True, True, False]
    store.forget_engines()
    store.sweep(lambda: [registered])
    assert [store.find(each) is not None for each in digests] == [True, False, False]


def test_an_image_is_claimed_before_it_can_be_seen(store: ImageStore, context: Path) -> None:
    seen: list[tuple[str, bool]] = []
    stored = store.add(
        context, FILES, ".", claim=lambda digest: seen.append((digest, store.is_empty))
    )
    assert seen == [(stored.digest, True)]


def test_what_a_kill_left_half_copied_is_removed(store: ImageStore, context: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.add(context, ("recipe.toml", "none"), ".", claim=lambda _: None)
    (context.parent / "images/.adding-0").mkdir()
    store.forget_engines()
    assert [path.name for path in (context.parent / "images").iterdir()] == []


def test_an_empty_store_is_swept_without_asking(store: ImageStore) -> None:
    store.sweep(lambda: pytest.fail("nobody has to be asked"))
