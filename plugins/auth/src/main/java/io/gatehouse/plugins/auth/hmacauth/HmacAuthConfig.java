package io.gatehouse.plugins.auth.hmacauth;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.OneOf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code hmac-auth}: Kong's fields and Kong's meaning. */
@Doc("Lets clients in that sign their requests with the secret of a consumer (`hmacauth_credentials`), and answers all"
        + " others with 401. The signature is in `Proxy-Authorization` or `Authorization`: `hmac username=\"...\","
        + " algorithm=\"...\", headers=\"date @request-target\", signature=\"...\"`.")
public record HmacAuthConfig(
        @Doc("Whether the signature is taken out of the request before it goes to the upstream. A header with another"
                + " scheme than `hmac` stays.")
        @Default(value = "true", kong310 = "false")
        boolean hideCredentials,

        @Doc("Seconds that `X-Date` or `Date` of a request may differ from the gateway's clock. Above 0.")
        @Default("300")
        double clockSkew,

        @Doc("Username or id of the consumer that a client becomes when authentication fails. Without it such a client"
                + " is refused.")
        @Nullable
        String anonymous,

        @Doc("Whether the `Digest` header must be that of the body (`SHA-256=` and base64). Bodies are read into memory"
                + " then, up to 8 MiB; a longer one is answered with 413. Put `digest` into `enforce_headers`, else a"
                + " client may leave it out of what it signs.")
        @Default("false")
        boolean validateRequestBody,

        @Doc("What must be among the signed headers; `@request-target` and `request-line` may be named, too.")
        @Default({})
        List<String> enforceHeaders,

        @Doc("Algorithms that clients may sign with.")
        @Default(
                value = {"hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"},
                kong310 = {"hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"})
        @OneOf({"hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"})
        List<String> algorithms,

        @Doc("The realm that the `WWW-Authenticate` header of a refusal names.") @Nullable
        String realm) {
    /** Copies the lists. */
    public HmacAuthConfig {
        enforceHeaders = List.copyOf(enforceHeaders);
        algorithms = List.copyOf(algorithms);
    }
}
