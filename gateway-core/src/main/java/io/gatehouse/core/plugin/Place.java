package io.gatehouse.core.plugin;

import org.jspecify.annotations.Nullable;

/**
 * Which plugin entity an instance is made for.
 *
 * @param pluginId its id
 * @param routeId the id of the route it is limited to; null for none
 * @param serviceId the id of the service it is limited to; null for none
 */
public record Place(
        String pluginId, @Nullable String routeId, @Nullable String serviceId) {}
