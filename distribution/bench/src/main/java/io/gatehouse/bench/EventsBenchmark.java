package io.gatehouse.bench;

import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.body.Out;
import io.gatehouse.api.body.SseEvent;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonWalker;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the LLM pass-through does to a streamed answer: events are cut out of the bytes, each is walked through for its
 * text and usage, and their bytes leave. Time and, with {@code -prof gc}, bytes are those of one event.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EventsBenchmark {
    private static final int EVENTS = 100;

    private Buffer events = Buffer.buffer();

    /** Makes a stream of one word an event. */
    @Setup
    public void make() {
        Buffer made = Buffer.buffer();
        for (int i = 1; i < EVENTS; i++) {
            made.appendString(
                    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
                            + "\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"},"
                            + "\"finish_reason\":null}]}\n\n");
        }
        events = made.appendString("data: [DONE]\n\n");
    }

    /** Cut, walk and pass on. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int cutAndWalk() {
        Reading reading = new Reading();
        BodyReader<Buffer> reader =
                Body.of(events).transform(Framing.SSE, reading).open(Framing.BYTES);
        int length = 0;
        for (Buffer next = reader.next().result();
                next != null;
                next = reader.next().result()) {
            length += next.length();
        }
        if (length != events.length() || reading.words != EVENTS - 1) {
            throw new IllegalStateException("bytes: " + length + ", words: " + reading.words);
        }
        return length;
    }

    /** Reads the text of the choices, and would read the usage. */
    private static final class Reading implements BodyTransform<SseEvent> {
        private final JsonWalker walker = new JsonWalker();
        private int words;

        @Override
        public void item(SseEvent event, Out<SseEvent> out) {
            if (!event.dataIs("[DONE]") && event.walkData(walker) && walker.enterObject()) {
                while (walker.nextMember()) {
                    if (walker.nameIs("choices") && walker.enterArray()) {
                        choices();
                    } else if (walker.nameIs("usage") && walker.kind() == JsonKind.OBJECT) {
                        walker.value();
                    }
                }
            }
            out.emit(event);
        }

        private void choices() {
            while (walker.nextElement()) {
                if (!walker.enterObject()) {
                    continue;
                }
                while (walker.nextMember()) {
                    if (walker.nameIs("delta") && walker.enterObject()) {
                        while (walker.nextMember()) {
                            words += walker.nameIs("content") && walker.text() != null ? 1 : 0;
                        }
                    }
                }
            }
        }
    }
}
