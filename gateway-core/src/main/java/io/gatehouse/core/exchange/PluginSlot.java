package io.gatehouse.core.exchange;

import io.gatehouse.api.Consumer;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The place of one plugin name in a plan. It picks the most specific instance for the consumer that is known when it is
 * reached; the pick then holds for the exchange.
 */
public final class PluginSlot {
    private final String name;
    private final int priority;
    private final OptionalInt outerPriority;
    private final @Nullable PluginInstance anyone;
    private final Map<String, PluginInstance> byConsumer;

    /**
     * Makes a slot.
     *
     * @param anyone what applies when no consumer is known, or none with an instance of its own
     * @param byConsumer by consumer id: what applies to that consumer, already the most specific one
     */
    public PluginSlot(
            String name,
            int priority,
            OptionalInt outerPriority,
            @Nullable PluginInstance anyone,
            Map<String, PluginInstance> byConsumer) {
        this.name = name;
        this.priority = priority;
        this.outerPriority = outerPriority;
        this.anyone = anyone;
        this.byConsumer = Map.copyOf(byConsumer);
    }

    /** The plugin's name. */
    public String name() {
        return name;
    }

    /** Kong's priority. */
    public int priority() {
        return priority;
    }

    /** Where its {@code admit} is linked. */
    public OptionalInt outerPriority() {
        return outerPriority;
    }

    /** Every instance that may be picked here. */
    public Collection<PluginInstance> instances() {
        Set<PluginInstance> all = new LinkedHashSet<>(byConsumer.values());
        if (anyone != null) {
            all.add(anyone);
        }
        return all;
    }

    @Nullable
    PluginInstance pick(@Nullable Consumer consumer) {
        if (consumer != null && !byConsumer.isEmpty()) {
            PluginInstance own = byConsumer.get(consumer.id());
            if (own != null) {
                return own;
            }
        }
        return anyone;
    }
}
