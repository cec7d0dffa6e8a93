"""The end of a log."""

import pytest

from pipelines.job_log import last_words

# Written by CPython 3.11; the toolkit's lines are of sagemaker-training 5.1.4.
CHAINED = """Traceback (most recent call last):
  File "a.py", line 2, in <module>
    1 / 0
ZeroDivisionError: division by zero

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "a.py", line 4, in <module>
    raise ValueError("no ratings") from error
ValueError: no ratings
"""
LAST = """Traceback (most recent call last):
  File "/opt/ml/code/prepare.py", line 3, in prepare
    rows["rating"]
KeyError: 'rating'
"""
BEFORE = """2026-11-21 09:22:10,302 sagemaker-training-toolkit INFO     Invoking user script
SM_CHANNEL_TRAIN=/opt/ml/input/data/train

Invoking script with the following command:

/miniconda3/bin/python3 -m train


2026-11-21 09:22:10,304 sagemaker-training-toolkit INFO     Exceptions not imported for SageMaker \
Debugger as it is not installed.
"""
AFTER = """2026-11-21 09:22:10,357 sagemaker-training-toolkit ERROR    Reporting training FAILURE
2026-11-21 09:22:10,357 sagemaker-training-toolkit ERROR    ExecuteUserScriptError:
ExitCode 1
ErrorMessage ""
Command "/miniconda3/bin/python3 -m train"
2026-11-21 09:22:10,357 sagemaker-training-toolkit ERROR    Encountered exit_code 1
"""
SYNTAX_ERROR = """  File "/opt/ml/code/train.py", line 1
    def f(:
          ^
SyntaxError: invalid syntax
"""
USAGE = """usage: train.py [-h] --x X
train.py: error: the following arguments are required: --x
"""


def test_chained_tracebacks_are_told_together() -> None:
    assert last_words(CHAINED.splitlines()) == CHAINED.splitlines()


def test_of_two_separate_tracebacks_the_last_counts() -> None:
    assert last_words((CHAINED + "retrying\n" + LAST).splitlines()) == LAST.splitlines()


def test_without_a_traceback_the_end_of_the_log_counts() -> None:
    assert last_words([str(number) for number in range(100)]) == [
        str(number) for number in range(80, 100)
    ]


@pytest.mark.parametrize("own", [SYNTAX_ERROR, USAGE, "", "some words\n\nmore\n"])
def test_what_a_toolkit_writes_around_a_script_is_left_out(own: str) -> None:
    assert last_words((BEFORE + own + AFTER).splitlines()) == own.splitlines()
    assert last_words((BEFORE + own).splitlines()) == own.splitlines()
