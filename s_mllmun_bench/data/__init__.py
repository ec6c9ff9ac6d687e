"""The dataset as it is read: layout, identity, and the flat view of its questions."""

from s_mllmun_bench.data.questions import Question, StoredImage, dataset_digest, load_questions, load_refusals

__all__ = ["Question", "StoredImage", "dataset_digest", "load_questions", "load_refusals"]
