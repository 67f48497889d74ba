package io.gatehouse.testkit;

import io.gatehouse.api.Outlet;
import io.gatehouse.api.OutletOptions;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What stands for every address that a plugin writes to. It takes everything, unless told otherwise.
 *
 * <pre>{@code
 * tester.outlets().fail("no route to host");
 * assertThat(tester.outlets().writes()).singleElement().satisfies(write -> {
 *     assertThat(write.to().toString()).isEqualTo("udp://127.0.0.1:8125");
 *     assertThat(write.text()).isEqualTo("requests:1|c");
 * });
 * }</pre>
 *
 * <p>Any thread.
 */
public final class FakeOutlets {
    private final List<Write> writes = new ArrayList<>();
    private @Nullable String problem;

    FakeOutlets() {}

    /**
     * Bytes that were taken by one call.
     *
     * @param to where they went
     */
    public record Write(OutletOptions to, Buffer bytes) {
        /** The bytes as UTF-8. */
        public String text() {
            return bytes.toString();
        }
    }

    /** Fails all writes from now on; with null takes them again. */
    public synchronized FakeOutlets fail(@Nullable String problem) {
        this.problem = problem;
        return this;
    }

    /** All that was taken so far, in order. */
    public synchronized List<Write> writes() {
        return List.copyOf(writes);
    }

    Outlet to(OutletOptions options) {
        return bytes -> write(options, bytes);
    }

    private synchronized Future<Void> write(OutletOptions options, Buffer bytes) {
        if (problem != null) {
            return Future.failedFuture(new IOException(problem));
        }
        writes.add(new Write(options, bytes));
        return Future.succeededFuture();
    }
}
