package io.gatehouse.api.body;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;

/**
 * What bodies need from the place they run in: event loops, timers and somewhere to report a broken plugin to. The
 * gateway installs one when it starts; a test installs one with a clock of its own. Plugins have no use for it.
 *
 * <p>There is one per process, since a plugin makes bodies and transforms without any context at hand. An
 * implementation is therefore free of state: it finds the loop of the calling thread.
 *
 * <p>Without one, everything runs on the calling thread, {@link Out#wake} is refused, and faults go to the log.
 *
 * <p>Thread rule: any thread.
 */
public interface BodyRuntime {
    /** The event loop of the calling thread; what runs at once on the calling thread when it has none. */
    Loop loop();

    /**
     * Hears of every throw of a plugin's code that works on a body, once per throw. This is the one place to log it:
     * the same exception travels as the cause of the {@link io.gatehouse.api.Failure} in the {@link BodyEnd}, if the
     * body broke off because of it. Must not throw.
     */
    void failed(BodyCodeException fault);

    /** Replaces the runtime of this process. */
    static void install(BodyRuntime runtime) {
        InstalledRuntime.current = Objects.requireNonNull(runtime, "runtime");
    }

    /** Goes back to the state without a runtime, for tests. */
    static void uninstall() {
        InstalledRuntime.current = InstalledRuntime.NONE;
    }

    /** One event loop. {@link #execute} runs the action at once when called on the loop itself. */
    interface Loop extends Executor {
        /** A clock that never jumps, in nanoseconds. */
        long nanoTime();

        /**
         * Runs an action on this loop after a time. Called on this loop.
         *
         * @return what takes the action back; without effect once it ran
         */
        Runnable schedule(Duration after, Runnable action);
    }
}
