package io.gatehouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What every {@link BodyReader} keeps that reads from another one, however the bytes arrive and however they end: the same
 * bytes come out at every split, {@code next} never fails and gives nothing after the end, the end is told and not before,
 * a failure travels outward, and giving up frees the source. A test of such a reader extends this class and adds what is
 * special.
 *
 * <pre>{@code
 * class CountingReaderTest extends BodyReaderContract {
 *   protected BodyReader<Buffer> reader(BodyReader<Buffer> source) { return new CountingReader(source); }
 *   protected List<Buffer> samples() { return List.of(Buffer.buffer("some bytes")); }
 * }
 * }</pre>
 */
public abstract class BodyReaderContract {
    private static final Failure PLANTED = Failure.of(FailureKind.RESET, "planted");

    /** Made by the test class. */
    protected BodyReaderContract() {}

    /** A new reader of these bytes, for one body. */
    protected abstract BodyReader<Buffer> reader(BodyReader<Buffer> source);

    /** Bodies to try it with. Small ones: each is cut at every pair of places. */
    protected abstract List<Buffer> samples();

    /** The bytes do not depend on how they arrive. */
    @Test
    void givesTheSameBytesAtEverySplit() {
        for (Buffer sample : samples()) {
            Run whole = run(BodyEnd.ok(), sample);
            assertThat(whole.end.complete())
                    .as("ends whole, but: %s", whole.end.failure())
                    .isTrue();
            int length = sample.length();
            for (int first = 0; first <= length; first++) {
                for (int second = first; second <= length; second++) {
                    Run split = run(
                            BodyEnd.ok(),
                            sample.slice(0, first),
                            sample.slice(first, second),
                            sample.slice(second, length));
                    assertThat(split.out)
                            .as("split at %s and %s of %s bytes", first, second, length)
                            .isEqualTo(whole.out);
                    assertThat(split.end.complete()).isTrue();
                }
            }
            assertThat(run(BodyEnd.ok(), bytes(sample)).out).as("byte by byte").isEqualTo(whole.out);
        }
    }

    private static Buffer[] bytes(Buffer sample) {
        Buffer[] bytes = new Buffer[sample.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = sample.slice(i, i + 1);
        }
        return bytes;
    }

    /** A failure at any point reaches the outside as it is. */
    @Test
    void passesOnAFailureAtEveryPoint() {
        for (Buffer sample : samples()) {
            for (int at = 0; at <= sample.length(); at++) {
                Run run = run(BodyEnd.truncated(PLANTED), sample.slice(0, at));
                assertThat(run.end.failure()).as("dies after %s bytes", at).isSameAs(PLANTED);
            }
        }
    }

    /** A client that leaves at any point, whether it waits for bytes or not, frees the source. */
    @Test
    void freesItsSourceWhenGivenUpAtEveryPoint() {
        for (Buffer sample : samples()) {
            for (int at = 0; at <= sample.length(); at++) {
                ChunkReader source = new ChunkReader();
                BodyReader<Buffer> reader = reader(source);
                source.give(sample.slice(0, at));
                Future<@Nullable Buffer> next = reader.next();
                while (next.isComplete() && next.result() != null) {
                    next = reader.next();
                }
                if (!next.isComplete()) {
                    assertThatThrownBy(reader::end).as("end before the end").isInstanceOf(IllegalStateException.class);
                }
                giveUp(reader, source);
                assertThat(next.isComplete())
                        .as("left waiting after %s bytes", at)
                        .isTrue();
            }
            ChunkReader source = new ChunkReader();
            source.give(sample);
            giveUp(reader(source), source);
        }
    }

    private static void giveUp(BodyReader<Buffer> reader, ChunkReader source) {
        reader.cancel();
        reader.cancel();
        assertThat(source.isCancelled()).as("source given up").isTrue();
        assertThat(reader.next().result()).isNull();
        assertThat(reader.end().complete()).isFalse();
    }

    private record Run(Buffer out, BodyEnd end) {}

    private Run run(BodyEnd how, Buffer... chunks) {
        Run atHand = read(how, true, chunks);
        Run later = read(how, false, chunks);
        assertThat(later.out).as("bytes that are waited for").isEqualTo(atHand.out);
        assertThat(later.end.failure()).isEqualTo(atHand.end.failure());
        return atHand;
    }

    /** @param atHand whether the bytes are there before they are asked for */
    private Run read(BodyEnd how, boolean atHand, Buffer... chunks) {
        ChunkReader source = new ChunkReader();
        BodyReader<Buffer> reader = reader(source);
        List<Buffer> rest = new ArrayList<>(List.of(chunks));
        if (atHand) {
            rest.forEach(source::give);
            rest.clear();
            source.end(how);
        }
        Buffer out = Buffer.buffer();
        while (true) {
            Future<@Nullable Buffer> next = reader.next();
            while (!next.isComplete()) {
                if (rest.isEmpty()) {
                    source.end(how);
                    assertThat(next.isComplete()).as("goes on after the end").isTrue();
                } else {
                    source.give(rest.remove(0));
                }
            }
            assertThat(next.failed()).as("failed: %s", next.cause()).isFalse();
            Buffer item = next.result();
            if (item == null) {
                break;
            }
            out.appendBuffer(item);
        }
        assertThat(reader.next().result()).as("after the end").isNull();
        return new Run(out, reader.end());
    }
}
