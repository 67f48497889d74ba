package io.gatehouse.api;

import io.vertx.core.http.HttpMethod;
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

    /**
     * Adds a page to the Admin API for as long as this instance serves. Who may read there may read it, and who may change
     * there may delete; deletions stand in the audit log.
     *
     * @param method {@code GET} or {@code DELETE}
     * @param path below {@code /<plugin name>}: {@code /} for that itself, else segments, of which those that begin with a
     *     colon are parameters, such as {@code /:plugin_id/caches/:cache_key}
     * @throws IllegalArgumentException when it is another method, or the path does not begin with a slash
     */
    void admin(HttpMethod method, String path, AdminPage page);
}
