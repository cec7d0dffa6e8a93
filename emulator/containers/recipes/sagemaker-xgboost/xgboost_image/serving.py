"""The image's `serve`: the model's script if it brings one, else the built-in algorithm."""

from pathlib import Path

from framework_image.server import Application
from framework_image.serving import has_script, start

from xgboost_image.light import import_xgboost


def make_application(model_dir: Path) -> Application:
    """Load the model."""
    if has_script(model_dir):
        from xgboost_image import script_serving

        return script_serving.make_application(model_dir)
    import_xgboost()
    from xgboost_image import algorithm_serving

    return algorithm_serving.make_application(model_dir)


if __name__ == "__main__":
    start(make_application)
