"""Title embeddings, a model of one's own in Gluon: prepare, train, evaluate, register or fail.

`settings`  what there is to choose
`pipeline`  the graph
`endpoint`  the stages, and the questions that an endpoint must answer
"""
