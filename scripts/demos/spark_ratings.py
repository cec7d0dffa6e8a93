"""The demo of spark_ratings: Spark selects the ratings, the model is that of book_ratings."""

from demos import book_ratings
from demos.demo import Demo
from demos.errors_table import show_errors

DEMO = Demo(
    description="ratings -> selected by Spark (or EMR, EMR Serverless) -> the book_ratings model",
    inputs=book_ratings.inputs,
    show_evaluation=show_errors,
    ask=book_ratings.ask,
    needs=("java",),
)
