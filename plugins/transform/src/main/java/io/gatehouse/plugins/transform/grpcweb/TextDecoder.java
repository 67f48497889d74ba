package io.gatehouse.plugins.transform.grpcweb;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Out;
import io.vertx.core.buffer.Buffer;
import java.util.Base64;

/** Undoes Base64, of which there may be several pieces, each with its own padding, cut anywhere. For one body. */
final class TextDecoder implements BodyTransform<Buffer> {
    private static final int GROUP = 4;

    private final byte[] group = new byte[GROUP];
    private int filled;

    @Override
    public void item(Buffer piece, Out<Buffer> out) {
        byte[] text = piece.getBytes();
        Buffer bytes = Buffer.buffer(text.length / GROUP * 3 + 3);
        try {
            for (byte one : text) {
                group[filled++] = one;
                if (filled == GROUP) {
                    filled = 0;
                    bytes.appendBytes(Base64.getDecoder().decode(group));
                }
            }
        } catch (IllegalArgumentException e) {
            out.stop(Failure.of(FailureKind.INVALID_REQUEST, "a body that is no Base64"));
            return;
        }
        if (bytes.length() > 0) {
            out.emit(bytes);
        }
    }

    @Override
    public BodyEnd end(BodyEnd end, Out<Buffer> out) {
        return end.complete() && filled > 0
                ? BodyEnd.truncated(Failure.of(FailureKind.INVALID_REQUEST, "a body that ends within Base64"))
                : end;
    }
}
