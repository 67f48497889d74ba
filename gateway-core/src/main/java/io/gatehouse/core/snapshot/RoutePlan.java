package io.gatehouse.core.snapshot;

import io.gatehouse.core.exchange.Plan;
import org.jspecify.annotations.Nullable;

/**
 * What a matched route leads to.
 *
 * @param servicePath the path that every request of the service begins with, or null
 * @param preserveHost whether the client's {@code Host} is sent on
 * @param httpsOnly whether plain HTTP is refused or redirected
 */
public record RoutePlan(
        Plan plan, @Nullable String servicePath, boolean preserveHost, boolean httpsOnly, int httpsRedirectStatus) {}
