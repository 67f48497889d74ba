package io.gatehouse.core.exchange;

import io.gatehouse.api.body.BodyCodeException;
import io.gatehouse.api.body.BodyRuntime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives bodies the event loop they run on. There is one per process; the loop is that of the calling thread, and with
 * it comes the gateway it belongs to.
 */
public final class LoopRuntime implements BodyRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(LoopRuntime.class);
    private static final ThreadLocal<@Nullable Here> CURRENT = new ThreadLocal<>();
    private static final BodyRuntime.Loop NOWHERE = new Nowhere();

    private LoopRuntime() {}

    private record Here(BodyRuntime.Loop loop, ExchangeObserver observer) {}

    /** Makes the calling thread, an event loop's, known. */
    public static void enter(io.gatehouse.core.exchange.Loop loop, ExchangeObserver observer) {
        BodyRuntime.install(new LoopRuntime());
        CURRENT.set(new Here(new OnLoop(loop), observer));
    }

    @Override
    public BodyRuntime.Loop loop() {
        Here here = CURRENT.get();
        return here == null ? NOWHERE : here.loop();
    }

    @Override
    public void failed(BodyCodeException fault) {
        Here here = CURRENT.get();
        if (here == null) {
            LOG.error("plugin failed: culprit={} phase={}", fault.culprit().getName(), fault.phase(), fault);
        } else {
            here.observer().bodyCodeFailed(fault.culprit(), fault.phase(), fault);
        }
    }

    private record OnLoop(io.gatehouse.core.exchange.Loop loop) implements BodyRuntime.Loop {
        @Override
        public void execute(Runnable action) {
            if (loop.isCurrent()) {
                action.run();
            } else {
                loop.run(action);
            }
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public Runnable schedule(Duration after, Runnable action) {
            long id = loop.vertx().setTimer(Math.max(1, after.toMillis()), t -> action.run());
            return () -> loop.vertx().cancelTimer(id);
        }
    }

    private static final class Nowhere implements BodyRuntime.Loop {
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
            throw new IllegalStateException("timer: not on an event loop of the gateway");
        }
    }
}
