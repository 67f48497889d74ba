package io.gatehouse.api.body;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** One event loop whose clock the test turns. Work from other threads waits until {@link #run}. */
final class FakeRuntime implements BodyRuntime, BodyRuntime.Loop {
    private record Timer(long at, Runnable action) {}

    final List<BodyCodeException> faults = new ArrayList<>();
    final List<Timer> timers = new ArrayList<>();
    private final Thread thread = Thread.currentThread();
    private final ArrayDeque<Runnable> posted = new ArrayDeque<>();
    private long now = 1_000;

    static FakeRuntime install() {
        FakeRuntime runtime = new FakeRuntime();
        BodyRuntime.install(runtime);
        return runtime;
    }

    @Override
    public Loop loop() {
        return Thread.currentThread() == thread ? this : InstalledRuntime.NONE.loop();
    }

    @Override
    public void failed(BodyCodeException fault) {
        faults.add(fault);
    }

    @Override
    public void execute(Runnable action) {
        if (Thread.currentThread() == thread) {
            action.run();
        } else {
            synchronized (posted) {
                posted.add(action);
                posted.notifyAll();
            }
        }
    }

    /** Runs one action that another thread posted; waits for it. */
    void run() throws InterruptedException {
        Runnable action;
        synchronized (posted) {
            while (posted.isEmpty()) {
                posted.wait();
            }
            action = posted.poll();
        }
        action.run();
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public Runnable schedule(Duration after, Runnable action) {
        Timer timer = new Timer(now + after.toNanos(), action);
        timers.add(timer);
        return () -> timers.remove(timer);
    }

    void advance(Duration time) {
        long until = now + time.toNanos();
        while (true) {
            Timer due = null;
            for (Timer timer : timers) {
                if (timer.at <= until && (due == null || timer.at < due.at)) {
                    due = timer;
                }
            }
            if (due == null) {
                now = until;
                return;
            }
            timers.remove(due);
            now = Math.max(now, due.at);
            due.action.run();
        }
    }
}
