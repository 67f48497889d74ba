package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Server-sent events, cut after the rules of the WHATWG HTML standard, section "Interpreting an event stream". */
final class SseFraming implements Framing<SseEvent> {
    static final SseFraming INSTANCE = new SseFraming(8 * 1024 * 1024);

    private final int maxEventBytes;

    SseFraming(int maxEventBytes) {
        if (maxEventBytes < 1) {
            throw new IllegalArgumentException("maxEventBytes: " + maxEventBytes + " (expected: 1 or more)");
        }
        this.maxEventBytes = maxEventBytes;
    }

    @Override
    public Framing.Decoder<SseEvent> decoder() {
        return new Cutter(maxEventBytes);
    }

    @Override
    public Buffer encode(SseEvent item) {
        return item.raw();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SseFraming that && maxEventBytes == that.maxEventBytes;
    }

    @Override
    public int hashCode() {
        return maxEventBytes;
    }

    @Override
    public String toString() {
        return "sse";
    }

    /**
     * Finds the blank lines. It looks at every byte once; an event that lies within one buffer is a slice of it.
     *
     * <p>A carriage return ends its line at once: whether a line feed follows may show only with the next event. Where the
     * line before ended with both, one is due and waited for, so that who drops or changes the next event does not take a
     * byte of this one along; elsewhere a line feed that comes late counts as the first byte of what follows.
     */
    private static final class Cutter implements Framing.Decoder<SseEvent> {
        private static final int WINDOW = 8192;
        private static final byte LF = '\n';
        private static final byte CR = '\r';
        private static final int NONE = -1;
        private static final int COMPLICATED = -2;

        private final int max;
        private byte[] window = {};

        /** The bytes of an event that is not complete yet; null when there are none. */
        private @Nullable Buffer partial;

        private boolean lineEmpty = true;
        private boolean afterCr;

        /** Whether the line before ended with a carriage return and a line feed. */
        private boolean crLf;

        /** Whether {@link #partial} is a whole event but for the line feed of its last carriage return. */
        private boolean lineFeedDue;

        /** How many bytes of a byte order mark were seen at the start of the stream; -1 when it is past. */
        private int mark;

        /** Whether no event was handed out yet. */
        private boolean first = true;

        /** Where the line begins in the bytes that are being fed. */
        private int line;

        /** Where the event's data is in these bytes, as far as it is known. */
        private int dataFrom = NONE;

        private int dataTo;

        Cutter(int max) {
            this.max = max;
        }

        @Override
        public void feed(Buffer bytes, Consumer<? super SseEvent> items) {
            int length = bytes.length();
            int start = 0;
            int from = 0;
            line = 0;
            if (lineFeedDue && length > 0) {
                lineFeedDue = false;
                boolean came = bytes.getByte(0) == LF;
                afterCr &= !came;
                start = came ? 1 : 0;
                from = start;
                line = start;
                items.accept(cut(bytes, 0, start));
            }
            while (from < length) {
                int count = Math.min(WINDOW, length - from);
                if (window.length < count) {
                    window = new byte[count];
                }
                bytes.getBytes(from, from + count, window, 0);
                int i = 0;
                while (i < count) {
                    int end = textEnd(i, count);
                    if (end == count) {
                        break;
                    }
                    i = end + 1;
                    if (!endsEvent(from, end)) {
                        line = from + i;
                        continue;
                    }
                    int after = from + i;
                    // the line feed of the same line end goes with it, if it is here already
                    if (afterCr && after < length && bytes.getByte(after) == LF) {
                        afterCr = false;
                        after++;
                        i++;
                    }
                    if (afterCr && crLf && after == length) {
                        lineFeedDue = true;
                        break;
                    }
                    SseEvent event = cut(bytes, start, after);
                    start = after;
                    line = after;
                    items.accept(event);
                }
                from = Math.max(from + count, start);
            }
            if (start < length) {
                keep(bytes, start, length);
            }
        }

        /** Passes the text of a line, up to its end or that of the window. */
        private int textEnd(int from, int count) {
            byte[] bytes = window;
            int i = from;
            while (i < count && bytes[i] != LF && bytes[i] != CR) {
                i++;
            }
            if (i > from) {
                afterCr = false;
                lineEmpty = mark >= 0 && isMark(from, i);
            }
            return i;
        }

        /** Whether all there is of the line may be a byte order mark. */
        private boolean isMark(int from, int to) {
            boolean empty = true;
            for (int i = from; i < to; i++) {
                empty = mark >= 0 && inMark(window[i]);
            }
            return empty;
        }

        /** Takes the first byte of a line end; true when the line was blank. */
        private boolean endsEvent(int from, int end) {
            byte next = window[end];
            boolean lateLineFeed = afterCr && next == LF;
            if (afterCr || next == LF) {
                crLf = lateLineFeed;
            }
            afterCr = next == CR;
            if (lateLineFeed) {
                return false;
            }
            mark = -1;
            boolean blank = lineEmpty;
            lineEmpty = true;
            if (!blank) {
                note(from, end);
            }
            return blank;
        }

        /** Notes where the data is, as long as the event has one line of it. */
        private void note(int from, int end) {
            int begin = line - from;
            if (begin < 0 || dataFrom == COMPLICATED || window[begin] == SseEvent.MARK[0]) {
                dataFrom = COMPLICATED;
                return;
            }
            if (!SseEvent.isField(window, begin, end, SseEvent.DATA)) {
                return;
            }
            if (dataFrom == NONE) {
                dataFrom = from + SseEvent.valueStart(window, begin, end, SseEvent.DATA.length);
                dataTo = from + end;
            } else {
                dataFrom = COMPLICATED;
            }
        }

        /** Whether the line is still empty, since all there is of it may be a byte order mark. */
        private boolean inMark(byte next) {
            if (next == SseEvent.MARK[mark]) {
                mark++;
                if (mark == SseEvent.MARK.length) {
                    mark = -1;
                    return true;
                }
                // two thirds of a mark are text
                return false;
            }
            mark = -1;
            return false;
        }

        private SseEvent cut(Buffer bytes, int start, int end) {
            Buffer begun = partial;
            checkSize((begun == null ? 0 : begun.length()) + (end - start));
            if (begun != null) {
                partial = null;
            }
            SseEvent event = begun != null
                    ? new SseEvent(begun.appendBuffer(bytes, start, end - start), first, true)
                    : new SseEvent(bytes, start, end, first, dataFrom, dataTo);
            dataFrom = NONE;
            first = false;
            return event;
        }

        private void keep(Buffer bytes, int start, int end) {
            int count = end - start;
            Buffer begun = partial;
            if (begun == null) {
                checkSize(count);
                partial = Buffer.buffer(count + 256).appendBuffer(bytes, start, count);
            } else {
                checkSize(begun.length() + count);
                begun.appendBuffer(bytes, start, count);
            }
        }

        private void checkSize(long size) {
            if (size > max) {
                throw new BodyException(Failure.of(
                        FailureKind.INVALID_RESPONSE,
                        "server-sent event: " + size + " bytes or more (expected: at most " + max + ")"));
            }
        }

        @Override
        public void end(Consumer<? super SseEvent> items) {
            Buffer rest = partial;
            if (rest != null) {
                partial = null;
                items.accept(new SseEvent(rest, first, lineFeedDue));
            }
        }
    }
}
