package io.gatehouse.plugins.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.CapturedLog;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchQueueTest {
    private static final Duration NOTHING = Duration.ofNanos(1);

    private final FakeContext context = new FakeContext();
    private final List<String> losses = new ArrayList<>();
    private final Sink sink = new Sink();
    private final CapturedLog log = CapturedLog.start();

    @AfterEach
    void stopListening() {
        log.close();
    }

    @Test
    void sendsSingleEntriesAtOnce() {
        BatchQueue<String> queue = builder().build(sink);
        offer(queue, "a", "b");

        assertThat(sink.sent).containsExactly("a", "b");
        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(2, 2, Map.of(), 0));
    }

    @Test
    void waitsForABatchToFillButNotForEver() {
        BatchQueue<String> queue = builder().maxBatch(3).build(sink);
        offer(queue, "a", "b");
        context.clock.advance(Duration.ofMillis(999));
        assertThat(sink.sent).isEmpty();
        context.clock.advance(Duration.ofMillis(1));
        assertThat(sink.sent).containsExactly("ab");

        offer(queue, "c", "d", "e", "f");
        assertThat(sink.sent).containsExactly("ab", "cde");
        context.clock.advance(Duration.ofSeconds(1));
        assertThat(sink.sent).containsExactly("ab", "cde", "f");
    }

    @Test
    void limitsTheBytesOfABatch() {
        sink.hold();
        BatchQueue<String> queue = builder()
                .maxBatch(100)
                .maxBatchBytes(5)
                .coalescing(Duration.ZERO)
                .build(sink);
        offer(queue, "aa", "bbb", "cc", "dddddddd", "e");
        sink.releaseAll();

        assertThat(sink.sent).containsExactly("aa", "bbbcc", "dddddddd", "e");
    }

    @Test
    void sendsOneBatchAfterTheOther() {
        sink.hold();
        BatchQueue<String> queue = builder().build(sink);
        offer(queue, "a", "b");
        assertThat(sink.sent).containsExactly("a");

        sink.release(true);
        assertThat(sink.sent).containsExactly("a", "b");
    }

    @Test
    void sendsSeveralAtOnceWhenAllowed() {
        sink.hold();
        BatchQueue<String> queue = builder().concurrency(2).build(sink);
        offer(queue, "a", "b", "c");
        assertThat(sink.sent).containsExactly("a", "b");

        sink.release(true);
        assertThat(sink.sent).containsExactly("a", "b", "c");
    }

    @Test
    void triesAgainLaterAndLater() {
        sink.failing = true;
        BatchQueue<String> queue = builder()
                .retryDelay(Duration.ofMillis(10), Duration.ofMillis(35))
                .build(sink);
        offer(queue, "a");
        List<Integer> attempts = new ArrayList<>();
        for (int millis : new int[] {9, 1, 19, 1, 34, 1, 34, 1}) {
            context.clock.advance(Duration.ofMillis(millis));
            attempts.add(sink.sent.size());
        }
        assertThat(attempts).containsExactly(1, 2, 2, 3, 3, 4, 4, 5);

        sink.failing = false;
        context.clock.advance(Duration.ofMillis(35));
        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(1, 1, Map.of(), 0));
        assertThat(log.text())
                .containsOnlyOnce("queued entries cannot be delivered")
                .containsOnlyOnce("queued entries are delivered again");
    }

    @Test
    void sendsOnlyTheRestAgainOfABatchThatArrivedInPart() {
        List<String> sent = new ArrayList<>();
        BatchQueue<String> queue = builder().maxBatch(3).build(batch -> {
            sent.add(String.join("", batch.entries()));
            if (batch.entries().size() == 1) {
                return Future.succeededFuture();
            }
            batch.delivered(1);
            return Future.failedFuture("no room");
        });
        offer(queue, "a", "b", "c");
        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(3, 1, Map.of(), 2));

        context.clock.advance(Duration.ofSeconds(1));
        assertThat(sent).containsExactly("abc", "bc", "c");
        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(3, 3, Map.of(), 0));
    }

    @Test
    void givesABatchUpAfterTheRetryTime() {
        sink.failing = true;
        BatchQueue<String> queue = builder()
                .maxBatch(2)
                .retryDelay(Duration.ofSeconds(1), Duration.ofSeconds(1))
                .maxRetryTime(Duration.ofSeconds(3))
                .build(sink);
        offer(queue, "a", "b");
        context.clock.advance(Duration.ofSeconds(3));
        assertThat(losses).isEmpty();
        context.clock.advance(Duration.ofSeconds(1));

        assertThat(losses).containsExactly("RETRY_TIME 2");
        assertThat(sink.sent).hasSize(5);
        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(2, 0, Map.of(Loss.RETRY_TIME, 2L), 0));
    }

    @Test
    void triesOnceWhenTheRetryTimeIsNegativeAndForEverWhenThereIsNone() {
        sink.failing = true;
        BatchQueue<String> once = builder().maxRetryTime(Duration.ofSeconds(-1)).build(sink);
        offer(once, "a", "b");
        assertThat(sink.sent).containsExactly("a", "b");
        assertThat(losses).containsExactly("RETRY_TIME 1", "RETRY_TIME 1");

        BatchQueue<String> forEver = builder().maxRetryTime(null).build(sink);
        offer(forEver, "c");
        context.clock.advance(Duration.ofDays(2));
        assertThat(forEver.counts().queued()).isEqualTo(1);
    }

    @Test
    void dropsTheOldestThatIsNotBeingSentWhenItIsFull() {
        sink.hold();
        BatchQueue<String> queue = builder().maxEntries(3).build(sink);
        offer(queue, "a", "b", "c", "d", "e");
        assertThat(losses).containsExactly("QUEUE_FULL 1", "QUEUE_FULL 1");
        sink.releaseAll();

        assertThat(sink.sent).containsExactly("a", "d", "e");
        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(5, 3, Map.of(Loss.QUEUE_FULL, 2L), 0));
        assertThat(log.text()).containsOnlyOnce("the queue is full").containsOnlyOnce("80 % full");
    }

    @Test
    void dropsTheNewEntryWhenAllOthersAreBeingSent() {
        sink.hold();
        BatchQueue<String> queue = builder().maxEntries(1).build(sink);
        offer(queue, "a", "b");
        sink.releaseAll();
        offer(queue, "c");
        sink.releaseAll();

        assertThat(sink.sent).containsExactly("a", "c");
        assertThat(losses).containsExactly("QUEUE_FULL 1");
    }

    @Test
    void boundsTheBytes() {
        sink.hold();
        BatchQueue<String> queue = builder().maxBytes(10).build(sink);
        offer(queue, "aaaa", "bbb", "ccc", "dddddd", "eeeeeeeeeee", "fffffff");
        sink.releaseAll();

        assertThat(sink.sent).containsExactly("aaaa", "dddddd");
        assertThat(losses).containsExactly("QUEUE_FULL 2", "TOO_LARGE 1", "QUEUE_FULL 1");
    }

    @Test
    void survivesASenderThatThrowsOrGivesNothing() {
        int[] calls = {0};
        BatchQueue<String> queue = builder().build(batch -> {
            switch (calls[0]++) {
                case 0 -> throw new IllegalStateException("broken");
                case 1 -> throw new NoClassDefFoundError("Gone");
                case 2 -> {
                    return nothing();
                }
                default -> {
                    return Future.succeededFuture();
                }
            }
        });
        offer(queue, "a");
        context.clock.advance(Duration.ofSeconds(1));

        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(1, 1, Map.of(), 0));
    }

    @Test
    void triesAgainWhenThereWasNoThread() {
        context.refusing(true);
        BatchQueue<String> queue = builder().build(sink);
        offer(queue, "a");
        context.refusing(false);
        context.clock.advance(Duration.ofSeconds(1));

        assertThat(sink.sent).containsExactly("a");
    }

    @Test
    void sendsWhatIsLeftWhenItIsClosed() {
        BatchQueue<String> queue = builder().maxBatch(10).build(sink);
        offer(queue, "a", "b");
        queue.close(NOTHING);
        offer(queue, "c");

        assertThat(sink.sent).containsExactly("ab");
        assertThat(losses).containsExactly("CLOSED 1");
        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(3, 2, Map.of(Loss.CLOSED, 1L), 0));
    }

    @Test
    void triesABatchThatWaitsForItsNextAttemptAtOnceWhenItIsClosed() {
        sink.failing = true;
        BatchQueue<String> queue = builder().build(sink);
        offer(queue, "a", "b");
        sink.failing = false;
        queue.close(NOTHING);
        context.clock.advance(Duration.ofMinutes(1));

        assertThat(sink.sent).containsExactly("a", "a", "b");
        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(2, 2, Map.of(), 0));
    }

    @Test
    void dropsAndCountsWhatDoesNotArriveWithinTheLimitOfClosing() {
        sink.hold();
        BatchQueue<String> queue = builder().build(sink);
        offer(queue, "a", "b", "c");
        queue.close(NOTHING);
        sink.releaseAll(); // too late to count

        assertThat(losses).containsExactly("CLOSED 3");
        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(3, 0, Map.of(Loss.CLOSED, 3L), 0));
        queue.close(NOTHING);
        assertThat(losses).hasSize(1);
    }

    @Test
    void tellsWhatComesAndGoesWithEveryBatchOnlyNowAndThen() {
        int[] calls = {0};
        BatchQueue<String> queue =
                builder().build(batch -> calls[0]++ % 2 == 0 ? Future.failedFuture("flaps") : Future.succeededFuture());
        for (int i = 0; i < 190; i++) {
            offer(queue, "a");
            context.clock.advance(Duration.ofMillis(100));
        }

        assertThat(log.at("WARN")).hasSize(2).allMatch(line -> line.text().contains("flaps"));
        assertThat(log.at("INFO")).hasSize(2);
        assertThat(queue.counts().delivered()).isEqualTo(190);
    }

    @Test
    void tellsALongFailureEvenIfItBeganRightAfterAnother() {
        BatchQueue<String> queue = builder().maxRetryTime(null).build(sink);
        sink.failing = true;
        offer(queue, "a");
        sink.failing = false;
        context.clock.advance(Duration.ofSeconds(1));
        sink.failing = true;
        offer(queue, "b");
        assertThat(log.at("WARN")).hasSize(1);
        context.clock.advance(Duration.ofMinutes(5));

        assertThat(log.at("WARN")).hasSize(2);
    }

    @Test
    void handlesALongBacklogWithoutRecursion() {
        sink.hold();
        BatchQueue<String> queue = builder().maxEntries(100_000).build(sink);
        for (int i = 0; i < 50_000; i++) {
            queue.offer("x", 1);
        }
        sink.holding = false;
        sink.release(true);

        assertThat(queue.counts()).isEqualTo(new BatchQueue.Counts(50_000, 50_000, Map.of(), 0));
    }

    /** The law holds after every step, whatever happens in which order. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void losesNothingUncounted(long seed) {
        java.util.Random random = new java.util.Random(seed);
        FakeContext slow = new FakeContext().later();
        long[] reported = {0};
        TreeSet<Integer> arrived = new TreeSet<>();
        ArrayDeque<Promise<Void>> open = new ArrayDeque<>();
        int maxEntries = 1 + random.nextInt(50);
        int maxBytes = 1 + random.nextInt(400);
        int concurrency = 1 + random.nextInt(2) * random.nextInt(4);
        int[] lastInOrder = {-1};
        BatchQueue<Integer> queue = BatchQueue.<Integer>builder("law", slow)
                .maxEntries(maxEntries)
                .maxBytes(maxBytes)
                .maxBatch(1 + random.nextInt(10))
                .maxBatchBytes(1 + random.nextInt(200))
                .concurrency(concurrency)
                .coalescing(Duration.ofMillis(random.nextInt(3) * 50L))
                .retryDelay(Duration.ofMillis(1 + random.nextInt(20)), Duration.ofMillis(100))
                .maxRetryTime(random.nextInt(3) == 0 ? null : Duration.ofMillis(random.nextInt(400) - 50L))
                .onLoss((loss, entries) -> reported[0] += entries)
                .build(batch -> {
                    List<Integer> entries = batch.entries();
                    assertThat(entries).isNotEmpty();
                    int part = random.nextInt(entries.size() + 1);
                    if (random.nextInt(4) == 0) {
                        batch.delivered(part);
                        arrived.addAll(entries.subList(0, part));
                        return Future.failedFuture("in part");
                    }
                    Promise<Void> answer = Promise.promise();
                    open.add(answer);
                    return answer.future().onSuccess(ok -> {
                        if (concurrency == 1) {
                            assertThat(entries.get(0)).isGreaterThan(lastInOrder[0]);
                            lastInOrder[0] = entries.get(entries.size() - 1);
                        }
                        arrived.addAll(entries);
                    });
                });
        int offered = 0;
        for (int step = 0; step < 2000; step++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> queue.offer(offered++, random.nextInt(30));
                case 2 -> slow.runOne();
                case 3 -> slow.clock.advance(Duration.ofMillis(random.nextInt(20)));
                default -> {
                    Promise<Void> answer = open.poll();
                    if (answer != null && random.nextInt(3) > 0) {
                        answer.complete();
                    } else if (answer != null) {
                        answer.fail("refused");
                    }
                }
            }
            BatchQueue.Counts counts = queue.counts();
            assertThat(counts.offered()).isEqualTo(offered);
            assertThat(counts.delivered() + counts.allDropped() + counts.queued())
                    .as("seed %d, step %d: %s", seed, step, counts)
                    .isEqualTo(offered);
            assertThat(counts.allDropped()).isEqualTo(reported[0]);
            assertThat(counts.queued()).isLessThanOrEqualTo(maxEntries);
            assertThat(counts.delivered()).isEqualTo(arrived.size());
        }
        queue.close(NOTHING);

        assertThat(queue.counts().queued()).isZero();
        assertThat(queue.counts().delivered() + reported[0]).isEqualTo(offered);
    }

    @Test
    void losesNothingBetweenThreads() throws Exception {
        ExecutorService loops = Executors.newFixedThreadPool(4);
        PoolContext pool = new PoolContext();
        long[] reported = {0};
        java.util.concurrent.atomic.AtomicLong arrived = new java.util.concurrent.atomic.AtomicLong();
        java.util.concurrent.atomic.AtomicInteger calls = new java.util.concurrent.atomic.AtomicInteger();
        BatchQueue<Integer> queue = BatchQueue.<Integer>builder("threads", pool)
                .maxEntries(500)
                .maxBatch(20)
                .coalescing(Duration.ofMillis(1))
                .retryDelay(Duration.ofMillis(1), Duration.ofMillis(2))
                .onLoss((loss, entries) -> {
                    synchronized (reported) {
                        reported[0] += entries;
                    }
                })
                .build(batch -> {
                    if (calls.incrementAndGet() % 5 == 0) {
                        return Future.failedFuture("every fifth");
                    }
                    arrived.addAndGet(batch.entries().size());
                    return Future.succeededFuture();
                });
        CountDownLatch done = new CountDownLatch(4);
        for (int t = 0; t < 4; t++) {
            loops.execute(() -> {
                for (int i = 0; i < 5000; i++) {
                    queue.offer(i, 10);
                }
                done.countDown();
            });
        }
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        queue.close(Duration.ofSeconds(60));
        loops.shutdown();
        pool.close();

        assertThat(queue.counts().offered()).isEqualTo(20_000);
        assertThat(queue.counts().delivered()).isEqualTo(arrived.get());
        assertThat(arrived.get() + reported[0]).isEqualTo(20_000);
        assertThat(queue.counts().dropped()).doesNotContainKey(Loss.CLOSED);
    }

    private BatchQueue.Builder<String> builder() {
        return BatchQueue.<String>builder("test", context).onLoss((loss, entries) -> losses.add(loss + " " + entries));
    }

    private static void offer(BatchQueue<String> queue, String... entries) {
        for (String entry : entries) {
            queue.offer(entry, entry.length());
        }
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // a sender that breaks its contract
    private static <T> T nothing() {
        return null;
    }

    /** Where batches go, each shown as one text. */
    private static final class Sink implements BatchQueue.Sender<String> {
        private final List<String> sent = new ArrayList<>();
        private final ArrayDeque<Promise<Void>> held = new ArrayDeque<>();
        private boolean failing;
        private boolean holding;

        void hold() {
            holding = true;
        }

        void release(boolean good) {
            Promise<Void> answer = held.remove();
            if (good) {
                answer.complete();
            } else {
                answer.fail("refused");
            }
        }

        void releaseAll() {
            while (!held.isEmpty()) {
                release(true);
            }
        }

        @Override
        public Future<?> send(BatchQueue.Batch<String> batch) {
            sent.add(String.join("", batch.entries()));
            if (holding) {
                Promise<Void> answer = Promise.promise();
                held.add(answer);
                return answer.future();
            }
            return failing ? Future.failedFuture("down") : Future.succeededFuture();
        }
    }
}
