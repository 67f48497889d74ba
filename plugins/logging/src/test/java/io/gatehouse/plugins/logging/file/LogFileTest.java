package io.gatehouse.plugins.logging.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.FakeMetrics;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LogFileTest {
    private final FakeMetrics metrics = new FakeMetrics();
    private final MemorySink sink = new MemorySink();
    private final List<Callable<?>> tasks = new ArrayList<>();

    @Test
    void writesManyLinesInOneAppend() {
        LogFile file = file(new LaterWorker());
        for (int i = 0; i < 5; i++) {
            file.add(Buffer.buffer("line " + i), false);
        }
        assertThat(tasks).hasSize(1);
        runTasks();

        assertThat(sink.text()).isEqualTo("line 0\nline 1\nline 2\nline 3\nline 4\n");
        assertThat(sink.writes).isEqualTo(1);
    }

    @Test
    void dropsAndCountsWhatDoesNotFitIntoTheQueue() {
        LogFile file = file(new LaterWorker());
        for (int i = 0; i < LogFile.MAX_ENTRIES + 7; i++) {
            file.add(Buffer.buffer("" + i), false);
        }
        runTasks();

        assertThat(dropped("queue_full")).isEqualTo(7);
        assertThat(sink.text().lines())
                .hasSize(LogFile.MAX_ENTRIES)
                .startsWith("0", "1")
                .endsWith("9999");
        file.add(Buffer.buffer("again"), false);
        runTasks();
        assertThat(sink.text()).endsWith("\nagain\n");
    }

    @Test
    void boundsTheBytesThatWait() {
        LogFile file = file(new LaterWorker());
        Buffer large = Buffer.buffer(new byte[(int) (LogFile.MAX_BYTES / 4)]);
        for (int i = 0; i < 5; i++) {
            file.add(large, false);
        }

        assertThat(dropped("queue_full")).isEqualTo(2);
    }

    @Test
    void keepsLinesWholeWhenAWriteBreaksOff() {
        LogFile file = file(new LaterWorker());
        sink.room = 10;
        for (String line : List.of("aaaa", "bbbb", "cccc")) {
            file.add(Buffer.buffer(line), false);
        }
        runTasks();
        assertThat(sink.text()).isEqualTo("aaaa\nbbbb\n");
        assertThat(dropped("write_failed")).isEqualTo(1);

        sink.room = 2;
        file.add(Buffer.buffer("dddd"), false);
        runTasks();
        sink.room = 100;
        file.add(Buffer.buffer("eeee"), false);
        runTasks();
        assertThat(sink.text()).isEqualTo("aaaa\nbbbb\ndd\neeee\n");
        assertThat(dropped("write_failed")).isEqualTo(2);
    }

    @Test
    void finishesAWriteThatTookOnlyAPart() {
        LogFile file = file(new LaterWorker());
        sink.atOnce = 3;
        file.add(Buffer.buffer("abcdefgh"), false);
        runTasks();

        assertThat(sink.text()).isEqualTo("abcdefgh\n");
    }

    @Test
    void writesWhatIsLeftWhenItIsClosedEvenIfNoWorkerIsThereAnyMore() {
        LogFile file = file(new RefusingWorker());
        file.add(Buffer.buffer("last"), false);
        assertThat(sink.text()).isEmpty();
        file.flush(true);

        assertThat(sink.text()).isEqualTo("last\n");
        assertThat(sink.open).isFalse();
    }

    @Test
    void keepsTheOrderOfEachThreadAndLosesNothing() throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(3);
        ExecutorService writers = Executors.newFixedThreadPool(4);
        LogFile file = file(new PoolWorker(workers));
        for (int t = 0; t < 4; t++) {
            int thread = t;
            writers.execute(() -> {
                for (int i = 0; i < 2000; i++) {
                    file.add(Buffer.buffer(thread + " " + i), false);
                }
            });
        }
        writers.shutdown();
        assertThat(writers.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        file.flush(true);
        workers.shutdown();
        assertThat(workers.awaitTermination(20, TimeUnit.SECONDS)).isTrue();

        Map<String, Integer> next = new HashMap<>();
        List<String> lines = sink.text().lines().toList();
        for (String line : lines) {
            String thread = line.substring(0, line.indexOf(' '));
            int number = Integer.parseInt(line.substring(line.indexOf(' ') + 1));
            assertThat(number).isEqualTo(next.merge(thread, 1, Integer::sum) - 1);
        }
        assertThat(lines.size() + dropped("queue_full")).isEqualTo(8000);
    }

    private double dropped(String reason) {
        return metrics.value("gatehouse_log_entries_dropped_total", "file-log", reason);
    }

    private LogFile file(LogFile.Worker worker) {
        return new LogFile(
                "memory",
                sink,
                worker,
                metrics.counter("gatehouse_log_entries_dropped_total", "Dropped.", "plugin", "reason"));
    }

    private void runTasks() {
        List<Callable<?>> due = new ArrayList<>(tasks);
        tasks.clear();
        for (Callable<?> task : due) {
            try {
                task.call();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    private final class LaterWorker implements LogFile.Worker {
        @Override
        public <T> Future<T> run(Callable<T> work) {
            tasks.add(work);
            return io.vertx.core.Promise.<T>promise().future();
        }
    }

    private static final class RefusingWorker implements LogFile.Worker {
        @Override
        public <T> Future<T> run(Callable<T> work) {
            return Future.failedFuture("closed");
        }
    }

    private record PoolWorker(ExecutorService pool) implements LogFile.Worker {
        @Override
        public <T> Future<T> run(Callable<T> work) {
            io.vertx.core.Promise<T> promise = io.vertx.core.Promise.promise();
            pool.execute(() -> {
                try {
                    promise.complete(work.call());
                } catch (Exception e) {
                    promise.fail(e);
                }
            });
            return promise.future();
        }
    }

    /** A file in memory that can fill up. */
    private static final class MemorySink implements Sink {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean open;
        private int room = Integer.MAX_VALUE;
        private int atOnce = Integer.MAX_VALUE;
        private int writes;

        @Override
        public void open() {
            open = true;
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
        public void close() {
            open = false;
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
