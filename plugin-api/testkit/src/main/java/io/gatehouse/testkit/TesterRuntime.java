package io.gatehouse.testkit;

import io.gatehouse.api.body.BodyCodeException;
import io.gatehouse.api.body.BodyRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Runs bodies on the calling thread and on a tester's clock. The tester made last is in charge until it is closed. */
final class TesterRuntime implements BodyRuntime, BodyRuntime.Loop {
    private static final List<TesterRuntime> OPEN = new ArrayList<>();

    private final FakeClock clock;
    private final Consumer<BodyCodeException> faults;

    private TesterRuntime(FakeClock clock, Consumer<BodyCodeException> faults) {
        this.clock = clock;
        this.faults = faults;
    }

    static synchronized TesterRuntime open(FakeClock clock, Consumer<BodyCodeException> faults) {
        TesterRuntime runtime = new TesterRuntime(clock, faults);
        OPEN.add(runtime);
        BodyRuntime.install(runtime);
        return runtime;
    }

    static synchronized void close(TesterRuntime runtime) {
        OPEN.remove(runtime);
        if (OPEN.isEmpty()) {
            BodyRuntime.uninstall();
        } else {
            BodyRuntime.install(OPEN.get(OPEN.size() - 1));
        }
    }

    @Override
    public BodyRuntime.Loop loop() {
        return this;
    }

    @Override
    public void failed(BodyCodeException fault) {
        faults.accept(fault);
    }

    @Override
    public void execute(Runnable action) {
        action.run();
    }

    @Override
    public long nanoTime() {
        return clock.nanos();
    }

    @Override
    public Runnable schedule(Duration after, Runnable action) {
        return clock.after(after, action)::cancel;
    }
}
