"""Clipping of gradients on a CPU in place: the same weights with fewer passes over memory."""

from __future__ import annotations

from typing import Any


def speed_up_clipping(optimizer: Any) -> bool:
    """Let ``optimizer`` scale gradients in place; returns whether it does.

    Paddle's ``ClipGradByGlobalNorm`` multiplies each gradient by a tensor of one number, a product
    that takes six times as long. The weights that come out are equal to the bit; afterwards the
    parameters hold the clipped gradients. Other ways to clip, and gradients that are not dense
    float32 on a CPU, stay as they are. (The rest of an optimizer's avoidable work, zeroing
    gradients, is PaddleNLP's option ``release_grads``.)
    """
    from paddle import nn

    clip = optimizer._grad_clip
    if type(clip) is not nn.ClipGradByGlobalNorm or clip.auto_skip_clip:
        return False
    optimizer._grad_clip = _in_place(clip)
    return True


def _in_place(clip: Any) -> Any:
    import paddle
    from paddle import nn

    class InPlaceClip(nn.ClipGradByGlobalNorm):
        def _dygraph_clip(self, params_grads: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
            gradients = [
                gradient
                for parameter, gradient in params_grads
                if gradient is not None and getattr(parameter, "need_clip", True) is not False
            ]
            if not gradients or not all(map(_is_plain, gradients)):
                clipped: list[tuple[Any, Any]] = super()._dygraph_clip(params_grads)
                return clipped
            squares = [paddle._C_ops.squared_l2_norm(gradient) for gradient in gradients]
            norm = paddle.stack(squares).sum().sqrt()
            limit = paddle.full([1], self.clip_norm, dtype="float32")
            factor = float(limit / paddle.maximum(norm, limit))
            if factor != 1.0:  # also when it is not a number
                for gradient in gradients:
                    gradient.scale_(factor)
            return params_grads

    return InPlaceClip(clip.clip_norm, clip.group_name)


def _is_plain(gradient: Any) -> bool:
    import paddle

    return bool(
        gradient.is_dense() and gradient.place.is_cpu_place() and gradient.dtype == paddle.float32
    )
