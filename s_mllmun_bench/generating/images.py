"""Images as a transformers model sees them, each encoded once however many questions show it.

`transformers` lets a model's image features be computed beforehand and handed to it
(``mm_encoder_outputs``), for every architecture of this benchmark. Ten questions on one face then
cost one pass of the vision tower, and an image that cannot be read costs its own questions only.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from s_mllmun_bench.data.questions import StoredImage
from s_mllmun_bench.generating.backend import UNREADABLE, in_halves, windows

_AT_ONCE = 16
"""Images per pass of the vision tower."""


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """One image, ready to stand in a prompt."""

    placeholder: list[int]
    """The token ids at its place in the prompt."""
    features_TD: torch.Tensor
    """Its visual tokens; shape (tokens, hidden size of the language model)."""
    layout: dict[str, torch.Tensor]
    """What the model asks besides, by argument, such as ``image_grid_thw``; one row each."""


class ImageEncoder:
    """Encodes images with a model's own processor and vision tower."""

    def __init__(self, model: Any, processor: Any) -> None:
        """Keep the model and its processor; nothing is computed yet."""
        self._model = model
        self._processor = processor
        self._arguments = set(inspect.signature(model.base_model.get_image_features).parameters)

    def encode(self, images: Sequence[StoredImage]) -> dict[str, EncodedImage | Exception]:
        """Return for each image's digest what the model needs of it, or why it cannot be read.

        Args:
            images: may hold an image several times; it is encoded once.
        """
        encoded: dict[str, EncodedImage | Exception] = {}
        distinct = list({image.digest: image for image in images}.values())
        for part in windows(distinct, _AT_ONCE):
            for some, inputs in in_halves(part, self._read, UNREADABLE):
                if isinstance(inputs, Exception):
                    encoded[some[0].digest] = inputs
                else:
                    digests = (image.digest for image in some)
                    encoded.update(zip(digests, self._encoded(inputs), strict=True))
        return encoded

    def _read(self, images: Sequence[StoredImage]) -> Any:
        """Return what the processor makes of some images, each with its place in a prompt as text."""
        return self._processor(
            text=[self._processor.image_token] * len(images),
            images=[image.open() for image in images],
            add_special_tokens=False,
            padding=True,
            return_tensors="pt",
        )

    def _encoded(self, inputs: Any) -> list[EncodedImage]:
        """Return the images as one pass of the vision tower encodes them."""
        given = {key: value.to(self._model.device) for key, value in inputs.items() if key in self._arguments}
        with torch.inference_mode():
            features = self._model.base_model.get_image_features(**given, return_dict=True).pooler_output
        layout = {key: value for key, value in given.items() if not key.startswith("pixel")}
        return [
            EncodedImage(
                placeholder=inputs["input_ids"][row][inputs["attention_mask"][row].bool()].tolist(),
                features_TD=features[row],
                layout={key: value[row : row + 1] for key, value in layout.items()},
            )
            for row in range(len(features))
        ]
