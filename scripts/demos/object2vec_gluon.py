"""The demo of object2vec_gluon: the same question, to the network of one's own."""

from demos.demo import Demo
from demos.object2vec import ask, inputs, show_evaluation

DEMO = Demo(
    description="ratings -> the same network as an MXNet script of one's own -> scores of pairs",
    inputs=inputs,
    show_evaluation=show_evaluation,
    ask=ask,
)
