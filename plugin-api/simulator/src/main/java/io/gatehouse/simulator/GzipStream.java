package io.gatehouse.simulator;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** Compresses a body part by part, so that each part can be read as soon as it has arrived. */
final class GzipStream {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final GZIPOutputStream out;

    GzipStream() {
        try {
            out = new GZIPOutputStream(bytes, 512, true);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
    }

    Buffer next(Buffer part) {
        return take(part, false);
    }

    Buffer last(Buffer part) {
        return take(part, true);
    }

    private Buffer take(Buffer part, boolean last) {
        try {
            out.write(part.getBytes());
            if (last) {
                out.close();
            } else {
                out.flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        Buffer compressed = Buffer.buffer(bytes.toByteArray());
        bytes.reset();
        return compressed;
    }

    /** Frees the compressor's native memory, if the last part was never written. */
    void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
    }
}
