package io.gatehouse.plugins.traffic.ip;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Rule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code ip-restriction}: Kong's fields and Kong's meaning. */
@Doc("Lets clients in, or keeps them out, by their address: the one of the connection, or the one that a trusted"
        + " proxy names.")
@Rule(atLeastOneOf = {"allow", "deny"})
public record IpRestrictionConfig(
        @Doc("Addresses and ranges (CIDR) that are let in. When there are any, all others are kept out.")
        List<String> allow,

        @Doc("Addresses and ranges that are kept out, whatever `allow` says.")
        List<String> deny,

        @Doc("The status of a refusal; 403 when absent.") @Range(min = 200, max = 599) @Nullable
        Integer status,

        @Doc("The message of a refusal; `IP address not allowed: ADDRESS` when absent.") @Nullable
        String message) {
    /** Copies the lists. */
    public IpRestrictionConfig {
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
    }
}
