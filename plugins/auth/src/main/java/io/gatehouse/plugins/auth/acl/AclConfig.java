package io.gatehouse.plugins.auth.acl;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Rule;
import java.util.List;

/** The configuration of {@code acl}: Kong's fields and Kong's meaning. */
@Doc(
        "Lets clients pass, or not, by the groups of their consumer (`acls`). Needs an auth plugin on the same route: a client"
                + " that nobody knows is answered with 401, one that may not pass with 403.")
@Rule(onlyOneOf = {"allow", "deny"})
@Rule(atLeastOneOf = {"allow", "deny"})
public record AclConfig(
        @Doc("Groups of which a client must have one. Either this or `deny` is set.")
        List<String> allow,

        @Doc("Groups of which a client may have none. Either this or `allow` is set.")
        List<String> deny,

        @Doc(
                "Whether the upstream is not told the groups in `X-Consumer-Groups` or `X-Authenticated-Groups`. A client's"
                        + " own copies of these never pass.")
        @Default("false")
        boolean hideGroupsHeader,

        @Doc("Whether groups that an auth plugin found itself, such as those in a token, count instead of those of the"
                + " consumer. Without it they count only for clients without a credential of a consumer.")
        @Default("false")
        boolean alwaysUseAuthenticatedGroups,

        @Doc("Whether the names of the consumer groups that a consumer is in count, too, and are told to the upstream.")
        @Default("false")
        boolean includeConsumerGroups) {
    /** Copies the lists. */
    public AclConfig {
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
    }
}
