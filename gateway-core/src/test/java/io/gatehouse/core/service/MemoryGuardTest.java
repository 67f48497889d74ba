package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.gatehouse.core.service.MemoryGuard.Shortage;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class MemoryGuardTest {
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final FakeHeap heap = new FakeHeap();
    private long now = 1;
    private final MemoryGuard guard = new MemoryGuard(heap, 0.95, () -> now);

    /** A heap whose garbage goes only when it is collected. */
    private final class FakeHeap implements MemoryGuard.Heap {
        double lived;
        double afterCollection = 1;
        int collections;
        long millisToCollect;

        @Override
        public double lived() {
            return lived;
        }

        @Override
        public void collect() {
            collections++;
            pass(millisToCollect);
            lived = afterCollection;
        }
    }

    @BeforeEach
    void listen() {
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void stopListening() {
        logger().detachAppender(log);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(MemoryGuard.class);
    }

    private List<String> logged() {
        return log.list.stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }

    private void pass(long millis) {
        now += TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private void look(double lived) {
        heap.lived = lived;
        guard.check();
    }

    @Test
    void findsNothingShortBelowTheLimit() {
        look(0.949);

        assertThat(guard.shortage()).isNull();
        assertThat(logged()).isEmpty();
    }

    @Test
    void isShortFromTheLimitOnUntilWellBelowIt() {
        look(0.95);
        assertThat(guard.shortage()).isEqualTo(Shortage.HEAP);
        look(0.91);
        assertThat(guard.shortage()).as("not far enough below").isEqualTo(Shortage.HEAP);
        pass(1200);
        look(0.89);
        assertThat(guard.shortage()).isNull();

        assertThat(logged())
                .containsExactly(
                        "WARN memory is short, new requests are turned away: reason=heap used_percent=95 limit_percent=95",
                        "WARN memory is back, requests are served again: reason=heap used_percent=89 after_ms=1200");
    }

    @Test
    void asksForACollectionOnlyWhenNoneHasToldAnythingNew() {
        look(0.97);
        for (int i = 0; i < 30; i++) { // news all the time
            pass(100);
            look(0.96 + i / 1000.0);
        }
        assertThat(heap.collections).isZero();
        heap.afterCollection = 0.4;
        for (int i = 0; i < 21; i++) {
            pass(100);
            guard.check();
        }
        assertThat(heap.collections).isEqualTo(1);
        assertThat(guard.shortage()).isNull();
    }

    @Test
    void collectsNothingWhileNothingIsShort() {
        for (int i = 0; i < 100; i++) {
            pass(100);
            look(0.5);
        }
        assertThat(heap.collections).isZero();
    }

    @Test
    void spendsAtMostATenthOfTheTimeCollecting() {
        heap.afterCollection = 0.99;
        heap.millisToCollect = 1000;
        look(0.99);
        for (int i = 0; i < 250; i++) {
            pass(100);
            guard.check();
        }
        assertThat(heap.collections).isEqualTo(3); // after 2, 13 and 24 s
    }

    @Test
    void directMemoryIsShortForAWhileAfterAnAllocationFailed() {
        guard.connectionBroke(new IOException("reset"));
        assertThat(guard.shortage()).isNull();
        guard.connectionBroke(new RuntimeException(new OutOfMemoryError("planted")));
        assertThat(guard.shortage()).isEqualTo(Shortage.DIRECT);
        pass(4000);
        guard.connectionBroke(new OutOfMemoryError("planted"));
        pass(4000);
        guard.check();
        assertThat(guard.shortage()).isEqualTo(Shortage.DIRECT);
        pass(1000);
        guard.check();
        assertThat(guard.shortage()).isNull();

        assertThat(logged())
                .containsExactly(
                        "WARN memory is short, new requests are turned away: reason=direct_memory",
                        "WARN memory is back, requests are served again: reason=direct_memory used_percent=0 after_ms=9000");
    }

    @Test
    void aFullHeapCountsForMoreThanDirectMemory() {
        guard.connectionBroke(new OutOfMemoryError("planted"));
        look(0.96);
        pass(6000);
        look(0.97);
        assertThat(guard.shortage()).isEqualTo(Shortage.HEAP);
    }

    @Test
    void findsNothingWhenItIsOff() {
        MemoryGuard off = new MemoryGuard(heap, 0, () -> now);
        off.connectionBroke(new OutOfMemoryError("planted"));
        assertThat(off.shortage()).isNull();
    }

    @Test
    void seesWhatOutlivesACollectionOfThisJvm() {
        JvmHeap jvm = new JvmHeap();
        byte[] kept = new byte[8 * 1024 * 1024];
        jvm.collect();
        double with = jvm.lived();
        assertThat(with).isBetween(kept.length / (double) Runtime.getRuntime().maxMemory() / 2, 1.0);
    }
}
