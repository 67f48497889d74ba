package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Decompresses what it reads, as much as is asked for: one piece is decoded at a time, however much one piece of the
 * source expands to. Whatever is not exactly what its coding demands, up to the last byte, is a failure.
 */
final class DecodingReader implements BodyReader<Buffer> {
    private static final int OUT = 16 * 1024;
    private static final int MAX_HEADER = 64 * 1024;
    private static final int FIXED_HEADER = 10;
    private static final int TRAILER = 8;
    private static final byte[] NOTHING = {};

    private static final int HEADER_CRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xE0;

    private final BodyReader<Buffer> source;
    private final ContentCoding coding;
    private final long max;
    private final byte[] out = new byte[OUT];
    private final CRC32 checksum = new CRC32();
    private @Nullable Inflater inflater;
    private State state;
    private byte[] in = NOTHING;
    private int at;

    /** Bytes of the header, or of the trailer, that were taken. */
    private int taken;

    private int flags;
    private int toSkip;
    private long trailer;
    private long memberBytes;
    private long total;
    private int members;
    private boolean waiting;

    /** What {@link #advance} came to; null at the end. */
    private @Nullable Buffer decoded;

    private @Nullable BodyEnd end;

    private enum State {
        /** At the start, or between two members of a gzip file. */
        START,
        HEADER,
        DATA,
        TRAILER,
        /** Nothing may follow. */
        DONE
    }

    DecodingReader(BodyReader<Buffer> source, ContentCoding coding, long max) {
        this.source = source;
        this.coding = coding;
        this.max = max;
        this.state = State.START;
    }

    @Override
    public Future<@Nullable Buffer> next() {
        if (waiting) {
            throw new IllegalStateException("next(): called again (expected: after the last future completed)");
        }
        Future<@Nullable Buffer> more = advance();
        if (more == null) {
            return Future.succeededFuture(decoded);
        }
        waiting = true;
        Promise<@Nullable Buffer> promise = Promise.promise();
        await(more, promise);
        return promise.future();
    }

    /** Decodes until there is something to give out or the end; else gives what has to be waited for. */
    private @Nullable Future<@Nullable Buffer> advance() {
        while (true) {
            decoded = end == null ? decode() : null;
            if (decoded != null || end != null) {
                return null;
            }
            Future<@Nullable Buffer> more = pull();
            if (!more.isComplete()) {
                return more;
            }
            take(more);
        }
    }

    private Future<@Nullable Buffer> pull() {
        try {
            return source.next();
        } catch (RuntimeException thrown) {
            return Future.failedFuture(thrown);
        }
    }

    private void await(Future<@Nullable Buffer> more, Promise<@Nullable Buffer> promise) {
        more.onComplete(result -> {
            take(result);
            Future<@Nullable Buffer> again = advance();
            if (again != null) {
                await(again, promise);
            } else {
                waiting = false;
                promise.complete(decoded);
            }
        });
    }

    private void take(AsyncResult<@Nullable Buffer> result) {
        if (end != null) {
            return;
        }
        if (result.failed()) {
            fail(
                    result.cause() instanceof BodyException broken
                            ? broken.failure()
                            : BodyCodeException.report(source, "next", result.cause()));
            return;
        }
        Buffer piece = result.result();
        if (piece != null) {
            in = at == in.length ? piece.getBytes() : joined(piece);
            at = 0;
            return;
        }
        BodyEnd ended = source.end();
        boolean whole = state == State.DONE || state == State.START && members > 0;
        if (ended.complete() && !whole) {
            fail(broken("it ends before its end"));
        } else {
            finish(ended);
        }
    }

    /** What was left over of the last piece, and this one. */
    private byte[] joined(Buffer piece) {
        return Buffer.buffer(in.length - at + piece.length())
                .appendBytes(in, at, in.length - at)
                .appendBuffer(piece)
                .getBytes();
    }

    /** Decodes one piece; null when it takes more of the source, or when the body broke off. */
    private @Nullable Buffer decode() {
        while (end == null) {
            switch (state) {
                case START -> {
                    if (!start()) {
                        return null;
                    }
                }
                case HEADER -> {
                    if (at == in.length) {
                        return null;
                    }
                    header(in[at++] & 0xFF);
                }
                case DATA -> {
                    int count = inflate();
                    if (count > 0) {
                        return Buffer.buffer(count).appendBytes(out, 0, count);
                    }
                    if (state == State.DATA) {
                        return null;
                    }
                }
                case TRAILER -> {
                    if (at == in.length) {
                        return null;
                    }
                    trailer(in[at++] & 0xFF);
                }
                case DONE -> {
                    if (at == in.length) {
                        return null;
                    }
                    fail(broken("something follows its end"));
                }
            }
        }
        return null;
    }

    /** Begins a gzip member, or finds out which kind of deflate it is; false when that takes more bytes. */
    private boolean start() {
        if (coding == ContentCoding.GZIP) {
            if (at == in.length) {
                return false;
            }
            state = State.HEADER;
            taken = 0;
            return true;
        }
        if (in.length - at < 2) {
            return false;
        }
        int lead = (in[at] & 0xFF) << 8 | in[at + 1] & 0xFF;
        boolean zlib = (lead >> 8 & 15) == 8 && lead % 31 == 0;
        inflater = new Inflater(!zlib);
        state = State.DATA;
        return true;
    }

    private void header(int b) {
        int place = taken++;
        if (place < FIXED_HEADER) {
            boolean wrong = switch (place) {
                case 0 -> b != 0x1F;
                case 1 -> b != 0x8B;
                case 2 -> b != 8;
                case 3 -> (b & RESERVED) != 0;
                default -> false;
            };
            if (wrong) {
                fail(broken("byte " + place + " of its header is 0x" + Integer.toHexString(b)));
            }
            flags = place == 3 ? b : flags;
            toSkip = 0;
        } else if (taken > MAX_HEADER) {
            fail(broken("its header is longer than " + MAX_HEADER + " bytes"));
        } else {
            optional(b);
        }
        if (end == null && taken >= FIXED_HEADER && (flags & (EXTRA | NAME | COMMENT | HEADER_CRC)) == 0) {
            member();
        }
    }

    /** Takes a byte of what may stand in a header, in its order; each part takes its flag away with its last byte. */
    private void optional(int b) {
        if ((flags & EXTRA) != 0) {
            // two bytes of length, then as many more
            if (toSkip == 0) {
                toSkip = -1 - b;
            } else if (toSkip < 0) {
                toSkip = (-1 - toSkip) + (b << 8);
                flags = toSkip == 0 ? flags & ~EXTRA : flags;
            } else if (--toSkip == 0) {
                flags &= ~EXTRA;
            }
        } else if ((flags & NAME) != 0) {
            flags = b == 0 ? flags & ~NAME : flags;
        } else if ((flags & COMMENT) != 0) {
            flags = b == 0 ? flags & ~COMMENT : flags;
        } else if (++toSkip == 2) {
            flags &= ~HEADER_CRC;
        }
    }

    private void member() {
        Inflater ready = inflater;
        if (ready == null) {
            inflater = new Inflater(true);
        } else {
            ready.reset();
        }
        checksum.reset();
        memberBytes = 0;
        state = State.DATA;
    }

    private int inflate() {
        Inflater running = inflater;
        if (running == null) {
            throw new IllegalStateException("decoding without a decoder");
        }
        if (at < in.length) {
            running.setInput(in, at, in.length - at);
        }
        int count = 0;
        try {
            int more;
            do {
                more = running.inflate(out, count, OUT - count);
                count += more;
            } while (more > 0 && count < OUT);
        } catch (DataFormatException e) {
            fail(broken("its data makes no sense"));
            return 0;
        }
        at = in.length - running.getRemaining();
        if (running.needsDictionary()) {
            fail(broken("it takes a dictionary"));
            return 0;
        }
        total += count;
        memberBytes += count;
        if (total > max) {
            fail(Failure.of(
                    FailureKind.INVALID_RESPONSE,
                    name() + ": more than " + max + " bytes come out of it (expected: at most these)"));
            return 0;
        }
        if (running.finished()) {
            state = coding == ContentCoding.GZIP ? State.TRAILER : State.DONE;
            taken = 0;
            trailer = 0;
        }
        if (coding == ContentCoding.GZIP) {
            checksum.update(out, 0, count);
        }
        return count;
    }

    private void trailer(int b) {
        trailer |= (long) b << 8 * taken;
        taken++;
        if (taken == TRAILER) {
            boolean right =
                    (trailer & 0xFFFFFFFFL) == checksum.getValue() && trailer >>> 32 == (memberBytes & 0xFFFFFFFFL);
            if (right) {
                members++;
                state = State.START;
            } else {
                fail(broken("its checksum or length is wrong"));
            }
        }
    }

    private String name() {
        return coding.name().toLowerCase(Locale.ROOT);
    }

    private Failure broken(String problem) {
        return Failure.of(
                FailureKind.INVALID_RESPONSE, name() + ": " + problem + " (expected: a whole body of its coding)");
    }

    private void fail(Failure failure) {
        finish(BodyEnd.truncated(failure));
        source.cancel();
    }

    private void finish(BodyEnd how) {
        end = how;
        in = NOTHING;
        at = 0;
        Inflater used = inflater;
        if (used != null) {
            inflater = null;
            used.end();
        }
    }

    @Override
    public BodyEnd end() {
        BodyEnd known = end;
        if (known == null) {
            throw new IllegalStateException("body: not at its end (expected: next() gave null)");
        }
        return known;
    }

    @Override
    public boolean isEndless() {
        return source.isEndless();
    }

    @Override
    public void cancel() {
        if (end == null) {
            fail(Failure.of(FailureKind.CANCELLED, "body: given up by its reader"));
        }
    }
}
