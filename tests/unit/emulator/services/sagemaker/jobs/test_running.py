"""The live side of a job, as its listeners hear it."""

from emulator.services.sagemaker.jobs.running import JobHandle


def listen(handle: JobHandle) -> list[object]:
    heard: list[object] = []
    handle.listen(lambda name, value: heard.append((name, value)), lambda: heard.append("end"))
    return heard


def test_who_listens_late_hears_what_was_printed_before_in_its_order() -> None:
    handle = JobHandle()
    handle.tell_metric("loss", 2.0)
    handle.tell_metric("loss", 1.0)
    heard = listen(handle)
    handle.tell_metric("loss", 0.5)
    handle.tell_end()
    assert heard == [("loss", 2.0), ("loss", 1.0), ("loss", 0.5), "end"]


def test_who_listens_after_the_end_hears_everything() -> None:
    handle = JobHandle()
    handle.tell_metric("loss", 2.0)
    handle.tell_end()
    assert listen(handle) == [("loss", 2.0), "end"]
