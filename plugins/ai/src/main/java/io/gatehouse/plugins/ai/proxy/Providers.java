package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.LlmProvider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Providers by name. Immutable. */
final class Providers {
    private final Map<String, LlmProvider> byName;

    private Providers(Map<String, LlmProvider> byName) {
        this.byName = byName;
    }

    /** Those of this plugin's own JAR: all that is known without a gateway. */
    static Providers bundled() {
        return of(ServiceLoader.load(LlmProvider.class, Providers.class.getClassLoader()));
    }

    static Providers of(List<LlmProvider> providers) {
        return of((Iterable<LlmProvider>) providers);
    }

    private static Providers of(Iterable<LlmProvider> providers) {
        Map<String, LlmProvider> byName = new LinkedHashMap<>();
        for (LlmProvider provider : providers) {
            LlmProvider other = byName.putIfAbsent(provider.name(), provider);
            if (other != null) {
                throw new IllegalStateException("provider " + provider.name() + ": brought by both "
                        + other.getClass().getName() + " and "
                        + provider.getClass().getName() + " (expected: one)");
            }
        }
        return new Providers(byName);
    }

    @Nullable
    LlmProvider find(String name) {
        return byName.get(name);
    }

    /** All names, for messages. */
    String names() {
        return String.join(", ", new TreeSet<>(byName.keySet()));
    }
}
