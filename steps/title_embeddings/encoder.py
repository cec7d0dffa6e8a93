"""The Gluon block that makes a title's vector of its words."""

from __future__ import annotations

from typing import Any

from mxnet import gluon


class TitleEncoder(gluon.HybridBlock):
    """The mean of a title's word vectors, at unit length, so that a dot product is a cosine.

    Takes `words` (titles x places, indices into the vocabulary, padded to one length) and `counts`
    (titles; how many of the places count, at least 1); gives titles x numbers.
    """

    def __init__(self, vectors: Any) -> None:
        super().__init__()
        with self.name_scope():
            self.vectors = gluon.nn.Embedding(*vectors.shape)
        self.initialize()
        self.vectors.weight.set_data(vectors)

    def hybrid_forward(self, F: Any, words: Any, counts: Any) -> Any:
        """Called by Gluon, with arrays or with symbols."""
        vectors = F.SequenceMask(self.vectors(words), counts, use_sequence_length=True, axis=1)
        mean = F.broadcast_div(F.sum(vectors, axis=1), F.expand_dims(counts, axis=1))
        return F.L2Normalization(mean)
