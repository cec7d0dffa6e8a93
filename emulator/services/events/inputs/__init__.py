"""What a target is given: the event, a part of it, a constant, or a text made from it. Pure.

``json_paths``   the JSON paths that EventBridge takes
``templates``    InputTemplate: placeholders, their quoting, and what is refused
``rendering``    a target's Input, InputPath or InputTransformer, applied to an event

Source: "Amazon EventBridge input transformation" of the EventBridge user guide.
"""

from emulator.services.events.inputs.json_paths import InvalidPath, read_path, value_at
from emulator.services.events.inputs.rendering import Occasion, input_faults, render

__all__ = ["InvalidPath", "Occasion", "input_faults", "read_path", "render", "value_at"]
