package io.gatehouse.api.body;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Holds the process's {@link BodyRuntime}, since a field of an interface is final. */
final class InstalledRuntime {
    static final BodyRuntime NONE = new None();

    static volatile BodyRuntime current = NONE;

    private InstalledRuntime() {}

    /** Works without event loops: for code that uses bodies outside a gateway. */
    private static final class None implements BodyRuntime, BodyRuntime.Loop {
        private static final Logger LOG = LoggerFactory.getLogger(BodyRuntime.class);

        @Override
        public BodyRuntime.Loop loop() {
            return this;
        }

        @Override
        public void failed(BodyCodeException fault) {
            LOG.error("plugin code failed on a body: culprit={} phase={}", fault.culprit(), fault.phase(), fault);
        }

        @Override
        public void execute(Runnable action) {
            action.run();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public Runnable schedule(Duration after, Runnable action) {
            throw new IllegalStateException("timer: none here (expected: BodyRuntime.install was called)");
        }
    }
}
