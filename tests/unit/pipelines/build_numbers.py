"""Prints a definition whose numbers are parameters, wherever a step may take one.

A process of its own, because importing the SageMaker SDK takes seconds and changes the process.
"""

from pipelines.sdk import choices, jobs, processing, session, training, values
from pipelines.source import SourceArchive
from pipelines.target import Target

TARGET = Target("arn:aws:iam::123456789012:role/Pipelines", "a-bucket", "us-east-1")
SCRIPT = jobs.Script(
    image_uri="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0",
    source=SourceArchive(b"", "0" * 64, "a-bucket", "source.tar.gz"),
    file="run.py",
    environment={},
)


def definition() -> str:
    count = values.integer_parameter("Count", 2)
    rate = values.float_parameter("Rate", 0.1)
    compute = jobs.Compute("ml.m5.large", 10, 600, instance_count=count)
    with session.building(TARGET) as build:
        process = processing.processing_step(
            build,
            "Process",
            SCRIPT,
            compute,
            arguments=["--count", count],
            inputs=[],
            outputs=[],
            expire_after="P1D",
        )
        train = training.training_step(
            build,
            "Train",
            SCRIPT,
            compute,
            output_s3_uri="s3://a-bucket/models",
            hyperparameters={"rate": rate, "rounds": 10},
            inputs=[],
            expire_after="P1D",
        )
        count_words = training.training_step(
            build,
            "CountWords",
            training.Algorithm(
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/counter:1", {"A": "b"}
            ),
            compute,
            output_s3_uri="s3://a-bucket/models",
            hyperparameters={"words": 3},
            inputs=[],
            expire_after="P1D",
            metrics={"count": "count=([0-9]+)"},
        )
        comparisons = ("less_than", "at_most", "greater_than", "at_least")
        choose = choices.condition_step(
            "Choose",
            [getattr(choices, comparison)(count, rate) for comparison in comparisons],
            then=[],
            otherwise=[choices.fail_step("Fail", "no")],
        )
        return session.definition(build, [count, rate], [process, train, count_words, choose])


if __name__ == "__main__":
    print(definition())
