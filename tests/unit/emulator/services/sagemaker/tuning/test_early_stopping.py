from emulator.services.sagemaker.tuning.early_stopping import MedianRule


def finish(rule: MedianRule, job: str, values: list[float], *, is_completed: bool = True) -> None:
    for value in values:
        rule.hear(job, value)
    rule.finish(job, is_completed=is_completed)


def test_the_first_training_job_is_never_stopped() -> None:
    rule = MedianRule(is_minimised=True)
    assert not any(rule.hear("first", value) for value in (1.0, 50.0, 1e9))


def test_a_job_worse_than_the_median_of_running_averages_is_stopped() -> None:
    rule = MedianRule(is_minimised=True)
    finish(rule, "a", [4.0, 2.0])  # running averages 4, 3
    finish(rule, "b", [8.0, 4.0])  # 8, 6
    finish(rule, "c", [6.0, 4.0])  # 6, 5
    assert not rule.hear("better", 5.9)
    assert not rule.hear("better", 4.9)  # the median at epoch 2 is 5
    assert not rule.hear("worse", 6.0)
    assert rule.hear("worse", 5.1)


def test_maximising_turns_the_rule_round() -> None:
    rule = MedianRule(is_minimised=False)
    finish(rule, "a", [0.5])
    assert rule.hear("worse", 0.4)
    assert not rule.hear("better", 0.6)


def test_jobs_that_did_not_complete_or_did_not_get_so_far_do_not_count() -> None:
    rule = MedianRule(is_minimised=True)
    finish(rule, "stopped", [1.0, 1.0], is_completed=False)
    assert not rule.hear("x", 100.0)
    finish(rule, "short", [1.0])
    assert rule.hear("y", 100.0)
    assert not rule.hear("y", 100.0)  # nobody has an epoch 2
