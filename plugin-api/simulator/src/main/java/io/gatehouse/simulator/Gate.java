package io.gatehouse.simulator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Lock step: a streamed answer that passes a gate needs one permit for each event (an answer that is not
 * streamed: one for all of it), and sends nothing more until the test grants it. The response head needs
 * none. So a test can prove that an event arrived before the next one was sent:
 *
 * <pre>{@code
 * try (Gate gate = simulator.gate()) {
 *     gate.release();          // the first event is sent, the second is not
 *     ...read one event...
 *     assertThat(gate.passed()).isEqualTo(1);
 * }
 * }</pre>
 *
 * <p>Answers that wait are served in the order in which they came. Thread-safe; nothing here waits.
 */
public final class Gate implements AutoCloseable {
    private final String name;
    private final Runnable onClose;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private long permits;
    private long passed;
    private boolean open;

    Gate(String name, Runnable onClose) {
        this.name = name;
        this.onClose = onClose;
    }

    /** Name by which {@link Behaviour.Builder#gate(String)} refers to it. */
    public String name() {
        return name;
    }

    /** Lets one more event pass. */
    public void release() {
        release(1);
    }

    /** Lets {@code count} more events pass. */
    public void release(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("n: " + count + " (expected: 1 or more)");
        }
        List<Runnable> next = new ArrayList<>();
        synchronized (this) {
            permits += count;
            while (permits > 0 && !waiting.isEmpty()) {
                permits--;
                passed++;
                next.add(waiting.remove());
            }
        }
        next.forEach(Runnable::run);
    }

    /** How many events have passed so far. */
    public synchronized long passed() {
        return passed;
    }

    /** How many answers wait for a permit now. */
    public synchronized int waiting() {
        return waiting.size();
    }

    /** Opens the gate for good: whatever waits, and whatever comes, passes. */
    @Override
    public void close() {
        List<Runnable> next;
        synchronized (this) {
            open = true;
            passed += waiting.size();
            next = new ArrayList<>(waiting);
            waiting.clear();
        }
        onClose.run();
        next.forEach(Runnable::run);
    }

    /** Takes a permit now and returns true, or keeps {@code granted} to be run once there is one. */
    boolean pass(Runnable granted) {
        synchronized (this) {
            if (open || permits > 0) {
                if (!open) {
                    permits--;
                }
                passed++;
                return true;
            }
            waiting.add(granted);
            return false;
        }
    }

    /** Gives up waiting, so that no permit goes to an answer that has ended. */
    synchronized void forget(Runnable granted) {
        waiting.remove(granted);
    }
}
