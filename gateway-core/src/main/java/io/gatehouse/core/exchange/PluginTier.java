package io.gatehouse.core.exchange;

import io.gatehouse.api.ConsumerGroup;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The instances of one plugin that are configured for one place: a route of a service, a route, a service, or everywhere.
 * All plans that cover the place share it. Immutable.
 */
public final class PluginTier {
    /** Nothing is configured. */
    public static final PluginTier EMPTY = new PluginTier(null, Map.of(), Map.of());

    private final @Nullable PluginInstance anyone;
    private final Map<String, PluginInstance> byConsumer;
    private final Map<String, PluginInstance> byGroup;

    /**
     * What is configured for a place.
     *
     * @param anyone for every consumer, and for requests without one
     * @param byConsumer by consumer id
     * @param byGroup by the id of a consumer group
     */
    public PluginTier(
            @Nullable PluginInstance anyone,
            Map<String, PluginInstance> byConsumer,
            Map<String, PluginInstance> byGroup) {
        this.anyone = anyone;
        this.byConsumer = Map.copyOf(byConsumer);
        this.byGroup = Map.copyOf(byGroup);
    }

    @Nullable
    PluginInstance anyone() {
        return anyone;
    }

    @Nullable
    PluginInstance consumer(String id) {
        return byConsumer.isEmpty() ? null : byConsumer.get(id);
    }

    /** The one of the first group that has one. */
    @Nullable
    PluginInstance group(List<ConsumerGroup> groups) {
        if (!byGroup.isEmpty()) {
            for (int i = 0; i < groups.size(); i++) {
                PluginInstance found = byGroup.get(groups.get(i).id());
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    boolean isPersonal() {
        return !byConsumer.isEmpty() || !byGroup.isEmpty();
    }

    boolean hasGroups() {
        return !byGroup.isEmpty();
    }

    Collection<PluginInstance> instances() {
        Set<PluginInstance> all = new LinkedHashSet<>(byConsumer.values());
        all.addAll(byGroup.values());
        if (anyone != null) {
            all.add(anyone);
        }
        return all;
    }
}
