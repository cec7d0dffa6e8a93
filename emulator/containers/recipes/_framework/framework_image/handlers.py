"""Answers requests with the model functions of AWS's sagemaker-inference toolkit."""

import json
from collections.abc import Mapping
from typing import Any

from sagemaker_inference import decoder, encoder
from sagemaker_inference.default_inference_handler import DefaultInferenceHandler
from sagemaker_inference.errors import GenericInferenceToolkitError, UnsupportedFormatError
from sagemaker_inference.transformer import Transformer
from sagemaker_inference.utils import parse_accept

from framework_image.server import Reply

CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


class FrameworkHandler(DefaultInferenceHandler):
    """The defaults for functions that the script does not define."""

    def default_input_fn(self, input_data: Any, content_type: str, context: Any = None) -> Any:
        """Decode the request into an array; 415 for another content type."""
        try:
            return decoder.decode(input_data, (content_type or "").partition(";")[0].strip())
        except UnsupportedFormatError as error:
            raise GenericInferenceToolkitError(415, str(error)) from error
        except ValueError as error:
            raise GenericInferenceToolkitError(400, f"{content_type}: {error}") from error

    def default_predict_fn(self, data: Any, model: Any, context: Any = None) -> Any:
        """Call the model's ``predict``."""
        return model.predict(data)

    def default_output_fn(self, prediction: Any, accept: str, context: Any = None) -> Any:
        """Encode the prediction as the client accepts it; 406 for another content type."""
        for content_type in parse_accept(accept):
            if content_type in encoder.SUPPORTED_CONTENT_TYPES:
                return encoder.encode(prediction, content_type), content_type
        raise GenericInferenceToolkitError(406, str(UnsupportedFormatError(accept)))


class RequestContext:
    """A request as the toolkit's functions expect their model server to give it.

    Source: multi-model-server, ``mms/context.py``, the methods of Context and RequestProcessor.
    """

    def __init__(self, model_dir: str, headers: Mapping[str, str]) -> None:
        self.system_properties = {"model_dir": model_dir}
        self.request_processor = [self]
        self.status = 200
        self.content_type = "application/json"
        self.reply_headers: dict[str, str] = {}
        self._properties = {_TITLES.get(name, name): value for name, value in headers.items()}

    def get_request_properties(self) -> dict[str, str]:
        """All headers of the request."""
        return self._properties

    def get_request_property(self, key: str) -> str | None:
        """One header of the request."""
        return self.get_request_header(0, key)

    def get_request_header(self, _index: int, key: str) -> str | None:
        """One header of the request, whatever its case."""
        for name, value in self._properties.items():
            if name.lower() == key.lower():
                return value
        return None

    def set_response_status(
        self, code: int = 200, phrase: str = "", idx: int = 0, **_: object
    ) -> None:
        """Set the status of the answer."""
        self.status = int(code)

    def set_response_content_type(self, _index: int, value: str) -> None:
        """Set the content type of the answer."""
        self.content_type = value

    def set_response_header(self, _index: int, key: str, value: str) -> None:
        """Set a header of the answer, such as the custom attributes."""
        self.reply_headers[key] = value


_TITLES = {
    "content-type": "Content-Type",
    "accept": "Accept",
    CUSTOM_ATTRIBUTES.lower(): CUSTOM_ATTRIBUTES,
}


class ToolkitApplication:
    """Answers with model_fn, input_fn, predict_fn and output_fn, or transform_fn."""

    def __init__(self, model_dir: str, handler: DefaultInferenceHandler) -> None:
        self._model_dir = model_dir
        self._transformer = Transformer(handler)
        self._transformer.validate_and_initialize(
            model_dir=model_dir, context=RequestContext(model_dir, {})
        )

    @property
    def model(self) -> Any:
        """What model_fn gave."""
        return self._transformer._model

    @property
    def has_transform_fn(self) -> bool:
        """Whether the script answers whole requests by a function of its own."""
        return self._transformer._transform_fn != self._transformer._default_transform_fn

    def invoke(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Run the functions; the toolkit turns their errors into statuses."""
        context = RequestContext(self._model_dir, headers)
        # The toolkit keeps the first request's context; functions that ask for one want theirs.
        self._transformer._context = context
        (answer,) = self._transformer.transform([{"body": body}], context)
        is_error = context.status >= 400
        content_type = "text/plain; charset=utf-8" if is_error else str(context.content_type)
        return Reply(_to_bytes(answer), content_type, context.status, context.reply_headers)


def _to_bytes(answer: Any) -> bytes:
    if isinstance(answer, str):
        return answer.encode()
    if isinstance(answer, bytes | bytearray | memoryview):
        return bytes(answer)
    return json.dumps(answer, default=lambda value: value.tolist()).encode()
