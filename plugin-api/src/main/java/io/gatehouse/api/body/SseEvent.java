package io.gatehouse.api.body;

import io.gatehouse.api.json.JsonWalker;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One block of an event stream: its lines up to and with the blank line that ends it. Most blocks are events; some hold
 * only a comment, or nothing, and a client would see no event for them: their {@link #data()} is null.
 *
 * <p>Immutable; the fields are parsed when first asked for. Thread rule: the event loop of its body.
 *
 * <p>Fields follow the WHATWG HTML standard, section "Interpreting an event stream".
 */
public final class SseEvent {
    /** The byte order mark that may stand at the start of a stream. */
    static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    static final byte[] DATA = {'d', 'a', 't', 'a'};
    private static final byte[] EVENT = {'e', 'v', 'e', 'n', 't'};
    private static final byte[] ID = {'i', 'd'};
    private static final byte[] RETRY = {'r', 'e', 't', 'r', 'y'};

    /** Stands for data that has to be looked for. */
    private static final int UNKNOWN = -1;

    private final Buffer source;
    private final int from;
    private final int to;
    private final boolean first;
    private final boolean terminated;

    /** Where in the source the data is, when it is one line that was found already. */
    private final int dataFrom;

    private final int dataTo;

    private @Nullable Buffer raw;
    private boolean parsed;
    private @Nullable Buffer data;
    private @Nullable String event;
    private @Nullable String id;
    private long retryMillis = -1;
    private List<String> comments = List.of();

    /** Makes a block; only the first one of a stream can begin with a byte order mark. */
    SseEvent(Buffer raw, boolean first, boolean terminated) {
        this(raw, 0, raw.length(), first, terminated, UNKNOWN, UNKNOWN);
        this.raw = raw;
    }

    /** Makes a terminated block of a part of a buffer, in which its one line of data was found, or was not looked for. */
    SseEvent(Buffer source, int from, int to, boolean first, int dataFrom, int dataTo) {
        this(source, from, to, first, true, dataFrom, dataTo);
    }

    private SseEvent(Buffer source, int from, int to, boolean first, boolean terminated, int dataFrom, int dataTo) {
        this.source = source;
        this.from = from;
        this.to = to;
        this.first = first;
        this.terminated = terminated;
        this.dataFrom = dataFrom;
        this.dataTo = dataTo;
    }

    /** An event with this data, which may have several lines. */
    public static SseEvent of(String data) {
        return of(Buffer.buffer(data));
    }

    /** An event with this data, which may have several lines. */
    public static SseEvent of(Buffer data) {
        return made(null, data);
    }

    /**
     * An event with a name.
     *
     * @throws IllegalArgumentException when the name has a line end
     */
    public static SseEvent of(String event, String data) {
        return of(event, Buffer.buffer(data));
    }

    /**
     * An event with a name.
     *
     * @throws IllegalArgumentException when the name has a line end
     */
    public static SseEvent of(String event, Buffer data) {
        if (event.indexOf('\n') >= 0 || event.indexOf('\r') >= 0) {
            throw new IllegalArgumentException("event: has a line end (expected: one line)");
        }
        return made(event, data);
    }

    private static SseEvent made(@Nullable String event, Buffer data) {
        Buffer raw = Buffer.buffer(data.length() + 24 + (event == null ? 0 : event.length()));
        if (event != null) {
            raw.appendString("event: ").appendString(event).appendByte((byte) '\n');
        }
        appendData(raw, data);
        return new SseEvent(raw.appendByte((byte) '\n'), false, true);
    }

    /**
     * The bytes of this block as they came, with their line ends and the blank line; not to be changed. They may begin
     * with what belongs to no line of it: a byte order mark, or the late second half of the line end before, which is a
     * blank line without meaning if the block before was rewritten.
     */
    public Buffer raw() {
        Buffer bytes = raw;
        if (bytes == null) {
            bytes = from == 0 && to == source.length() ? source : source.slice(from, to);
            raw = bytes;
        }
        return bytes;
    }

    /** The number of its bytes. */
    int length() {
        return to - from;
    }

    /** Whether its bytes lie right behind those of another one. */
    boolean follows(SseEvent before) {
        return source == before.source && from == before.to;
    }

    /** A block with the bytes from here to the end of a later one of the same buffer; its fields mean nothing. */
    SseEvent upTo(SseEvent later) {
        return new SseEvent(source, from, later.to, first, UNKNOWN, UNKNOWN);
    }

    /** Whether the blank line came. Without it the stream ended here, and clients ignore what this block says. */
    public boolean terminated() {
        return terminated;
    }

    /** The data, its lines joined with a line feed; not to be changed. Null when there is no data line. */
    public @Nullable Buffer data() {
        if (data == null && dataFrom >= 0) {
            data = source.slice(dataFrom, dataTo);
        } else {
            parse();
        }
        return data;
    }

    /**
     * Starts a walk through the data, without making anything of it; false when there is no data or it is empty.
     *
     * @param walker stands at the outermost value afterwards
     */
    public boolean walkData(JsonWalker walker) {
        if (dataFrom >= 0) {
            if (dataFrom == dataTo) {
                return false;
            }
            walker.start(source, dataFrom, dataTo);
            return true;
        }
        Buffer bytes = data();
        if (bytes == null || bytes.length() == 0) {
            return false;
        }
        walker.start(bytes, 0, bytes.length());
        return true;
    }

    /** The data as text; empty when there is no data line. */
    public String text() {
        Buffer bytes = data();
        return bytes == null ? "" : bytes.toString();
    }

    /** Whether the data is exactly this ASCII text, such as {@code [DONE]}. */
    public boolean dataIs(String ascii) {
        if (dataFrom >= 0 && dataTo - dataFrom != ascii.length()) {
            return false;
        }
        Buffer bytes = data();
        if (bytes == null || bytes.length() != ascii.length()) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (bytes.getByte(i) != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The name of the event; null when none is given, which clients take as {@code message}. */
    public @Nullable String event() {
        parse();
        return event;
    }

    /** The id that this block sets, empty to unset it; null when it says nothing about it. */
    public @Nullable String id() {
        parse();
        return id;
    }

    /** The reconnection time that this block sets, in milliseconds; -1 when it sets none. */
    public long retryMillis() {
        parse();
        return retryMillis;
    }

    /** The comment lines without their colon; usually empty. */
    public List<String> comments() {
        parse();
        return comments;
    }

    /**
     * The same event with other data. All other lines keep their bytes; the new data stands where the first data line
     * was. The result is terminated.
     */
    public SseEvent withData(Buffer data) {
        byte[] bytes = raw().getBytes();
        Buffer made = Buffer.buffer(bytes.length + data.length());
        boolean placed = false;
        int start = contentStart(bytes);
        while (start < bytes.length) {
            int end = lineEnd(bytes, start);
            int next = afterLineEnd(bytes, end);
            boolean blank = end == start;
            if (!placed && (blank || isField(bytes, start, end, DATA))) {
                appendData(made, data);
                placed = true;
            }
            if (blank) {
                break;
            }
            if (!isField(bytes, start, end, DATA)) {
                made.appendBytes(bytes, start, next - start);
                if (next == end) {
                    made.appendByte((byte) '\n');
                }
            }
            start = next;
        }
        if (!placed) {
            appendData(made, data);
        }
        return new SseEvent(made.appendByte((byte) '\n'), false, true);
    }

    private static void appendData(Buffer to, Buffer data) {
        byte[] bytes = data.getBytes();
        int start = 0;
        while (true) {
            int end = lineEnd(bytes, start);
            to.appendString("data: ").appendBytes(bytes, start, end - start).appendByte((byte) '\n');
            if (end == bytes.length) {
                return;
            }
            start = afterLineEnd(bytes, end);
        }
    }

    private void parse() {
        if (parsed) {
            return;
        }
        parsed = true;
        byte[] bytes = raw().getBytes();
        int first = -1;
        int firstEnd = -1;
        Buffer joined = null;
        int start = contentStart(bytes);
        while (start < bytes.length) {
            int end = lineEnd(bytes, start);
            if (isField(bytes, start, end, DATA)) {
                int value = valueStart(bytes, start, end, DATA.length);
                if (first < 0) {
                    first = value;
                    firstEnd = end;
                } else {
                    if (joined == null) {
                        joined = Buffer.buffer(bytes.length).appendBytes(bytes, first, firstEnd - first);
                    }
                    joined.appendByte((byte) '\n').appendBytes(bytes, value, end - value);
                }
            } else if (end > start) {
                parseRare(bytes, start, end);
            }
            start = afterLineEnd(bytes, end);
        }
        if (joined != null) {
            data = joined;
        } else if (first >= 0) {
            data = raw().slice(first, firstEnd);
        }
    }

    private void parseRare(byte[] bytes, int start, int end) {
        if (bytes[start] == ':') {
            if (comments.isEmpty()) {
                comments = new ArrayList<>(1);
            }
            comments.add(text(bytes, start + 1, end));
        } else if (isField(bytes, start, end, EVENT)) {
            String name = text(bytes, valueStart(bytes, start, end, EVENT.length), end);
            // an empty name means the default one, as if the line were not there
            event = name.isEmpty() ? null : name;
        } else if (isField(bytes, start, end, ID)) {
            String value = text(bytes, valueStart(bytes, start, end, ID.length), end);
            if (value.indexOf('\0') < 0) {
                id = value;
            }
        } else if (isField(bytes, start, end, RETRY)) {
            parseRetry(bytes, valueStart(bytes, start, end, RETRY.length), end);
        }
    }

    private void parseRetry(byte[] bytes, int start, int end) {
        // more than 15 digits is no time at all
        if (start == end || end - start > 15) {
            return;
        }
        long value = 0;
        for (int i = start; i < end; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return;
            }
            value = value * 10 + (bytes[i] - '0');
        }
        retryMillis = value;
    }

    private static String text(byte[] bytes, int start, int end) {
        return new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }

    /** Behind what belongs to no line: a byte order mark, a line feed whose carriage return ended the block before. */
    private int contentStart(byte[] bytes) {
        if (bytes.length > 1 && bytes[0] == '\n') {
            return 1;
        }
        return first && bytes.length >= MARK.length && bytes[0] == MARK[0] && bytes[1] == MARK[1] && bytes[2] == MARK[2]
                ? MARK.length
                : 0;
    }

    private static int lineEnd(byte[] bytes, int from) {
        int i = from;
        while (i < bytes.length && bytes[i] != '\n' && bytes[i] != '\r') {
            i++;
        }
        return i;
    }

    private static int afterLineEnd(byte[] bytes, int end) {
        if (end < bytes.length && bytes[end] == '\r' && end + 1 < bytes.length && bytes[end + 1] == '\n') {
            return end + 2;
        }
        return Math.min(end + 1, bytes.length);
    }

    static boolean isField(byte[] bytes, int start, int end, byte[] name) {
        if (end - start < name.length || (end - start > name.length && bytes[start + name.length] != ':')) {
            return false;
        }
        for (int i = 0; i < name.length; i++) {
            if (bytes[start + i] != name[i]) {
                return false;
            }
        }
        return true;
    }

    /** Where the value begins: behind the colon and one space; at the line's end when there is no colon. */
    static int valueStart(byte[] bytes, int start, int end, int nameLength) {
        int value = start + nameLength + 1;
        if (value > end) {
            return end;
        }
        return value < end && bytes[value] == ' ' ? value + 1 : value;
    }

    /** Says what it is without showing the data. */
    @Override
    public String toString() {
        String name = event();
        return "SseEvent[" + (name == null ? "message" : name) + ", " + length() + " bytes"
                + (terminated ? "]" : ", unfinished]");
    }
}
