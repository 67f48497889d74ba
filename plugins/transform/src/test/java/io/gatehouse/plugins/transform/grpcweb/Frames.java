package io.gatehouse.plugins.transform.grpcweb;

import io.vertx.core.buffer.Buffer;
import java.util.Base64;

/** Messages of gRPC. */
final class Frames {
    private Frames() {}

    static Buffer message(String text) {
        return frame(0, text);
    }

    static Buffer trailers(String lines) {
        return frame(0x80, lines);
    }

    private static Buffer frame(int flag, String text) {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return Buffer.buffer().appendByte((byte) flag).appendInt(bytes.length).appendBytes(bytes);
    }

    static Buffer text(Buffer bytes) {
        return Buffer.buffer(Base64.getEncoder().encode(bytes.getBytes()));
    }
}
