"""The network of Object2Vec as a script of one's own on the MXNet image.

`settings`  what there is to choose
`pipeline`  the graph that makes a model
`endpoint`  where the model goes, and what it must answer there
"""
