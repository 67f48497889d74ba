package io.gatehouse.plugins.auth.basicauth;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code basic-auth}: Kong's fields and Kong's meaning. */
@Doc(
        "Lets clients in that send username and password of a consumer (`basicauth_credentials`) in `Proxy-Authorization` or"
                + " `Authorization`, and answers all others with 401.")
@NotBuilt({"brute_force_protection", "principals"})
public record BasicAuthConfig(
        @Doc("Username or id of the consumer that a client becomes when authentication fails. Without it such a client"
                + " is refused.")
        @Nullable
        String anonymous,

        @Doc("Whether username and password are taken out of the request before it goes to the upstream. A header with"
                + " another scheme than `Basic` stays.")
        @Default(value = "true", kong310 = "false")
        boolean hideCredentials,

        @Doc("The realm that the `WWW-Authenticate` header of a refusal names.") @Default("service")
        String realm) {}
