package io.gatehouse.api.body;

import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;

/** Bytes as they come. */
final class BytesFraming implements Framing<Buffer> {
    static final BytesFraming INSTANCE = new BytesFraming();

    private static final Decoder<Buffer> DECODER = new Decoder<>() {
        @Override
        public void feed(Buffer bytes, Consumer<? super Buffer> items) {
            if (bytes.length() > 0) {
                items.accept(bytes);
            }
        }

        @Override
        public void end(Consumer<? super Buffer> items) {}
    };

    private BytesFraming() {}

    @Override
    public Decoder<Buffer> decoder() {
        return DECODER;
    }

    @Override
    public Buffer encode(Buffer item) {
        return item;
    }

    @Override
    public String toString() {
        return "bytes";
    }
}
