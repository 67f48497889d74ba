package io.gatehouse.plugins.traffic.correlation;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.Pattern;

/** The configuration of {@code correlation-id}: Kong's fields and Kong's meaning. */
@Doc("Gives each request an id in a header, unless the client sent one, and passes it on to the upstream. Log"
        + " entries have it as `correlation_id`.")
public record CorrelationIdConfig(
        @Doc("The header.")
        @Default("Kong-Request-ID")
        @Pattern(value = "[A-Za-z0-9!#$%&'*+.^_`|~-]+", message = "expected a header name")
        String headerName,

        @Doc("How ids are made: `uuid` makes a UUID for each request, `uuid#counter` one for the gateway, with a number"
                + " that grows by one for each request.")
        @Default("uuid#counter")
        @NotBuilt("tracker")
        Generator generator,

        @Doc("Whether the client gets the header, too.") @Default("false")
        boolean echoDownstream) {
    /** How an id is made. */
    public enum Generator {
        /** A UUID for each request. */
        UUID,
        /** A UUID for the process and a number for the request. */
        @Name("uuid#counter")
        UUID_COUNTER
    }
}
