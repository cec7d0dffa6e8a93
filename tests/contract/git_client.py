"""Plain git, as a user has it, with a home of its own."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Git:
    """Runs git in a folder of the test's."""

    home: Path

    def run(self, *arguments: str, at: Path | None = None) -> str:
        """What git says; an error of git is one of the test."""
        ended = self.attempt(*arguments, at=at)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def attempt(self, *arguments: str, at: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run git, whatever comes of it."""
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.com",
            "LC_ALL": "C.UTF-8",
            "no_proxy": "127.0.0.1",
        }
        return subprocess.run(
            ["git", *arguments],
            cwd=at or self.home,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def working_copy(self, name: str, files: dict[str, str], branch: str = "main") -> Path:
        """A new repository with one commit of these files."""
        folder = self.home / name
        self.run("init", "--quiet", f"--initial-branch={branch}", str(folder))
        self.commit(folder, files, "first")
        return folder

    def commit(self, folder: Path, files: dict[str, str], message: str) -> str:
        """Commit these files, and give the commit's id."""
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        self.run("add", "--all", at=folder)
        self.run("commit", "--quiet", "-m", message, at=folder)
        return self.run("rev-parse", "HEAD", at=folder)
