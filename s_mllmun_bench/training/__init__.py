"""Training: packing, losses, one trainer; fine-tuning, unlearning and the mini models' pretraining."""

from .losses import answer_cross_entropy, answer_logits, cross_entropy
from .packing import Packer
from .rows import Pair, Picture, Row, rows_of
from .settings import LoraSettings, TrainSettings
from .trainer import Training, train
from .unlearning import UnlearningData, UnlearningTask
from .vision_warmup import LabelledPicture

__all__ = [
    "LabelledPicture",
    "LoraSettings",
    "Packer",
    "Pair",
    "Picture",
    "Row",
    "TrainSettings",
    "Training",
    "UnlearningData",
    "UnlearningTask",
    "answer_cross_entropy",
    "answer_logits",
    "cross_entropy",
    "rows_of",
    "train",
]
