package io.gatehouse.testkit;

import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.body.Out;
import io.gatehouse.api.body.SseEvent;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;

/** The contract, kept by a transform that uses all of {@link Out}: it looks at each event for 5 s before it goes on. */
class BodyTransformContractTest extends BodyTransformContract<SseEvent> {
    @Override
    protected Framing<SseEvent> framing() {
        return Framing.SSE;
    }

    @Override
    protected BodyTransform<SseEvent> transform() {
        return new Inspected();
    }

    @Override
    protected List<Buffer> samples() {
        return List.of(
                Buffer.buffer("data: a\r\n\r\n: c\r\n\r\ndata: \u00e9\n\ndata: x"), Buffer.buffer("\uFEFFdata: b\r\r"));
    }

    private final class Inspected implements BodyTransform<SseEvent> {
        private final ArrayDeque<SseEvent> kept = new ArrayDeque<>();

        @Override
        public void item(SseEvent item, Out<SseEvent> out) {
            if (item.data() == null || !item.terminated()) {
                out.emit(item);
                return;
            }
            kept.add(item.withData(Buffer.buffer(item.text().toUpperCase(Locale.ROOT))));
            Promise<Void> looked = Promise.promise();
            clock().after(Duration.ofSeconds(5), looked::complete);
            out.hold(looked.future());
            out.wake(Duration.ZERO);
        }

        @Override
        public void tick(Out<SseEvent> out) {
            SseEvent next = kept.poll();
            if (next != null) {
                out.emit(next);
            }
        }

        @Override
        public BodyEnd end(BodyEnd end, Out<SseEvent> out) {
            if (!end.complete()) {
                out.emit(SseEvent.of("error", "cut off"));
            }
            return end;
        }
    }
}
