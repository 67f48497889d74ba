package io.gatehouse.e2e;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What runs during the tests of a class: the books of every gateway are balanced after every test, and at the end
 * everything is stopped, the youngest first.
 */
final class Running implements AfterEachCallback, AfterAllCallback {
    private final List<AutoCloseable> all = new ArrayList<>();
    private boolean leaks;

    /** At the end of the class, what its gateways have lost of buffers is looked for, which takes a second each. */
    Running lookingForLeaks() {
        leaks = true;
        return this;
    }

    <T extends AutoCloseable> T add(T started) {
        all.add(started);
        return started;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        for (AutoCloseable running : all) {
            if (running instanceof PackagedGateway gateway) {
                Conservation.verify(gateway);
            }
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        List<Throwable> failures = new ArrayList<>();
        for (int i = all.size() - 1; i >= 0; i--) {
            AutoCloseable running = all.get(i);
            try (running) {
                if (leaks && running instanceof PackagedGateway gateway && !gateway.stopped()) {
                    gateway.lookForLeaks();
                }
            } catch (Exception | AssertionError e) {
                failures.add(e);
            }
        }
        all.clear();
        if (!failures.isEmpty()) {
            AssertionError failure = new AssertionError("not everything ended well", failures.get(0));
            failures.subList(1, failures.size()).forEach(failure::addSuppressed);
            throw failure;
        }
    }
}
