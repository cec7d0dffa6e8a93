import pytest

from emulator.services.sagemaker.tuning.completion import Criteria, Progress


@pytest.mark.parametrize(("is_minimised", "sign"), [(True, 1), (False, -1)])
def test_the_target_is_met_when_it_is_reached_or_passed(is_minimised: bool, sign: int) -> None:
    progress = Progress(Criteria(is_minimised=is_minimised, target=sign * 0.5))
    assert not progress.is_complete
    progress.hear(sign * 0.6)
    assert not progress.is_complete
    progress.hear(sign * 0.5)
    assert progress.is_complete


def test_an_improvement_below_one_percent_is_none() -> None:
    # Source: API_BestObjectiveNotImproving, "improve model performance by 1% or greater".
    progress = Progress(Criteria(is_minimised=True, not_improving_max=3))
    for value in (1.0, 0.995, 0.992):
        progress.hear(value)
    assert progress.not_improving_count == 2
    progress.hear(0.99)
    assert progress.not_improving_count == 0
    for value in (0.99, 0.989, 2.0):
        assert not progress.is_complete
        progress.hear(value)
    assert progress.is_complete


def test_convergence_ends_the_tuning_job_only_if_it_was_asked_to() -> None:
    asked = Progress(Criteria(is_minimised=True, completes_on_convergence=True))
    not_asked = Progress(Criteria(is_minimised=True))
    for progress in (asked, not_asked):
        for _ in range(11):
            progress.hear(1.0)
        assert progress.has_converged
    assert asked.is_complete
    assert not not_asked.is_complete
