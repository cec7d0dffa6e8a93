"""What a URL asks for.

Names are GitHub's: "Repository names" and "Username considerations" of its documentation.
"""

import pytest

from emulator.services.git.addresses import Address, read_address


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/repos/books/info/refs", Address("CodeCommit", "books", "info/refs")),
        ("/v1/repos/books.git/info/refs", Address("CodeCommit", "books", "info/refs")),
        (
            "/v1/repos/sagemaker-a-p-1.x_y/git-upload-pack",
            Address("CodeCommit", "sagemaker-a-p-1.x_y", "git-upload-pack"),
        ),
        (
            "/git/ada/books.git/git-receive-pack",
            Address("CodeConnections", "ada/books", "git-receive-pack"),
        ),
        ("/git/ada/books/info/refs", Address("CodeConnections", "ada/books", "info/refs")),
        ("/git/a-b-c/.dot/info/refs", Address("CodeConnections", "a-b-c/.dot", "info/refs")),
        (
            "/git-http/123456789012/eu-west-2/192881c6-e3f2/ada/books.git/git-receive-pack",
            Address(
                "CodeConnections",
                "ada/books",
                "git-receive-pack",
                "arn:aws:codeconnections:eu-west-2:123456789012:connection/192881c6-e3f2",
            ),
        ),
    ],
)
def test_a_repository_is_found_with_and_without_git_at_its_end(
    path: str, expected: Address
) -> None:
    assert read_address(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/v1/repos/books",
        "/v1/repos/books/HEAD",
        "/v1/repos/a/b/info/refs",
        "/v1/repos//info/refs",
        "/git/books/info/refs",
        "/git/ada/books.git/objects/info/packs",
        "/git/ada/../info/refs",
        "/git/ada/..git/info/refs",
        "/git/ada/./info/refs",
        "/git/../books/info/refs",
        f"/git/{'a' * 40}/books/info/refs",
        f"/git/ada/{'b' * 101}/info/refs",
        "/git-http/ada/books.git/info/refs",
        "/git-http/123456789012/us-east-1/books.git/info/refs",
        "/git-http/123456789012/us-east-1/../ada/books.git/info/refs",
        "/",
    ],
)
def test_other_paths_are_none_of_gits(path: str) -> None:
    assert read_address(path) is None


@pytest.mark.parametrize(
    "name", ["-a/b", "a-/b", "a--b/c", "a_b/c", "a/.git", "a/b/c", "a/b c", "a/é"]
)
def test_names_that_github_refuses_are_no_repositories(name: str) -> None:
    assert read_address(f"/git/{name}.git/info/refs") is None
    assert read_address(f"/git/{name}/info/refs") is None
