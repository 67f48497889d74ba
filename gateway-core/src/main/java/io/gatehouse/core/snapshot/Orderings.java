package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.PluginEntity;
import io.gatehouse.core.exchange.PluginSlot;
import org.jspecify.annotations.Nullable;

/** What plugin entities say of their place in the chain. */
final class Orderings {
    private Orderings() {}

    static PluginSlot.Ordering of(PluginEntity entity) {
        return PluginSlot.Ordering.NONE;
    }

    static @Nullable String group(PluginEntity entity) {
        return null;
    }
}
