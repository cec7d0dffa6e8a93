"""Rating prediction by the built-in algorithm Object2Vec: tuned, beside the untuned network.

`settings`  what there is to choose
`pipeline`  the graph that makes a model
`endpoint`  where the model goes, and what it must answer there
"""
