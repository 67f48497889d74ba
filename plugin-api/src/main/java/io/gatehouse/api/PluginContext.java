package io.gatehouse.api;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the gateway offers to one plugin instance until it is closed. */
public interface PluginContext extends FactoryContext {
    /** The UUID of the plugin entity. */
    String pluginId();

    /** The UUID of the route that the plugin entity is limited to; null when it is limited to none. */
    @Nullable
    String routeId();

    /** The UUID of the service that the plugin entity is limited to; null when it is limited to none. */
    @Nullable
    String serviceId();

    /**
     * Says which parts of a request this instance reads credentials from. Log entries show them as {@code REDACTED},
     * and they never reach an LLM provider. Call it in {@link PluginFactory#create}.
     */
    void readsCredentials(Set<String> headers, Set<String> queryArguments, Set<String> bodyFields);
}
