package io.gatehouse.plugins.traffic.cache;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is kept, as bytes that other nodes read. What they cannot read, of another version or of nobody's, is nothing to them. */
final class KeptBytes {
    private static final byte ANSWER = 'A';
    private static final byte VARIANTS = 'V';

    /** Grows with each change of the format. */
    private static final byte FORMAT = 1;

    private static final int MAX_NAMES = 1000;

    private final Buffer bytes;
    private int at = 2;

    private KeptBytes(Buffer bytes) {
        this.bytes = bytes;
    }

    static Buffer of(Kept.Answer answer) {
        Buffer bytes = Buffer.buffer((int) answer.size())
                .appendByte(ANSWER)
                .appendByte(FORMAT)
                .appendLong(answer.until())
                .appendLong(answer.at())
                .appendLong(answer.seconds())
                .appendInt(answer.status())
                .appendInt(answer.headers().entries().size());
        for (var header : answer.headers()) {
            append(bytes, header.getKey());
            append(bytes, header.getValue());
        }
        return bytes.appendInt(answer.body().length()).appendBuffer(answer.body());
    }

    static Buffer of(Kept.Variants variants) {
        Buffer bytes = Buffer.buffer().appendByte(VARIANTS).appendByte(FORMAT).appendLong(variants.until());
        append(bytes, variants.id());
        append(bytes, variants.last());
        bytes.appendInt(variants.names().size());
        variants.names().forEach(name -> append(bytes, name));
        return bytes;
    }

    /** What these bytes say; null when it is nothing, or no longer to be kept. */
    static @Nullable Kept read(@Nullable Buffer bytes, long now) {
        if (bytes == null || bytes.length() < 2 || bytes.getByte(1) != FORMAT) {
            return null;
        }
        try {
            KeptBytes reader = new KeptBytes(bytes);
            Kept kept = switch (bytes.getByte(0)) {
                case ANSWER -> reader.answer();
                case VARIANTS -> reader.variants();
                default -> null;
            };
            return kept == null || reader.at != bytes.length() || kept.until() <= now ? null : kept;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            return null; // too short, or a header that no server may send
        }
    }

    private Kept.Answer answer() {
        long until = number();
        long kept = number();
        long seconds = number();
        int status = count(599);
        MultiMap headers = HttpHeaders.headers(); // which takes no header that would end early
        for (int left = count(MAX_NAMES); left > 0; left--) {
            headers.add(text(), text());
        }
        int end = bytes.length();
        int start = end - count(end);
        if (status < 200 || start != at) {
            throw new IllegalArgumentException("status or length");
        }
        at = end;
        return new Kept.Answer(status, headers, bytes.slice(start, end), kept, seconds, until);
    }

    private Kept.Variants variants() {
        long until = number();
        String id = text();
        String last = text();
        List<String> names = new ArrayList<>();
        for (int left = count(MAX_NAMES); left > 0; left--) {
            names.add(text());
        }
        return new Kept.Variants(names, id, last, until);
    }

    private long number() {
        at += Long.BYTES;
        return bytes.getLong(at - Long.BYTES);
    }

    private int count(int max) {
        int count = bytes.getInt(at);
        if (count < 0 || count > max) {
            throw new IllegalArgumentException("count: " + count + " (expected: 0-" + max + ')');
        }
        at += Integer.BYTES;
        return count;
    }

    private String text() {
        int length = count(bytes.length());
        at += length;
        return bytes.getString(at - length, at, StandardCharsets.UTF_8.name());
    }

    private static void append(Buffer to, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        to.appendInt(utf8.length).appendBytes(utf8);
    }
}
