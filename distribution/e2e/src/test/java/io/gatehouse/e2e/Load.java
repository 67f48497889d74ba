package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Healthy traffic beside whatever is tried: clients that send their requests at set times, whether or not the one before
 * was slow, {@value #PER_SECOND} a second together. Each has a connection for every request.
 */
final class Load {
    /** As the fault plan says. */
    private static final int PER_SECOND = 200;

    /** Answers that are counted before the thing that is tried begins. */
    private static final int BEFORE = 400;

    /** Answers that come before those, while the gateway's code is new. */
    private static final int COLD = 2000;

    /** What is faster than this is not held up: some turns of the scheduler. */
    private static final double UNHARMED_MILLIS = 25;

    private final int port;
    private final ExecutorService pool;
    private final List<Future<?>> clients = new ArrayList<>();
    private final AtomicBoolean enough = new AtomicBoolean();
    private long[] nanos = new long[1024];
    private int served;
    private int failed;
    private @Nullable String failure;

    /**
     * Begins at once.
     *
     * @param requests the first client sends the first of these all the time, and so on; more clients begin anew
     */
    Load(PackagedGateway gateway, int count, String... requests) {
        port = gateway.proxyPort();
        pool = Executors.newFixedThreadPool(count);
        long period = TimeUnit.SECONDS.toNanos(count) / PER_SECOND;
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            String request = requests[i % requests.length];
            long first = begin + period * i / count;
            clients.add(pool.submit(() -> {
                for (long next = first; !enough.get(); next += period) {
                    TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
                    call(request);
                }
                return null;
            }));
        }
    }

    private void call(String request) {
        long begin = System.nanoTime();
        try {
            Wire.Answer answer = Wire.call(port, request);
            if (answer.status() != 200 || answer.end() != Wire.End.WHOLE) {
                fail(answer.toString());
                return;
            }
        } catch (IOException e) {
            fail(e.toString());
            return;
        }
        took(System.nanoTime() - begin);
    }

    private synchronized void fail(String what) {
        failed++;
        failure = failure == null ? what : failure;
    }

    private synchronized void took(long time) {
        if (served == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * served);
        }
        nanos[served++] = time;
    }

    synchronized int served() {
        return served;
    }

    /** Waits until so many more have been served. */
    void awaitServed(int more) {
        int before = served();
        Workplace.awaitTrue(
                Workplace.SOON.plusMillis(200L * more),
                () -> served() >= before + more,
                () -> served() - before + " of " + more + " served, first failure: " + failure);
    }

    /** Milliseconds that all but one in a hundred of those served so far took at most, since this many had been. */
    synchronized double p99Millis(int since) {
        long[] sorted = Arrays.copyOfRange(nanos, since, served);
        Arrays.sort(sorted);
        return sorted.length == 0 ? 0 : sorted[sorted.length - 1 - sorted.length / 100] / 1e6;
    }

    /** Waits until enough have been served to tell what is usual; where that is judged, not by the first ones of all. */
    Usual usual() {
        if (Effort.isLong()) {
            awaitServed(COLD);
        }
        int since = served();
        awaitServed(BEFORE);
        synchronized (this) {
            return new Usual(served, p99Millis(since));
        }
    }

    /**
     * How it was before something was tried.
     *
     * @param served how many had been served until then
     * @param p99Millis what all but one in a hundred of them took at most
     */
    record Usual(int served, double p99Millis) {}

    /**
     * Of those served since then, all but one in a hundred must have come within twice the usual time. That is judged in a
     * long run, which has its machine to itself, and only printed else.
     */
    void assertAtMostDoubled(String what, Usual usual) {
        int during = served() - usual.served();
        double p99 = p99Millis(usual.served());
        System.out.printf(
                "%s: p99 of %d good requests meanwhile %.1f ms, of %d before %.1f ms%n",
                what, during, p99, usual.served(), usual.p99Millis());
        assertThat(during).as("good requests meanwhile").isGreaterThan(100);
        if (Effort.isLong()) {
            assertThat(p99).as(what).isLessThanOrEqualTo(Math.max(2 * usual.p99Millis(), UNHARMED_MILLIS));
        }
    }

    /** Ends it, and waits for every client to have its last answer. */
    void end() throws Exception {
        enough.set(true);
        for (Future<?> client : clients) {
            Object unused = client.get(120, TimeUnit.SECONDS);
        }
        pool.shutdown();
    }

    /** Ends it; every request must have got its whole answer, and there must have been some. */
    void endUnharmed() throws Exception {
        end();
        assertUnharmed();
        assertThat(served()).isPositive();
    }

    synchronized void assertUnharmed() {
        assertThat(failed)
                .as("requests beside it that failed, the first: %s", failure)
                .isZero();
    }
}
