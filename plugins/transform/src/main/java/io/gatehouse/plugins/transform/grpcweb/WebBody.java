package io.gatehouse.plugins.transform.grpcweb;

import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Out;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer as a browser gets it: the same messages, then a frame with the trailers. As text each message is Base64 with its
 * own padding, so that none waits for the next one. For one body.
 */
final class WebBody implements BodyTransform<Buffer> {
    private static final int PREFIX_BYTES = 5;
    private static final byte TRAILERS = (byte) 0x80;

    /** What is told of a call whose answer ended without a word on how it went. */
    private static final String NO_STATUS = "grpc-status:2\r\ngrpc-message:the service sent no status\r\n";

    private final boolean text;
    private final boolean known;

    /** What does not fill three bytes of the message yet, which Base64 makes four letters of. */
    private final byte[] carried = new byte[3];

    private int carriedBytes;

    /** The first bytes of a message: a flag and its length. */
    private final byte[] prefix = new byte[PREFIX_BYTES];

    private int prefixBytes;
    private long left;

    /** @param known whether the head says how the call went */
    WebBody(boolean text, boolean known) {
        this.text = text;
        this.known = known;
    }

    @Override
    public void item(Buffer piece, Out<Buffer> out) {
        if (!text) {
            out.emit(piece);
            return;
        }
        byte[] bytes = piece.getBytes();
        Buffer letters = Buffer.buffer(bytes.length / 3 * 4 + 8);
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (left > 0) {
                int count = (int) Math.min(left, bytes.length - i);
                left -= count;
                i += count - 1;
            } else {
                prefix[prefixBytes++] = bytes[i];
                left = prefixBytes == PREFIX_BYTES ? length() : 0;
            }
            if (prefixBytes == PREFIX_BYTES && left == 0) { // a message ends
                prefixBytes = 0;
                encode(bytes, from, i + 1, true, letters);
                from = i + 1;
            }
        }
        encode(bytes, from, bytes.length, false, letters);
        if (letters.length() > 0) {
            out.emit(letters);
        }
    }

    private long length() {
        return (prefix[1] & 255L) << 24 | (prefix[2] & 255) << 16 | (prefix[3] & 255) << 8 | prefix[4] & 255;
    }

    private void encode(byte[] bytes, int from, int to, boolean last, Buffer letters) {
        int count = carriedBytes + to - from;
        int now = last ? count : count - count % 3;
        byte[] group = new byte[count];
        System.arraycopy(carried, 0, group, 0, carriedBytes);
        System.arraycopy(bytes, from, group, carriedBytes, to - from);
        carriedBytes = count - now;
        System.arraycopy(group, now, carried, 0, carriedBytes);
        if (now > 0) {
            letters.appendBytes(Base64.getEncoder().encode(now == count ? group : Arrays.copyOf(group, now)));
        }
    }

    @Override
    public BodyEnd end(BodyEnd end, Out<Buffer> out) {
        if (!end.complete()) {
            return end; // a call that broke off has no status: the client sees that the rest is missing
        }
        if (carriedBytes > 0) { // half a message: let the client see it
            out.emit(Buffer.buffer(Base64.getEncoder().encode(Arrays.copyOf(carried, carriedBytes))));
        }
        MultiMap trailers = end.trailers();
        if (!known || trailers != null) {
            byte[] lines = lines(trailers).getBytes();
            Buffer frame = Buffer.buffer(PREFIX_BYTES + lines.length)
                    .appendByte(TRAILERS)
                    .appendInt(lines.length)
                    .appendBytes(lines);
            out.emit(text ? Buffer.buffer(Base64.getEncoder().encode(frame.getBytes())) : frame);
        }
        return BodyEnd.ok();
    }

    private static Buffer lines(@Nullable MultiMap trailers) {
        if (trailers == null || !trailers.contains("grpc-status")) {
            return Buffer.buffer(NO_STATUS);
        }
        Buffer lines = Buffer.buffer();
        for (Map.Entry<String, String> trailer : trailers) {
            lines.appendString(trailer.getKey().toLowerCase(Locale.ROOT))
                    .appendString(":")
                    .appendString(trailer.getValue())
                    .appendString("\r\n");
        }
        return lines;
    }
}
