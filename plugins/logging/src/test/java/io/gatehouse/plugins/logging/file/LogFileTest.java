package io.gatehouse.plugins.logging.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Counters;
import io.gatehouse.api.FactoryContext;
import io.gatehouse.api.HttpCaller;
import io.gatehouse.api.HttpOptions;
import io.gatehouse.api.Metrics;
import io.gatehouse.api.Outlet;
import io.gatehouse.api.OutletOptions;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.Store;
import io.gatehouse.plugins.logging.DroppedEntries;
import io.gatehouse.testkit.CapturedLog;
import io.gatehouse.testkit.FakeClock;
import io.gatehouse.testkit.FakeMetrics;
import io.vertx.core.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogFileTest {
    private final FakeMetrics metrics = new FakeMetrics();
    private final FakeClock clock = new FakeClock();
    private final MemorySink sink = new MemorySink();
    private final CapturedLog log = CapturedLog.start();
    private final LogFile file =
            new LogFile("memory", sink, new Context(), new DroppedEntries(FileLogFactory.NAME, metrics));

    @AfterEach
    void stopListening() {
        log.close();
    }

    @Test
    void writesManyLinesInOneAppend() {
        for (int i = 0; i < 5; i++) {
            add("line " + i);
        }
        assertThat(sink.text()).isEmpty();
        pass(LogFile.GATHERING);

        assertThat(sink.text()).isEqualTo("line 0\nline 1\nline 2\nline 3\nline 4\n");
        assertThat(sink.writes).isEqualTo(1);
    }

    @Test
    void dropsAndCountsTheOldestThatWaitWhenItHoldsTooManyLines() {
        sink.opens = false;
        for (int i = 0; i < LogFile.MAX_ENTRIES + 7; i++) {
            add("" + i);
        }
        assertThat(dropped("queue_full")).isEqualTo(7);
        sink.opens = true;
        pass(Duration.ofSeconds(1));

        // the first batch was being written, so it is not touched
        assertThat(sink.text().lines())
                .hasSize(LogFile.MAX_ENTRIES)
                .startsWith("0", "1")
                .contains("999", "1007")
                .doesNotContain("1000", "1006")
                .endsWith("10006");
    }

    @Test
    void boundsTheBytesThatWait() {
        sink.opens = false;
        byte[] large = new byte[(int) (LogFile.MAX_BYTES / 4)];
        for (int i = 0; i < 5; i++) {
            file.add(large, false);
        }

        assertThat(dropped("queue_full")).isEqualTo(2);
    }

    @Test
    void writesALineThatIsLongerThanABatch() {
        add("a".repeat(1024 * 1024));
        add("b");
        pass(LogFile.GATHERING);

        assertThat(sink.text()).isEqualTo("a".repeat(1024 * 1024) + "\nb\n");
    }

    @Test
    void finishesAWriteThatTookOnlyAPart() {
        sink.atOnce = 3;
        add("abcdefgh");
        pass(LogFile.GATHERING);

        assertThat(sink.text()).isEqualTo("abcdefgh\n");
    }

    @Test
    void takesBackTheHalfOfALineAndWritesItWholeWhenThereIsRoom() {
        sink.room = 12;
        add("aaaa", "bbbb", "cccc");
        pass(LogFile.GATHERING);
        assertThat(sink.text()).isEqualTo("aaaa\nbbbb\n");

        sink.room = 100;
        pass(Duration.ofSeconds(1));
        assertThat(sink.text()).isEqualTo("aaaa\nbbbb\ncccc\n");
        assertThat(dropped("queue_full")).isZero();
        assertThat(log.text())
                .containsOnlyOnce("queued entries cannot be delivered")
                .contains("no space left")
                .containsOnlyOnce("queued entries are delivered again");
    }

    @Test
    void finishesTheHalfOfALineThatCannotBeTakenBack() {
        sink.takesBack = false;
        sink.room = 12;
        add("aaaa", "bbbb", "cccc");
        pass(LogFile.GATHERING);
        sink.room = 2;
        pass(Duration.ofMillis(200));
        sink.room = 100;
        pass(Duration.ofSeconds(1));

        assertThat(sink.text()).isEqualTo("aaaa\nbbbb\ncccc\n");
    }

    @Test
    void beginsALineAnewInAnotherFile() {
        sink.takesBack = false;
        sink.room = 2;
        add("aaaa");
        pass(LogFile.GATHERING);
        sink.replaced = true;
        sink.room = 100;
        pass(Duration.ofSeconds(1));

        assertThat(sink.text()).isEqualTo("aa" + "aaaa\n");
    }

    @Test
    void keepsLinesWhileItCannotBeOpened() {
        sink.opens = false;
        add("a");
        pass(Duration.ofMinutes(10));
        add("b");
        sink.opens = true;
        pass(Duration.ofSeconds(1));

        assertThat(sink.text()).isEqualTo("a\nb\n");
    }

    @Test
    void writesWhatIsLeftAndBringsItToTheDiskWhenItIsClosed() {
        add("last");
        file.close();

        assertThat(sink.text()).isEqualTo("last\n");
        assertThat(sink.synced).isEqualTo("last\n");
        assertThat(sink.open).isFalse();
        add("late");
        assertThat(dropped("closed")).isEqualTo(1);
    }

    private void add(String... lines) {
        for (String line : lines) {
            file.add(line.getBytes(UTF_8), false);
        }
    }

    private void pass(Duration time) {
        clock.advance(time);
    }

    private double dropped(String reason) {
        return metrics.value("gatehouse_log_entries_dropped_total", "file-log", reason);
    }

    private final class Context implements FactoryContext {
        @Override
        public Metrics metrics() {
            return metrics;
        }

        @Override
        public Clock clock() {
            return clock;
        }

        @Override
        public <T> Future<T> blocking(Callable<T> action) {
            try {
                return Future.succeededFuture(action.call());
            } catch (Exception e) {
                return Future.failedFuture(e);
            }
        }

        @Override
        public Runnable after(Duration delay, Runnable action) {
            return clock.after(delay, action)::cancel;
        }

        @Override
        public void every(Duration period, Runnable action) {
            throw new UnsupportedOperationException();
        }

        @Override
        public HttpCaller http(HttpOptions options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Outlet outlet(OutletOptions options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Counters counters(RedisOptions redis) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Store store(RedisOptions redis) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Counters counters() {
            throw new UnsupportedOperationException();
        }

        @Override
        public <T> List<T> extensions(Class<T> type) {
            throw new UnsupportedOperationException();
        }
    }

    /** A file in memory that can fill up. */
    private static final class MemorySink implements Sink {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean open;
        private boolean opens = true;
        private boolean replaced;
        private boolean takesBack = true;
        private int room = Integer.MAX_VALUE;
        private int atOnce = Integer.MAX_VALUE;
        private int writes;
        private String synced = "";

        @Override
        public boolean open(boolean reopen) throws IOException {
            if (!opens) {
                throw new IOException("no such folder");
            }
            open = true;
            return replaced;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            writes++;
            int taken = Math.min(Math.min(source.remaining(), room), atOnce);
            if (taken == 0) {
                throw new IOException("no space left");
            }
            byte[] part = new byte[taken];
            source.get(part);
            bytes.writeBytes(part);
            if (room != Integer.MAX_VALUE) {
                room -= taken;
            }
            return taken;
        }

        @Override
        public boolean takeBack(int count) {
            if (takesBack) {
                byte[] kept = Arrays.copyOf(bytes.toByteArray(), bytes.size() - count);
                bytes.reset();
                bytes.writeBytes(kept);
            }
            return takesBack;
        }

        @Override
        public void sync() {
            synced = text();
        }

        @Override
        public void close() {
            open = false;
        }

        String text() {
            return bytes.toString(UTF_8);
        }
    }
}
