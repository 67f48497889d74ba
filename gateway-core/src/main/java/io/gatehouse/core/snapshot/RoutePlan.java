package io.gatehouse.core.snapshot;

import io.gatehouse.core.exchange.Plan;
import io.gatehouse.core.routing.ProtocolRule;
import org.jspecify.annotations.Nullable;

/**
 * What a matched route leads to.
 *
 * @param servicePath the path that every request of the service begins with, or null
 * @param preserveHost whether the client's {@code Host} is sent on
 * @param serves what becomes of requests over other protocols
 */
public record RoutePlan(
        Plan plan,
        @Nullable String servicePath,
        boolean preserveHost,
        ProtocolRule.Served serves,
        int httpsRedirectStatus) {}
