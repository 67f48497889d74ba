package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** Checks that as many bytes come as were announced, and passes on no byte more. */
final class LengthReader implements BodyReader<Buffer> {
    private final BodyReader<Buffer> source;
    private final long length;
    private long count;
    private @Nullable BodyEnd end;

    LengthReader(BodyReader<Buffer> source, long length) {
        this.source = source;
        this.length = length;
    }

    @Override
    public Future<@Nullable Buffer> next() {
        if (end != null) {
            return Future.succeededFuture();
        }
        Future<@Nullable Buffer> next = source.next();
        if (!next.isComplete()) {
            return next.map(this::check);
        }
        if (next.failed()) {
            return next;
        }
        Buffer item = next.result();
        Buffer checked = check(item);
        return checked == item ? next : Future.succeededFuture(checked);
    }

    /** The same item, or what of it is within the length; null when nothing is. */
    private @Nullable Buffer check(@Nullable Buffer item) {
        if (end != null) {
            return null;
        }
        if (item == null) {
            BodyEnd sourceEnd = source.end();
            end = sourceEnd.complete() && count != length ? wrongLength(Long.toString(count)) : sourceEnd;
            return null;
        }
        count += item.length();
        if (count <= length) {
            return item;
        }
        end = wrongLength("at least " + count);
        source.cancel();
        int wanted = (int) Math.max(0, item.length() - (count - length));
        return wanted == 0 ? null : item.slice(0, wanted);
    }

    private BodyEnd wrongLength(String got) {
        return BodyEnd.truncated(Failure.of(
                FailureKind.INVALID_RESPONSE, "body: " + got + " bytes (expected: " + length + " as announced)"));
    }

    @Override
    public BodyEnd end() {
        return end != null ? end : source.end();
    }

    @Override
    public void cancel() {
        source.cancel();
    }
}
