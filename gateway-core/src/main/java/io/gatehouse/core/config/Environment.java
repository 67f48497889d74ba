package io.gatehouse.core.config;

import org.jspecify.annotations.Nullable;

/** The environment variables of the process, or what a test puts in their place. Safe to use from any thread. */
@FunctionalInterface
public interface Environment {
    /** The value of a variable; null when it is not set. */
    @Nullable
    String get(String name);

    /** The environment that this process was started with. */
    static Environment system() {
        return System::getenv;
    }

    /** An environment without variables. */
    static Environment empty() {
        return name -> null;
    }
}
