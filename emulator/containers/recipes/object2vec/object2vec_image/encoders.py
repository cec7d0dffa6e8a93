"""The encoders: token ids in, one vector of enc_dim a sequence out.

Each takes token ids (batch, width) and a mask of the same shape, 1 where a token is and 0 behind
the sequence's end; padding has no influence on what comes out.

Source: "How Object2Vec Works", the list of encoders.
"""

from collections.abc import Callable
from typing import Any

import mxnet as mx
from mxnet.gluon import HybridBlock, nn, rnn

from object2vec_image.hyperparameters import EncoderSettings

# Above any activation: taken from padding where the largest value counts.
FAR = 1e9


class PooledEmbedding(HybridBlock):
    """The mean of the tokens' embeddings; for sequences of one token, that embedding."""

    def __init__(self, embedding: nn.Embedding, **names: Any) -> None:
        super().__init__(**names)
        with self.name_scope():
            self.embedding = embedding

    def hybrid_forward(self, F: Any, tokens: Any, mask: Any = None) -> Any:  # noqa: N803
        """Encode; without a mask every sequence has one token, and `tokens` one dimension."""
        if mask is None:
            return self.embedding(tokens)
        total = F.sum(F.broadcast_mul(self.embedding(tokens), F.expand_dims(mask, 2)), axis=1)
        return F.broadcast_div(total, F.sum(mask, axis=1, keepdims=True))


class HierarchicalCnn(HybridBlock):
    """Convolutions on top of each other; the largest value of each one's channels, side by side."""

    def __init__(
        self, embedding: nn.Embedding, width: int, layers: int, enc_dim: int, **names: Any
    ) -> None:
        super().__init__(**names)
        channels = [enc_dim // layers + (layer < enc_dim % layers) for layer in range(layers)]
        with self.name_scope():
            self.embedding = embedding
            self.convolutions = nn.HybridSequential()
            for count in channels:
                # Padded by one more than needed where the width is even, and cut to the length.
                self.convolutions.add(
                    nn.Conv1D(count, width, padding=width // 2, activation="relu")
                )
        self._width = width

    def hybrid_forward(self, F: Any, tokens: Any, mask: Any) -> Any:  # noqa: N803
        """Encode."""
        is_token = F.expand_dims(mask, 1)
        state = F.broadcast_mul(F.transpose(self.embedding(tokens), (0, 2, 1)), is_token)
        levels = []
        for convolution in self.convolutions:
            state = convolution(state)
            if self._width % 2 == 0:
                state = F.slice_axis(state, axis=2, begin=0, end=-1)
            state = F.broadcast_mul(state, is_token)
            levels.append(F.max(F.broadcast_add(state, (is_token - 1) * FAR), axis=2))
        return F.concat(*levels, dim=1) if len(levels) > 1 else levels[0]


class BiLstm(HybridBlock):
    """An LSTM in both directions; the largest value that each of its outputs has.

    Two LSTMs in one direction each, because MXNet's bidirectional one reads the padding first on
    its way back, whatever the sequences' lengths.
    """

    def __init__(
        self, embedding: nn.Embedding, settings: EncoderSettings, enc_dim: int, **names: Any
    ) -> None:
        super().__init__(**names)
        with self.name_scope():
            self.embedding = embedding
            self.forward_layers = nn.HybridSequential()
            self.backward_layers = nn.HybridSequential()
            size = settings.token_embedding_dim
            for _ in range(settings.layers):
                for layers in (self.forward_layers, self.backward_layers):
                    layers.add(rnn.LSTM(enc_dim // 2, layout="TNC", input_size=size))
                size = enc_dim

    def hybrid_forward(self, F: Any, tokens: Any, mask: Any) -> Any:  # noqa: N803
        """Encode."""
        lengths = F.sum(mask, axis=1)
        state = F.transpose(self.embedding(tokens), (1, 0, 2))
        for forward, backward in zip(self.forward_layers, self.backward_layers, strict=True):
            behind = backward(F.SequenceReverse(state, lengths, use_sequence_length=True))
            behind = F.SequenceReverse(behind, lengths, use_sequence_length=True)
            state = F.concat(forward(state), behind, dim=2)
        is_token = F.expand_dims(F.transpose(mask, (1, 0)), 2)
        return F.max(F.broadcast_add(state, (is_token - 1) * FAR), axis=0)


def make_encoder(settings: EncoderSettings, embedding: nn.Embedding, enc_dim: int) -> HybridBlock:
    """The encoder of a network's name, on the embedding of its tokens."""
    makers: dict[str, Callable[[], HybridBlock]] = {
        "pooled_embedding": lambda: PooledEmbedding(embedding),
        "hcnn": lambda: HierarchicalCnn(
            embedding, settings.cnn_filter_width, settings.layers, enc_dim
        ),
        "bilstm": lambda: BiLstm(embedding, settings, enc_dim),
    }
    return makers[settings.network]()


def make_embedding(settings: EncoderSettings, *, is_sparse: bool) -> nn.Embedding:
    """The vectors of a vocabulary."""
    return nn.Embedding(
        settings.vocab_size,
        settings.token_embedding_dim,
        sparse_grad=is_sparse,
        weight_initializer=mx.init.Normal(0.01),
    )
