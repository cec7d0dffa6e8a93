"""Hyperparameter tuning: which values to try next, and when to stop trying.

``ranges``       ParameterRanges as data: check, transform to a search space and back
``plans``        a CreateHyperParameterTuningJob request as frozen data, its faults found
``search``       what to try next: Bayesian, Random, Grid, Hyperband
``early_stopping`` which training job to end before its time
``completion``   when the tuning job has seen enough
``warm_start``   what parent tuning jobs have observed
``summaries``    training jobs as the tuning job sees them: objective, counters, the best
``requests``     the CreateTrainingJob request of one suggestion
``tuner``        the loop that starts training jobs and hears of their ends

The one rule: a tuning job knows its training jobs only by what the API says of them; what to try
next depends on nothing else, so the same answers and the same seed lead to the same suggestions.
"""
