package io.gatehouse.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.BlockedThreads.Culprit;
import io.gatehouse.core.service.GatewayMetrics;
import io.gatehouse.core.service.MetricsRegistry;
import io.vertx.core.internal.threadchecker.BlockedThreadEvent;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockedThreadsTest {
    private static final String RUN = "io.gatehouse.core.exchange.Link$Call.run";
    private static final String PROCEED = "io.gatehouse.core.exchange.Link$Call.proceed";

    /** {@code com.a} and {@code com.b} are plugins. */
    private static @Nullable String owner(@Nullable String loader, String className) {
        return className.startsWith("com.a.") ? "a" : className.startsWith("com.b.") ? "b" : null;
    }

    private static StackTraceElement frame(String text) {
        int dot = text.lastIndexOf('.');
        return new StackTraceElement(text.substring(0, dot), text.substring(dot + 1), "File.java", 1);
    }

    @ParameterizedTest
    @CsvSource({
        // when events come and how long the thread has been blocked by then, in milliseconds; how many times it was
        "'2000 2000, 3000 3000, 4000 4000', 1",
        "'2000 2000, 4500 3000, 5000 5000', 1", // the second one comes late
        "'2000 2000, 6000 2000', 2",
        "'2000 2000, 4100 2000, 5100 3000', 2",
    })
    void countsEachTimeOnce(String events, int times) {
        MetricsRegistry registry = new MetricsRegistry();
        long[] now = new long[1];
        BlockedThreads blocked =
                new BlockedThreads(BlockedThreadsTest::owner, new GatewayMetrics(registry), () -> now[0]);
        Thread thread = new Thread();
        for (String event : events.split(", ", -1)) {
            String[] numbers = event.split(" ", -1);
            now[0] = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(numbers[0]));
            long duration = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(numbers[1]));
            blocked.handle(new BlockedThreadEvent(thread, duration, 0, 0));
        }
        assertThat(registry.text()).containsPattern("(?m)^gatehouse_event_loop_blocked_total\\{.*} " + times + "$");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    java.lang.Thread.sleep com.a.A.intercept %1$s                                   | a       | intercept
                    java.lang.Thread.sleep org.lib.L.go com.a.H.help com.a.A.admit %1$s             | a       | admit
                    java.lang.Thread.sleep com.b.B.intercept %1$s %2$s com.a.A.intercept %1$s       | b       | intercept
                    io.gatehouse.core.upstream.Dispatch.start %2$s com.a.A.intercept %1$s           | unknown | unknown
                    com.a.A.log io.gatehouse.core.exchange.LiveExchange.log                         | a       | log
                    com.a.A.lambda io.gatehouse.core.exchange.LiveExchange.guarded                  | a       | callback
                    com.a.T.item io.gatehouse.api.body.Stage.item com.b.B.read %1$s                 | a       | transform
                    com.a.A.lambda io.vertx.core.Promise.complete io.gatehouse.core.exchange.Link$Call.lambda | a | callback
                    com.a.A.tick io.vertx.core.impl.Timer.run java.lang.Thread.run                  | a       | callback
                    java.lang.Thread.sleep io.gatehouse.core.server.FrontDoor.handle                | unknown | unknown
                    """)
    void namesTheInnermostPluginAndWhatItWasCalledFor(String stack, String plugin, String phase) {
        StackTraceElement[] frames = Arrays.stream(
                        stack.formatted(RUN, PROCEED).trim().split(" +"))
                .map(BlockedThreadsTest::frame)
                .toArray(StackTraceElement[]::new);

        assertThat(BlockedThreads.culprit(frames, BlockedThreadsTest::owner)).isEqualTo(new Culprit(plugin, phase));
    }
}
