"""spark-submit: Spark's own, on this machine alone."""

import os
import sys

from spark_image.arguments import localize
from spark_image.installation import SPARK_HOME


def main() -> None:
    """Becomes Spark's spark-submit, so that signals reach it and its exit code is this one's."""
    command = localize(sys.argv[1:])
    if command.left_out:
        said = " ".join(command.left_out)
        print(f"[spark-submit: local[*] stands for the cluster; left out: {said}]", file=sys.stderr)
    os.environ["SPARK_HOME"] = str(SPARK_HOME)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    program = str(SPARK_HOME / "bin" / "spark-submit")
    os.execv(program, [program, *command.kept])


if __name__ == "__main__":
    main()
