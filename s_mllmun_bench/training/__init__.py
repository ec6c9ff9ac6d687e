"""Training: packing, losses, one trainer; fine-tuning, unlearning and the mini models' pretraining."""

from .forgetting import ForgettingSettings, SculptingSettings, train_anchor, train_forgetting
from .layout import IGNORE
from .losses import (
    answer_cross_entropy,
    answer_log_likelihoods,
    answer_logits,
    cross_entropy,
    divergence,
    divergence_from_original,
    gradient_difference,
    joint_cross_entropy,
    kl_minimization,
)
from .packing import Packer
from .pairs import RowPair, collate_pairs, paired
from .rows import Pair, Picture, Row, rows_of
from .settings import Computing, LoraSettings, TrainSettings
from .task import CompleteRetain, UnlearningData, UnlearningTask
from .trainer import Training, train
from .vision_warmup import LabelledPicture

__all__ = [
    "IGNORE",
    "CompleteRetain",
    "Computing",
    "ForgettingSettings",
    "LabelledPicture",
    "LoraSettings",
    "Packer",
    "Pair",
    "Picture",
    "Row",
    "RowPair",
    "SculptingSettings",
    "TrainSettings",
    "Training",
    "UnlearningData",
    "UnlearningTask",
    "answer_cross_entropy",
    "answer_log_likelihoods",
    "answer_logits",
    "collate_pairs",
    "cross_entropy",
    "divergence",
    "divergence_from_original",
    "gradient_difference",
    "joint_cross_entropy",
    "kl_minimization",
    "paired",
    "rows_of",
    "train",
    "train_anchor",
    "train_forgetting",
]
