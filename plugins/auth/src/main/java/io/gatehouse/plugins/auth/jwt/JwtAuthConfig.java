package io.gatehouse.plugins.auth.jwt;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code jwt}: Kong's fields and Kong's meaning. */
@Doc("Lets clients in that send a JSON Web Token signed as a credential of a consumer (`jwt_secrets`) says, and answers"
        + " all others with 401. A token must stand in one place only; it goes on to the upstream.")
public record JwtAuthConfig(
        @Doc("Query arguments in which tokens are looked for.") @Default("jwt")
        List<String> uriParamNames,

        @Doc("Cookies in which tokens are looked for.") @Default({})
        List<String> cookieNames,

        @Doc("The claim that names the credential (its `key`): looked for in the payload, then in the token's header.")
        @Default("iss")
        String keyClaimName,

        @Doc("Whether the secret of a credential is written in base64. Holds for HS algorithms.") @Default("false")
        boolean secretIsBase64,

        @Doc("Claims that must be there and hold: `exp` (not over yet), `nbf` (begun).") @OneOf({"exp", "nbf"})
        List<String> claimsToVerify,

        @Doc("Username or id of the consumer that a client becomes when authentication fails. Without it such a client"
                + " is refused.")
        @Nullable
        String anonymous,

        @Doc("Whether OPTIONS requests need a token, too.") @Default("true")
        boolean runOnPreflight,

        @Doc("Seconds from now that `exp` may lie ahead; 0 for any. Needs `exp` in `claims_to_verify`.")
        @Default("0")
        @Range(min = 0, max = 31536000)
        double maximumExpiration,

        @Doc("Headers in which tokens are looked for, behind the word `Bearer`.") @Default("authorization")
        List<String> headerNames,

        @Doc("The realm that the `WWW-Authenticate` header of a refusal names.") @Nullable
        String realm) {
    /** Copies the lists. */
    public JwtAuthConfig {
        uriParamNames = List.copyOf(uriParamNames);
        cookieNames = List.copyOf(cookieNames);
        claimsToVerify = List.copyOf(claimsToVerify);
        headerNames = List.copyOf(headerNames);
    }
}
