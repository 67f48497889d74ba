package io.gatehouse.core.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM and SIGINT end the command, SIGHUP is for reloading.
 *
 * <p>The JDK has no supported way to see a signal but {@code sun.misc.Signal} of its module {@code jdk.unsupported};
 * only this class touches it, by reflection, because javac cannot be told to accept it under {@code -Werror}. Where
 * it is missing, a shutdown hook does for SIGTERM and SIGINT, and SIGHUP ends the process.
 */
final class Signals implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch done = new CountDownLatch(1);

    private final AtomicBoolean early = new AtomicBoolean();

    private volatile Runnable hangUp = () -> early.set(true);

    Signals() {
        handle("HUP", () -> hangUp.run());
        Runnable end = () -> {
            if (ended.getCount() == 0) {
                Runtime.getRuntime().halt(130); // asked twice: at once
            }
            ended.countDown();
        };
        boolean handled = handle("TERM", end);
        if (!handle("INT", end) || !handled) {
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                ended.countDown();
                                try {
                                    done.await();
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            },
                            "gatehouse-shutdown"));
        }
    }

    /** Runs the action on each SIGHUP from now on, on a thread of its own, and at once if there was one before. */
    void onHangUp(Runnable action) {
        hangUp = action;
        if (early.getAndSet(false)) {
            action.run();
        }
    }

    /** Ends the wait of {@link #awaitEnd()} as SIGTERM does. */
    void end() {
        ended.countDown();
    }

    /** Returns when the process has been asked to end. */
    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    /** The command has ended: the process may go. */
    @Override
    public void close() {
        done.countDown();
    }

    private static boolean handle(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler run = (proxy, method, args) -> switch (method.getName()) {
                case "handle" -> {
                    action.run();
                    yield null;
                }
                case "hashCode" -> System.identityHashCode(proxy);
                case "equals" -> proxy == args[0];
                default -> "handler of SIG" + name;
            };
            signal.getMethod("handle", signal, handler)
                    .invoke(
                            null,
                            signal.getConstructor(String.class).newInstance(name),
                            Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handler}, run));
            return true;
        } catch (ClassNotFoundException | NoSuchMethodException | IllegalAccessException | InstantiationException e) {
            LOG.warn("this Java has no signal handling: SIG{} is not handled", name);
            return false;
        } catch (InvocationTargetException e) { // the system has no such signal, or -Xrs keeps it for itself
            LOG.warn("SIG{} is not handled: {}", name, String.valueOf(e.getCause()));
            return false;
        }
    }
}
