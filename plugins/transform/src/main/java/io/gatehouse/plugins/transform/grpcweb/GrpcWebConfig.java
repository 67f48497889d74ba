package io.gatehouse.plugins.transform.grpcweb;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;

/**
 * What stands under {@code config:} of the plugin.
 *
 * @param allowOriginHeader who may read the answers in a browser
 * @param passStrippedPath whether the service sees the path as the route leaves it
 */
@Doc("Lets browsers call gRPC services: translates gRPC-Web, binary and as text, to gRPC.")
@NotBuilt("proto")
public record GrpcWebConfig(
        @Doc("The value of `Access-Control-Allow-Origin` in answers.") @Default("*")
        String allowOriginHeader,

        @Doc("Whether the service gets the path without what the route strips; else it gets the whole path.")
        @Default("false")
        boolean passStrippedPath) {}
