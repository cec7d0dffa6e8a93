"""Recommendations by a container of one's own, in R: prepare, train, evaluate, register or fail.

`settings`  what there is to choose
`image`     the address of the image that steps/r_recommender's Dockerfile makes
`pipeline`  the graph
`endpoint`  where a model is deployed, and what it must answer
"""
