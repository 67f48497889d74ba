package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Out;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** Watches an answer that passes as bytes. */
final class RelayObserver implements BodyTransform<Buffer> {
    private final CallRecord record;
    private final boolean usesTokens;
    private final @Nullable TopLevelTap tap;

    /** @param usesTokens whether this is an answer that usage is expected in, rather than an error */
    RelayObserver(CallRecord record, boolean usesTokens) {
        this.record = record;
        this.usesTokens = usesTokens;
        this.tap = usesTokens ? new TopLevelTap("usage", "model", "service_tier") : null;
    }

    @Override
    public void item(Buffer item, Out<Buffer> out) {
        if (tap != null) {
            tap.feed(item);
        }
        record.payload(item);
        out.emit(item);
    }

    @Override
    public void closed(BodyEnd end) {
        if (tap != null) {
            record.envelope(tap.value(0), tap.value(1), tap.value(2));
        }
        record.end(!usesTokens ? CallRecord.End.REFUSED : end.complete() ? CallRecord.End.WHOLE : CallRecord.End.CUT);
    }
}
