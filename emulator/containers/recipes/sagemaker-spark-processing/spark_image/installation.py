"""Adds the image's own parts to Spark's folder, when the environment is made.

Spark's own compiler compiles the file system, so that no JDK is needed, and a script that starts
Spark by itself finds configuration and S3 just as one that `spark-submit` starts.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pyspark

IMAGE = Path(__file__).parent.parent
SPARK_HOME = Path(pyspark.__file__).parent
JAR = "emulator-s3.jar"


def install(spark_home: Path) -> None:
    """Writes conf/ and the jar with S3 as a file system into Spark's folder."""
    shutil.copytree(IMAGE / "conf", spark_home / "conf", dirs_exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        compile_scala(spark_home, Path(directory))
        archive = shutil.make_archive(f"{directory}.jar", "zip", directory)
    shutil.move(archive, spark_home / "jars" / JAR)


def compile_scala(spark_home: Path, target: Path) -> None:
    """Compiles the image's Scala into class files.

    Raises:
        CalledProcessError: the compiler refused; it has printed why.
    """
    sources = sorted(str(path) for path in (IMAGE / "scala").glob("*.scala"))
    compiler = ["java", "-cp", f"{spark_home}/jars/*", "scala.tools.nsc.Main"]
    subprocess.run([*compiler, "-usejavacp", "-nowarn", "-d", str(target), *sources], check=True)


if __name__ == "__main__":
    install(SPARK_HOME)
