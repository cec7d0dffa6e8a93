"""Rating prediction: prepare, tune, train, evaluate, then register the model or fail.

`settings`  what there is to choose
`pipeline`  the graph
"""
